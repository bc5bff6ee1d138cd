/** From least to most severe. */
export const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const
export type Level = (typeof LEVELS)[number]

/** One entry of a log: its first line and what belongs to it, such as a stack trace. */
export interface LogEntry {
  readonly atMs: number | undefined
  readonly level: Level | undefined
  readonly text: string
  readonly source: string
}

const WORDS: Readonly<Record<string, Level>> = {
  trace: 'trace',
  verbose: 'trace',
  debug: 'debug',
  dbg: 'debug',
  info: 'info',
  inf: 'info',
  information: 'info',
  notice: 'info',
  log: 'info',
  warn: 'warn',
  warning: 'warn',
  wrn: 'warn',
  error: 'error',
  err: 'error',
  severe: 'error',
  fatal: 'fatal',
  crit: 'fatal',
  critical: 'fatal',
  alert: 'fatal',
  emerg: 'fatal',
  emergency: 'fatal',
  panic: 'fatal',
}
const NAMES = Object.keys(WORDS)
  .sort((a, b) => b.length - a.length)
  .join('|')

/** A level by its field, in brackets, before a colon, or as a word in capitals; only near the start, where loggers put it. */
const LEVEL_FIELD = new RegExp(`\\b(?:level|lvl|severity|loglevel)["']?\\s?[=:]\\s?["']?(${NAMES})\\b`, 'i')
const LEVEL_MARK = new RegExp(`[\\[<(|](${NAMES})[\\]>)|]|(?:^|\\s)(${NAMES}):`, 'i')
const LEVEL_WORD = new RegExp(`\\b(${NAMES.toUpperCase()})\\b`)
const SYSLOG_PRIORITY = /^<(\d{1,3})>/
const ACCESS_STATUS = /" (\d{3}) (?:\d+|-)(?: |$)/
const THROWN = /^(?:Uncaught |Unhandled )?[\w.$]{0,80}(?:Error|Exception)\b|^panic: |^Traceback /

const FROM_SYSLOG: readonly Level[] = ['fatal', 'fatal', 'fatal', 'error', 'warn', 'info', 'info', 'debug']

/** How much of a line says when and how bad. */
const HEAD_CHARS = 240

/** Syslog's numbers, 0 for emergency to 7 for debug. */
export const levelOfPriority = (priority: number): Level | undefined => FROM_SYSLOG[priority & 7]

export function levelOf(line: string): Level | undefined {
  if (line.startsWith('{')) return levelOfJson(line)
  const head = line.slice(0, HEAD_CHARS)
  const priority = SYSLOG_PRIORITY.exec(head)
  if (priority !== null) return levelOfPriority(Number(priority[1]))
  const word = LEVEL_FIELD.exec(head)?.[1] ?? firstGroup(LEVEL_MARK.exec(head)) ?? LEVEL_WORD.exec(head)?.[1]
  if (word !== undefined) return WORDS[word.toLowerCase()]
  const status = ACCESS_STATUS.exec(line)?.[1]
  if (status !== undefined) return status.startsWith('5') ? 'error' : status.startsWith('4') ? 'warn' : 'info'
  return THROWN.test(head) ? 'error' : undefined
}

const firstGroup = (match: RegExpExecArray | null): string | undefined => match?.[1] ?? match?.[2]

const JSON_LEVEL = /"(?:level|lvl|severity|log\.level|loglevel)"\s?:\s?(?:"([a-z]{3,12})"|(\d{1,2}))/i
const JSON_TIME = /"(?:time|timestamp|ts|@timestamp|date|datetime)"\s?:\s?(?:"([^"]{8,40})"|(\d{9,16}(?:\.\d{1,9})?))/i

/** Only these fields are looked for, so a line of any length costs the same. */
function levelOfJson(line: string): Level | undefined {
  const match = JSON_LEVEL.exec(line.slice(0, 2_000))
  if (match === null) return undefined
  if (match[1] !== undefined) return WORDS[match[1].toLowerCase()]
  // Pino and Bunyan count 10, 20, … 60.
  return LEVELS[Math.floor(Number(match[2]) / 10) - 1]
}

const ISO = /\b(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?\s?(Z|[+-]\d\d:?\d\d)?/
const SLASHED = /\b(\d{4})\/(\d\d)\/(\d\d) (\d\d):(\d\d):(\d\d)/
const COMMON = /\[(\d\d)\/([A-Z][a-z]{2})\/(\d{4})[: ](\d\d):(\d\d):(\d\d)(?: ([+-]\d{4}))?\]/
const SYSLOG = /^(?:<\d{1,3}>)?([A-Z][a-z]{2}) {1,2}(\d{1,2}) (\d\d):(\d\d):(\d\d)/
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** When a line was written; times that name no zone are this machine's, and syslog's, that name no year, are the last such day. */
export function timeOf(line: string, nowMs: number): number | undefined {
  if (line.startsWith('{')) return timeOfJson(line)
  const head = line.slice(0, HEAD_CHARS)
  const iso = ISO.exec(head)
  if (iso !== null) {
    const ms = Math.floor(Number(`0.${iso[7] ?? 0}`) * 1_000)
    return moment(Number(iso[1]), Number(iso[2]) - 1, Number(iso[3]), Number(iso[4]), Number(iso[5]), Number(iso[6]), ms, iso[8])
  }
  const common = COMMON.exec(head)
  if (common !== null) {
    const month = MONTHS.indexOf(common[2]!)
    return moment(Number(common[3]), month, Number(common[1]), Number(common[4]), Number(common[5]), Number(common[6]), 0, common[7])
  }
  const slashed = SLASHED.exec(head)
  if (slashed !== null) {
    const [year, month, day, hour, minute, second] = slashed.slice(1).map(Number)
    return moment(year!, month! - 1, day!, hour!, minute!, second!, 0, undefined)
  }
  const syslog = SYSLOG.exec(head)
  const month = MONTHS.indexOf(syslog?.[1] ?? '')
  if (syslog === null || month === -1) return undefined
  const year = new Date(nowMs).getFullYear()
  const [day, hour, minute, second] = syslog.slice(2).map(Number)
  const atMs = moment(year, month, day!, hour!, minute!, second!, 0, undefined)
  return atMs > nowMs + 86_400_000 ? moment(year - 1, month, day!, hour!, minute!, second!, 0, undefined) : atMs
}

function moment(
  year: number,
  month: number,
  day: number,
  hour: number,
  minute: number,
  second: number,
  ms: number,
  zone: string | undefined,
): number {
  if (zone === undefined) return new Date(year, month, day, hour, minute, second, ms).getTime()
  const utcMs = Date.UTC(year, month, day, hour, minute, second, ms)
  if (zone === 'Z') return utcMs
  const sign = zone.startsWith('-') ? -1 : 1
  const digits = zone.replaceAll(/\D/g, '')
  return utcMs - sign * (Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2))) * 60_000
}

function timeOfJson(line: string): number | undefined {
  const match = JSON_TIME.exec(line.slice(0, 2_000))
  if (match === null) return undefined
  const atMs = match[1] === undefined ? Number(match[2]) * (Number(match[2]) < 1e11 ? 1_000 : 1) : Date.parse(match[1])
  return Number.isNaN(atMs) ? undefined : atMs
}

export const isAtLeast = (level: Level | undefined, least: Level): boolean =>
  level !== undefined && LEVELS.indexOf(level) >= LEVELS.indexOf(least)
