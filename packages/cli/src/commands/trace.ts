import { resolve } from 'node:path'
import type { Run, RunFilter, RunState, Span } from '@switchyard/trace'
import { type Command, Option } from 'commander'
import { createFile } from '../lib/files.ts'
import { count, type Moment, moment, momentMs, port, span } from '../lib/flag-values.ts'
import type { Define } from '../lib/own-commands.ts'
import { addCommonFlags } from '../lib/program.ts'
import { alive } from '../lib/run-chain.ts'
import type { Session } from '../lib/session.ts'
import { addReceiving } from '../lib/trace-receive.ts'
import { openInBrowser, viewerSource } from '../lib/viewer.ts'
import { renderBundle } from '../render/bundle.ts'
import { renderRunLine, renderRuns, renderSpanLine, renderTrace } from '../render/trace.ts'

const STATES = [
  'running',
  'waiting',
  'done',
  'failed',
  'undone',
  'interrupted',
  'decided',
  'unclear',
] as const satisfies readonly RunState[]
const FROM = ['cli', 'mcp', 'plugin', 'other'] as const satisfies readonly Run['from'][]
/** The mode of a file that nobody else is to read. */
const OWN_EYES = 0o600
const RUN = 'The first digits of its id, as the list shows it; or "last"'

export const define: Define = (command, session) => {
  command.usage('COMMAND...').helpCommand(false)
  const add = (name: string, summary: string): Command => addCommonFlags(command.command(name).description(summary))

  add('list', 'List what ran, newest first')
    .argument('[words...]', 'Each is somewhere in the request, the command, the plugins, the error or the ids')
    .addOption(new Option('--state <state...>', 'Only in one of these states').choices(STATES))
    .option('--plugin <name>', 'Only what this plugin took part in')
    .addOption(new Option('--from <where>', 'Only what came from there').choices(FROM))
    .addOption(new Option('--since <time>', 'Such as 2h, 7d, or 2026-01-31T12:00:00Z').argParser(moment))
    .addOption(new Option('--longer <time>', 'Only what took longer, such as 5s').argParser(span))
    .addOption(new Option('--limit <n>', 'At most so many').default(20).argParser(count))
    .action(async (words: readonly string[], flags: ListFlags) => {
      const { runs } = (await session.yard()).traces.runs(filterOf(words, flags, Date.now()))
      session.answer({ data: runs, text: (look) => renderRuns(runs, look) })
    })

  add('show', 'Draw one run as a tree over time')
    .argument('[run]', RUN, 'last')
    .addOption(new Option('--depth <n>', 'Only so many levels').argParser(count))
    .option('--all', 'Every span, however many')
    .action(async (id: string, { depth, all = false }: { depth?: number; all?: boolean }) => {
      const { traces } = await session.yard()
      const [{ findRun }, { traceOf }] = await Promise.all([import('@switchyard/trace'), import('@switchyard/trace-viewer')])
      const run = findRun(traces, id)
      const spans = traces.spans(run.traceId)
      const data = traceOf(run, spans, Date.now(), undefined)
      session.answer({
        data: { run, spans },
        text: (look) => renderTrace(run, data, look, { ...(depth !== undefined && { depth: depth - 1 }), ...(all && { limit: Infinity }) }),
      })
    })

  add('follow', 'Show what runs as it happens, until Ctrl-C; or one run until it has ended')
    .argument('[run]', `${RUN}. Without it: every run`)
    .addOption(new Option('--count <n>', 'End after so many lines').argParser(count))
    .action(async (id: string | undefined, { count: most = Infinity }: { count?: number }) => {
      const told = id === undefined ? await followRuns(session, most) : await followRun(session, id, most)
      session.answer({ data: told, text: '' })
    })

  add('export', 'Write one run as OTLP JSON, or as a page that needs no server')
    .argument('[run]', RUN, 'last')
    .addOption(new Option('--format <format>', 'What to write').choices(['otlp', 'html']).default('otlp'))
    .option('--to <file>', 'A file that is not there yet; without it the answer is the document itself')
    .action(async (id: string, { format, to }: { format: 'otlp' | 'html'; to?: string }) => {
      const source = await viewerSource(session)
      const [{ findRun }, { exportedOf, loadPage, pageHtml }] = await Promise.all([
        import('@switchyard/trace'),
        import('@switchyard/trace-viewer'),
      ])
      const { traceId } = findRun((await session.yard()).traces, id)
      const text = format === 'otlp' ? await source.otlp(traceId) : pageHtml(await loadPage(), await exportedOf(source, traceId))
      if (to === undefined) return session.answer({ data: format === 'otlp' ? JSON.parse(text) : { html: text }, text })
      const written = createFile(resolve(session.host.cwd, to), text, OWN_EYES)
      session.answer({ data: { run: traceId, format, file: written.path }, text: `Wrote ${written.path}` })
    })

  add('bundle', 'Write all that is known of one run to one file, without secrets: trace, log, decision, breakers, dead letters, versions')
    .argument('[run]', RUN, 'last')
    .option('--to <file>', 'A file that is not there yet; without it the answer is the document itself')
    .action(async (id: string, { to }: { to?: string }) => {
      const yard = await session.yard()
      const { findRun } = await import('@switchyard/trace')
      const { traceId } = findRun(yard.traces, id)
      const bundle = await yard.bundle(traceId)
      const text = JSON.stringify(bundle, null, 2)
      if (to === undefined) return session.answer({ data: bundle, text })
      const { path } = createFile(resolve(session.host.cwd, to), `${text}\n`, OWN_EYES)
      session.answer({ data: { run: traceId, file: path }, text: (look) => renderBundle(bundle, path, look) })
    })

  add('view', 'Open a page with everything that ran, on this machine alone, until Ctrl-C')
    .argument('[run]', `${RUN}. Without it: the list of runs`)
    .addOption(new Option('--port <n>', 'Else any that is free').argParser(port))
    .option('--no-open', 'Only print the address')
    .action(async (id: string | undefined, { port: wanted, open }: { port?: number; open: boolean }) => {
      const [{ findRun }, { loadPage, openViewer }] = await Promise.all([import('@switchyard/trace'), import('@switchyard/trace-viewer')])
      const [source, page] = await Promise.all([viewerSource(session), loadPage()])
      const place = id === undefined ? '' : `#/run/${findRun((await session.yard()).traces, id).traceId}/waterfall`
      const viewer = await openViewer({ source, page, ...(wanted !== undefined && { port: wanted }) })
      let forget = (): void => {}
      try {
        const address = `${viewer.address}${place}`
        session.answer({ data: { address, port: viewer.port }, text: address })
        if (session.host.terminal !== undefined && open) forget = openInBrowser(session.host, address)
        session.note('Whoever knows this address can read what ran here. Ctrl-C ends it.')
        await following(session, () => () => {})
      } finally {
        forget()
        await viewer.close()
      }
    })

  addReceiving(add, session)
}

