import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { ChainDefinition, ChainReport, Chains, PlannedStep } from '@switchyard/chain'
import { type Command, Option } from 'commander'
import { usage } from '../lib/errors.ts'
import { EXIT, type ExitCode } from '../lib/exit-code.ts'
import type { Define } from '../lib/own-commands.ts'
import { addCommonFlags } from '../lib/program.ts'
import type { Session } from '../lib/session.ts'
import { renderChain, renderChainList, renderCheck, renderRehearsal } from '../render/chain.ts'

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
        if (options.dryRun === true) return answerRehearsal(session, rehearsal, EXIT.done)
        if (!(await approved(session, definition, rehearsal))) return answerRehearsal(session, rehearsal, EXIT.needsApproval)
      }
      const id = await chains.start(definition, input)
      session.note(`Chain ${id}`)
      await follow(session, chains, id)
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
      await follow(session, chains, id)
    })

  add('cancel', 'End a chain and take back what it did')
    .argument('<id>', 'Such as c-4kq7w2m')
    .option('--keep', 'Leave what was done')
    .action(async (id: string, { keep = false }: { keep?: boolean }) => {
      const chains = await chainsOf(session)
      await chains.cancel(id, keep ? { undo: false } : {})
      await follow(session, chains, id, EXIT.done)
    })

  add('retry', 'Go on from the step that failed, or with the undoing that did')
    .argument('<id>', 'Such as c-4kq7w2m')
    .action(async (id: string) => {
      const chains = await chainsOf(session)
      await chains.retry(id)
      await follow(session, chains, id)
    })

  add('resume', 'Go on with all chains whose process is gone or whose time has come, until none is left to do')
    .option('--step <path>', 'Of a chain that is uncertain: the step that may have run')
    .option('--settle <id>', 'The chain that is uncertain')
    .addOption(new Option('--as <verdict>', 'What became of the step').choices(['ran', 'not-run', 'failed']))
    .action(async ({ step, settle, as: verdict }: { step?: string; settle?: string; as?: 'ran' | 'not-run' | 'failed' }) => {
      const chains = await chainsOf(session)
      if ((settle === undefined) !== (verdict === undefined))
        throw usage('Cannot settle a step as both are needed: --settle and --as', 'switchyard chain resume --help')
      if (settle !== undefined && verdict !== undefined) {
        await chains.settle(settle, { verdict, ...(step !== undefined && { path: step }) })
        await follow(session, chains, settle)
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
      await chains.answer(id, {
        value: value ?? !refuse,
        by: 'person',
        ...(step !== undefined && { path: step }),
      })
      await follow(session, chains, id)
    })
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

const isId = (text: string): boolean => /^c-[2-9a-z]{7}$/.test(text)

async function chainsOf(session: Session): Promise<Chains> {
  return (await session.yard()).chains()
}

/** Waits without letting the process end: what a chain waits for may be nothing but a timer. */
async function alive<value>(work: Promise<value>): Promise<value> {
  const timer = setInterval(() => {}, 60_000)
  try {
    return await work
  } finally {
    clearInterval(timer)
  }
}

async function follow(session: Session, chains: Chains, id: string, whenUndone: ExitCode = EXIT.failed): Promise<void> {
  const report = await alive(watchToRest(session, chains, id))
  session.answer({ data: report, text: (look) => renderChain(report.definition, report, look), exit: exitOf(report, whenUndone) })
}

async function watchToRest(session: Session, chains: Chains, id: string): Promise<ChainReport> {
  const controller = new AbortController()
  const tell = async (): Promise<void> => {
    for await (const { steps, state } of chains.watch(id, { signal: controller.signal })) {
      const current = steps.findLast((step) => step.state === 'started' || step.undoState === 'started')
      session.progress({ message: current === undefined ? state : `${state}: ${current.path}` })
    }
  }
  const told = tell()
  try {
    return await chains.wait(id, { signal: session.signal })
  } finally {
    controller.abort()
    await told
  }
}

function exitOf({ state }: ChainReport, whenUndone: ExitCode): ExitCode {
  if (state === 'done') return EXIT.done
  if (state === 'waiting' || state === 'uncertain') return EXIT.needsApproval
  return state === 'undone' || state === 'cancelled' ? whenUndone : EXIT.failed
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

function answerRehearsal(session: Session, steps: readonly PlannedStep[], exit: ExitCode): void {
  session.answer({ data: { steps }, text: (look) => renderRehearsal(steps, look, exit === EXIT.needsApproval), exit })
}

/** Asks once for all that would be changed; a chain that only reads needs no word. */
async function approved(session: Session, definition: ChainDefinition, steps: readonly PlannedStep[]): Promise<boolean> {
  const { commands } = await session.yard()
  const { config } = await session.config()
  const effects = new Set(steps.flatMap(({ does }) => commands.get(does.replace(/^calls /, ''))?.definition.effect ?? []))
  const rules = [...effects].map((effect) => (effect === 'read' ? 'run' : config.approval[effect]))
  if (rules.every((rule) => rule === 'run')) return true
  const { terminal } = session.host
  if (terminal === undefined) return false
  const { confirmed, typed } = await import('../lib/prompt.ts')
  session.note((look) => renderRehearsal(steps, look, false))
  if (rules.includes('type')) return typed(definition.name, `Type ${definition.name} to go on`, terminal, session.signal)
  return confirmed(`Run ${definition.name}?`, terminal, session.signal)
}
