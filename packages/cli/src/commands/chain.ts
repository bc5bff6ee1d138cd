import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { ChainDefinition, Chains } from '@switchyard/chain'
import { type Command, Option } from 'commander'
import { usage } from '../lib/errors.ts'
import { EXIT } from '../lib/exit-code.ts'
import type { Define } from '../lib/own-commands.ts'
import { addCommonFlags } from '../lib/program.ts'
import { alive, approvedChain, approvesChain, followChain, rehearsalReply, watchChain } from '../lib/run-chain.ts'
import type { Session } from '../lib/session.ts'
import { renderChain, renderChainList, renderCheck } from '../render/chain.ts'

export const define: Define = (command, session) => {
  command.usage('COMMAND...').helpCommand(false)
  const add = (name: string, summary: string): Command => addCommonFlags(command.command(name).description(summary))

  add('check', 'Report everything that is wrong with a chain, with line and column')
    .argument('<chain>', 'A file, or the name of a chain')
    .option('--plugin <name>', 'Check it as a chain of this plugin, which may call less than you may')
    .action(async (chain: string, { plugin }: { plugin?: string }) => {
      const chains = await chainsOf(session)
      const { name, text } = await textOf(session, chain)
      const result = chains.check(text, plugin === undefined ? {} : { plugin: await pluginNamed(session, plugin) })
      const isWrong = result.problems.some(({ severity }) => severity === 'error')
      session.answer({ data: result, text: (look) => renderCheck(name, result, look), exit: isWrong ? EXIT.failed : EXIT.done })
    })

  add('run', 'Run a chain to its end, or until a person must answer')
    .argument('<chain>', 'A file, or the name of a chain')
    .option('--set <name=value...>', 'An input; JSON, or plain text')
    .option('--input <json>', 'All inputs as one JSON object')
    .addOption(new Option('--dry-run', 'Show what each step would do, and do nothing'))
    .addOption(new Option('--yes', 'Do not ask'))
    .action(async (chain: string, options: RunOptions) => {
      const chains = await chainsOf(session)
      const definition = await definitionOf(session, chain)
      const input = inputOf(options)
      if (options.dryRun === true || options.yes !== true) {
        const rehearsal = await chains.plan(definition, input)
        if (options.dryRun === true) return session.answer(rehearsalReply(rehearsal, EXIT.done))
        if (!(await approvedChain(session, definition, rehearsal))) return session.answer(rehearsalReply(rehearsal, EXIT.needsApproval))
      }
      const id = await chains.start(definition, input)
      session.note(`Chain ${id}`)
      session.answer(await followChain(session, chains, id))
    })

  add('list', 'List the chains, newest first')
    .option('--unfinished', 'Only those that have not ended')
    .option('--available', 'List what can be run instead')
    .action(async ({ unfinished = false, available = false }: { unfinished?: boolean; available?: boolean }) => {
      if (available) {
        const { libraryNames } = await import('@switchyard/chain')
        const names = libraryNames()
        session.answer({ data: names, text: names.join('\n') })
        return
      }
      const list = (await chainsOf(session)).list({ unfinished })
      session.answer({ data: list, text: (look) => renderChainList(list, look) })
    })

  add('show', 'Draw a chain with the states of its steps')
    .argument('<id>', 'Such as c-4kq7w2m; or a file or name, to see its shape')
    .option('--mermaid', 'As a Mermaid flowchart')
    .action(async (id: string, { mermaid = false }: { mermaid?: boolean }) => {
      const { mermaidOf } = await import('@switchyard/chain')
      const report = isId(id) ? (await chainsOf(session)).show(id) : undefined
      const definition = report?.definition ?? (await definitionOf(session, id))
      session.answer({
        data: report ?? definition,
        text: (look) => (mermaid ? mermaidOf(definition, report).trimEnd() : renderChain(definition, report, look)),
      })
    })

  add('watch', 'Follow a chain until it has ended')
    .argument('<id>', 'Such as c-4kq7w2m')
    .action(async (id: string) => {
      const chains = await chainsOf(session)
      session.answer(await watchChain(session, chains, id))
    })

  add('cancel', 'End a chain and take back what it did')
    .argument('<id>', 'Such as c-4kq7w2m')
    .option('--keep', 'Leave what was done')
    .action(async (id: string, { keep = false }: { keep?: boolean }) => {
      const chains = await chainsOf(session)
      await chains.cancel(id, keep ? { undo: false } : {})
      session.answer(await followChain(session, chains, id, EXIT.done))
    })

  add('retry', 'Go on from the step that failed, or with the undoing that did')
    .argument('<id>', 'Such as c-4kq7w2m')
    .action(async (id: string) => {
      const chains = await chainsOf(session)
      await chains.retry(id)
      session.answer(await followChain(session, chains, id))
    })

  add('resume', 'Go on with a chain that was stopped; else with all whose process is gone or whose time has come, until none is left to do')
    .argument('[id]', 'Only this one, such as c-4kq7w2m')
    .option('--step <path>', 'Of a chain that is uncertain: the step that may have run')
    .option('--settle <id>', 'The chain that is uncertain')
    .addOption(new Option('--as <verdict>', 'What became of the step').choices(['ran', 'not-run', 'failed']))
    .action(async (id: string | undefined, { step, settle, as: verdict }: ResumeOptions) => {
      const chains = await chainsOf(session)
      if ((settle === undefined) !== (verdict === undefined))
        throw usage('Cannot settle a step as both are needed: --settle and --as', 'switchyard chain resume --help')
      if (settle !== undefined && verdict !== undefined) {
        await chains.settle(settle, { verdict, ...(step !== undefined && { path: step }) })
        session.answer(await followChain(session, chains, settle))
        return
      }
      if (id !== undefined) {
        if (chains.show(id).endedMs === undefined) await chains.resume(id)
        session.answer(await followChain(session, chains, id))
        return
      }
      const count = await chains.resume()
      const reports = await alive(
        Promise.all(chains.list({ unfinished: true, limit: 1_000 }).map(({ id }) => chains.wait(id, { signal: session.signal }))),
      )
      session.answer({ data: { resumed: count, chains: reports }, text: (look) => renderChainList(reports, look) })
    })

  add('approve', 'Answer a chain that waits for a person')
    .argument('<id>', 'Such as c-4kq7w2m')
    .option('--step <path>', 'Where several steps ask')
    .option('--value <value>', 'The answer, where it is no yes or no')
    .option('--refuse', 'Answer no')
    .action(async (id: string, { step, value, refuse = false }: { step?: string; value?: string; refuse?: boolean }) => {
      const chains = await chainsOf(session)
      if (!refuse && !(await approvesChain(session, chains, id))) {
        return session.answer({ data: { needsApproval: id }, text: 'Nothing was done', exit: EXIT.needsApproval })
      }
      await chains.answer(id, {
        value: value ?? !refuse,
        by: 'person',
        ...(step !== undefined && { path: step }),
      })
      session.answer(await followChain(session, chains, id))
    })
}