interface ListFlags {
  readonly state?: readonly RunState[]
  readonly plugin?: string
  readonly from?: Run['from']
  readonly since?: Moment
  readonly longer?: number
  readonly limit: number
}

function filterOf(words: readonly string[], { state, plugin, from, since, longer, limit }: ListFlags, nowMs: number): RunFilter {
  return {
    limit,
    ...(words.length > 0 && { text: words.join(' ') }),
    ...(state !== undefined && { states: state }),
    ...(plugin !== undefined && { lane: plugin }),
    ...(from !== undefined && { from }),
    ...(since !== undefined && { sinceMs: momentMs(since, nowMs) }),
    ...(longer !== undefined && { minDurationMs: longer }),
  }
}

/** Every change of every run, as a line; what was told. */
async function followRuns(session: Session, most: number): Promise<readonly Run[]> {
  const { traces } = await session.yard()
  const told: Run[] = []
  await following(session, (end) =>
    traces.follow(({ runs }) => {
      for (const run of runs) {
        if (told.length >= most) return
        told.push(run)
        if (!session.json) session.host.out.write(`${renderRunLine(run, session.host.out)}\n`)
        if (told.length >= most) end()
      }
    }),
  )
  return told
}

/** The spans of one run, those that are there already first; ends with the run. */
async function followRun(session: Session, id: string, most: number): Promise<readonly Span[]> {
  const { traces } = await session.yard()
  const { findRun } = await import('@switchyard/trace')
  const { traceId, startMs } = findRun(traces, id)
  const told: Span[] = []
  await following(session, (end) => {
    const tell = (spans: readonly Span[]): void => {
      for (const one of spans.toSorted((a, b) => a.startMs - b.startMs)) {
        if (told.length >= most) break
        told.push(one)
        if (!session.json) session.host.out.write(`${renderSpanLine(one, startMs, session.host.out)}\n`)
      }
      const run = traces.run(traceId)
      if (told.length >= most || run === undefined || (run.state !== 'running' && run.state !== 'waiting')) end()
    }
    const { position } = traces.changes()
    const stop = traces.follow(({ spans }) => tell(spans), { traceId, position })
    tell(traces.spans(traceId))
    return stop
  })
  return told
}

/** Until `end` is called or Ctrl-C is pressed. The timers of a store do not keep the process alive. */
async function following(session: Session, follow: (end: () => void) => () => void): Promise<void> {
  const ended = Promise.withResolvers<void>()
  const stop = follow(ended.resolve)
  try {
    session.signal.addEventListener('abort', () => ended.resolve(), { once: true })
    if (!session.signal.aborted) await alive(ended.promise)
  } finally {
    stop()
  }
}
