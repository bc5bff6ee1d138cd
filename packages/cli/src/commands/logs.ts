import { join } from 'node:path'
import { systemClock } from '@switchyard/contracts'
import type { LogFilter, LogLevel, LogLine } from '@switchyard/trace/logs'
import { Argument, Option } from 'commander'
import { count, type Moment, moment, momentMs, span } from '../lib/flag-values.ts'
import type { Define } from '../lib/own-commands.ts'
import { addCommonFlags } from '../lib/program.ts'
import { alive } from '../lib/run-chain.ts'
import type { Session } from '../lib/session.ts'
import { renderLogLine, renderLogs } from '../render/logs.ts'

const LEVELS = ['debug', 'info', 'warn', 'error'] as const satisfies readonly LogLevel[]

interface LogFlags {
  readonly plugin?: string
  readonly level?: LogLevel
  readonly trace?: string
  readonly since?: Moment
  readonly until?: Moment
  readonly text?: string
  readonly limit: number
  readonly follow?: true
}

export const define: Define = (command, session) => {
  command
    .usage('[flags] | level [LEVEL]')
    .helpCommand(false)
    .option('--plugin <name>', 'Only what this plugin said, or a room such as "chain" or "alerts"')
    .addOption(new Option('--level <level>', 'Only this level and more urgent ones').choices(LEVELS))
    .option('--trace <run>', 'Only of this run: the first digits of its id')
    .addOption(new Option('--since <time>', 'Such as 15m, 2h, or 2026-01-31T12:00:00Z').argParser(moment))
    .addOption(new Option('--until <time>', 'The same').argParser(moment))
    .option('--text <words>', 'Only lines that have this somewhere')
    .addOption(new Option('--limit <n>', 'The last so many').default(100).argParser(count))
    .option('--follow', 'Go on with new lines, until Ctrl-C')
    .action(async ({ follow, ...flags }: LogFlags) => {
      const filter = filterOf(flags, Date.now())
      const { readLogs } = await import('@switchyard/trace/logs')
      if (follow === undefined) {
        const lines = readLogs(folderOf(session), filter)
        return session.answer({ data: lines, text: (look) => renderLogs(lines, look) })
      }
      session.answer({ data: await followed(session, filter), text: '' })
    })

  addCommonFlags(command.command('level').description('Show from which level on lines are kept, or change it while processes run'))
    .addArgument(new Argument('[level]', 'Or "default": what the configuration says').choices([...LEVELS, 'silent', 'default']))
    .addOption(new Option('--for <time>', 'Only for so long, such as 10m').argParser(span))
    .action(async (level: LogLevel | 'silent' | 'default' | undefined, { for: forMs }: { for?: number }) => {
      const { levelOverride, setLevelOverride } = await import('@switchyard/trace/logs')
      const folder = folderOf(session)
      if (level === 'default') setLevelOverride(folder, undefined)
      else if (level !== undefined) setLevelOverride(folder, { level, ...(forMs !== undefined && { untilMs: Date.now() + forMs }) })
      const configured = (await session.config()).config.logs.level
      const set = levelOverride(folder)
      const isOver = set?.untilMs !== undefined && set.untilMs <= Date.now()
      const now = set === undefined || isOver ? configured : set.level
      const until = set?.untilMs === undefined || isOver ? '' : `, until ${new Date(set.untilMs).toISOString()}`
      const data = { level: now, configured, ...(until !== '' && { untilMs: set?.untilMs }) }
      session.answer({ data, text: now === configured ? now : `${now}${until}; the configuration says ${configured}` })
    })
}

const folderOf = ({ dir }: Session): string => join(dir, '.switchyard', 'logs')

function filterOf({ plugin, level, trace, since, until, text, limit }: LogFlags, nowMs: number): LogFilter {
  return {
    limit,
    ...(plugin !== undefined && { plugin }),
    ...(level !== undefined && { level }),
    ...(trace !== undefined && { trace: trace.toLowerCase() }),
    ...(since !== undefined && { sinceMs: momentMs(since, nowMs) }),
    ...(until !== undefined && { untilMs: momentMs(until, nowMs) }),
    ...(text !== undefined && { text }),
  }
}

/** The last lines and then each as it comes: in JSON one a line, as nobody waits for the end of a document that has none. */
async function followed(session: Session, filter: LogFilter): Promise<readonly LogLine[]> {
  const { followLogs, readLogs } = await import('@switchyard/trace/logs')
  const { out } = session.host
  const told: LogLine[] = []
  const tell = (line: LogLine): void => {
    if (session.json) told.push(line)
    else out.write(`${renderLogLine(line, out)}\n`)
  }
  const ended = Promise.withResolvers<void>()
  session.signal.addEventListener('abort', () => ended.resolve(), { once: true })
  const stop = followLogs(folderOf(session), filter, tell, { clock: systemClock })
  for (const line of readLogs(folderOf(session), filter)) tell(line)
  try {
    if (!session.signal.aborted) await alive(ended.promise)
  } finally {
    stop()
  }
  return told
}
