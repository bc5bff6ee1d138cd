import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { withoutSecrets } from '@switchyard/yard/config'
import { usage } from '../lib/errors.ts'
import { EXIT } from '../lib/exit-code.ts'
import type { Define } from '../lib/own-commands.ts'
import { addCommonFlags, addLimitFlags, type LimitFlags, limitsOf } from '../lib/program.ts'
import { consulted } from '../lib/request.ts'
import type { Session } from '../lib/session.ts'
import {
  renderChanged,
  renderDecision,
  renderEvaluation,
  renderFit,
  renderMeasured,
  renderReplayed,
  renderWhy,
} from '../render/decision.ts'

const HELP = 'switchyard route --help'

export const define: Define = (command, session) => {
  addLimitFlags(
    command
      .usage('"REQUEST"')
      .helpCommand(false)
      .argument('[request]', 'What you want done, in plain words')
      .option('--explain', 'Show why, what came close, and what would change it'),
  )
    .option('--batch <file>', 'Decide each line of a file of {"text": "..."}, an answer a line')
    .option('--wrong <request>', 'A request that was read wrongly; with --right')
    .option('--right <command>', 'What it means, such as ops.health.scan; remembered from now on')
    .option('--forget <request>', 'Forget what --right said of a request')
    .action(async (request: string | undefined, options: RouteOptions) => {
      const { batch, wrong, right, forget, explain } = options
      const asked = [request, batch, wrong, forget].filter((one) => one !== undefined)
      if (asked.length !== 1 || (wrong === undefined) !== (right === undefined))
        throw usage(
          'Cannot route as one thing is needed: a request, --batch FILE, --wrong REQUEST with --right COMMAND, or --forget REQUEST',
          HELP,
        )
      if (batch !== undefined) return routeBatch(session, batch)
      const yard = await session.yard()
      if (wrong !== undefined && right !== undefined) {
        const changed = yard.routing.correct(wrong, right)
        const data = { request: wrong, command: right, changed }
        session.answer({
          data,
          text: (look) => `"${wrong}" means ${right} from now on.${renderChanged(changed, look, 'This also reads otherwise now')}`,
        })
      } else if (forget !== undefined) {
        const forgotten = yard.routing.forget(forget)
        session.answer({
          data: { request: forget, forgotten },
          text: forgotten ? `Forgotten: "${forget}"` : 'Nothing was remembered of that request',
        })
      } else if (request !== undefined) {
        const decision = await consulted(session, yard, yard.decide(request))
        yard.unanswered()
        const limits = limitsOf(options)
        const why = yard.routing.explain(decision, limits)
        const fit = limits && yard.routing.within(decision, limits)
        session.answer({
          data: withoutSecrets({ ...decision, ...why, ...(fit !== undefined && { fit }) }),
          text: (look) =>
            [
              renderDecision(decision, look),
              ...(explain === true ? [renderWhy(why, look)] : []),
              ...(fit === undefined ? [] : [renderFit(fit, decision, look)]),
            ].join('\n\n'),
          exit: decision.outcome !== 'routed' ? EXIT.noCommandFits : fit?.isFeasible === false ? EXIT.failed : EXIT.done,
        })
      }
    })

  const add = (name: string, summary: string) => addCommonFlags(command.command(name).description(summary))

  add('eval', 'Measure how well requests are read: a labelled set, or this workspace')
    .argument('[file]', 'A set: {"name", "intents": [{"id", "description", "examples"}], "test": [{"text", "intent"}]}')
    .option('--workspace', 'Measure the plugins of this workspace by the requests they bring along')
    .action(async (file: string | undefined, { workspace = false }: { workspace?: boolean }) => {
      if ((file === undefined) !== workspace)
        throw usage('Cannot measure as one set is needed: a file, or --workspace', 'switchyard route eval --help')
      if (file === undefined) {
        const measured = await (await session.yard()).routing.measure()
        return session.answer({ data: measured, text: (look) => renderMeasured(measured, look) })
      }
      const { evaluateRouter, parseLabelledSet } = await import('@switchyard/router')
      const evaluation = evaluateRouter(parseLabelledSet(jsonIn(session, file)))
      const { top3, oos, trainMs, latencyUs, confusions, accuracy, ece, name, n, ...rest } = evaluation
      session.answer({
        data: { name, n, accuracy, top3, oos, ece, trainMs, latencyUs, confusions, ...rest },
        text: (look) => renderEvaluation(evaluation, look),
      })
    })

  add('learn', 'Learn the commands of this workspace now, so that the next request need not wait for it').action(async () => {
    const yard = await session.yard()
    yard.routing.learn()
    const commands = [...yard.commands.values()].filter(({ definition }) => definition.internal !== true).length
    session.answer({ data: { commands }, text: `All ${commands} commands are learned` })
  })

  add('replay', 'Decide anew what was asked before, and show what is read otherwise now').action(async () => {
    const data = (await session.yard()).routing.replay()
    session.answer({
      data,
      text: (look) =>
        data.changed.length === 0
          ? `All ${data.decisions} requests are read as they were`
          : renderReplayed(data.changed, look, `Of ${data.decisions} requests these are read otherwise`),
    })
  })
}

interface RouteOptions extends LimitFlags {
  readonly explain?: boolean
  readonly batch?: string
  readonly wrong?: string
  readonly right?: string
  readonly forget?: string
}

/** An answer a line, as they come: a batch may be long. */
async function routeBatch(session: Session, file: string): Promise<void> {
  const yard = await session.yard()
  const lines = textIn(session, file).split('\n')
  const texts = lines.flatMap((line, at) => {
    if (line.trim() === '') return []
    const { text } = parsed(line, `line ${at + 1} of ${file}`) as { text?: unknown }
    if (typeof text !== 'string') throw usage(`Cannot route line ${at + 1} of ${file} as it must be {"text": "..."}`, HELP)
    return [text]
  })
  for (const text of texts) {
    const decision = await consulted(session, yard, yard.decide(text))
    session.host.out.write(`${JSON.stringify(withoutSecrets({ ...decision, ...yard.routing.explain(decision) }))}\n`)
  }
}

function textIn(session: Session, file: string): string {
  try {
    return readFileSync(resolve(session.host.cwd, file), 'utf8')
  } catch (error) {
    throw usage(`Cannot read ${file} as it must be a file: ${(error as Error).message}`, HELP)
  }
}

const jsonIn = (session: Session, file: string): unknown => parsed(textIn(session, file), file)

function parsed(text: string, where: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch (error) {
    throw usage(`Cannot read ${where} as it must be JSON: ${(error as Error).message}`, HELP)
  }
}