interface ResumeOptions {
  readonly step?: string
  readonly settle?: string
  readonly as?: 'ran' | 'not-run' | 'failed'
}

interface RunOptions {
  readonly set?: readonly string[]
  readonly input?: string
  readonly dryRun?: boolean
  readonly yes?: boolean
}

async function pluginNamed(session: Session, name: string): Promise<string> {
  const { plugins } = await session.yard()
  if (plugins.some((plugin) => plugin.name === name)) return name
  throw usage(`Cannot check the chain for "${name}" as it must be a plugin here`, 'switchyard plugins')
}

const isId = (text: string): boolean => /^c-[2-9a-z]{6,12}$/.test(text)

async function chainsOf(session: Session): Promise<Chains> {
  return (await session.yard()).chains()
}

async function textOf(session: Session, chain: string): Promise<{ readonly name: string; readonly text: string }> {
  const places = [
    resolve(session.host.cwd, chain),
    ...['yaml', 'yml', 'json'].map((ending) => resolve(session.dir, 'chains', `${chain}.${ending}`)),
  ]
  const path = places.find((place) => existsSync(place))
  if (path !== undefined) return { name: chain, text: readFileSync(path, 'utf8') }
  const { libraryNames, libraryText } = await import('@switchyard/chain')
  const text = libraryText(chain)
  if (text !== undefined) return { name: chain, text }
  throw usage(
    `Cannot find the chain "${chain}" as it must be a file, or one of: ${libraryNames().join(', ')}`,
    'switchyard chain list --available',
  )
}

async function definitionOf(session: Session, chain: string): Promise<ChainDefinition> {
  const [{ parseChain }, { text }] = await Promise.all([import('@switchyard/chain'), textOf(session, chain)])
  return parseChain(text)
}

function inputOf({ set = [], input }: RunOptions): Readonly<Record<string, unknown>> {
  const given = input === undefined ? {} : parsed(input)
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw usage('Cannot use --input as it must be a JSON object', 'switchyard chain run --help')
  const pairs = set.map((pair) => {
    const at = pair.indexOf('=')
    if (at < 1) throw usage(`Cannot use --set ${pair} as it must be name=value`, 'switchyard chain run --help')
    return [pair.slice(0, at), parsed(pair.slice(at + 1))] as const
  })
  return { ...given, ...Object.fromEntries(pairs) }
}

/** JSON where it is, else the text itself. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text
  }
}
