/** One request as a web server tells of it. */
export interface Access {
  readonly status: number
  readonly latencyMs: number | undefined
  readonly path: string
}

const COMMON = /"(?:[A-Z]{3,10}) (\S{1,2000})[^"]{0,20}" (\d{3}) (?:\d+|-)(.*)$/
/** Seconds at the end of the line, as nginx's $request_time is mostly put there. */
const SECONDS_AT_END = /(?:^|\s|=)"?(\d{1,6}\.\d{3})"?\s*$/

/** Common and combined format, with the time in seconds at the end where there is one; JSON lines as Caddy, pino-http and others write them. */
export function parseAccess(line: string): Access | undefined {
  if (line.startsWith('{')) return parseJson(line)
  const match = COMMON.exec(line)
  if (match === null) return undefined
  const seconds = SECONDS_AT_END.exec(match[3]!)?.[1]
  return { status: Number(match[2]), latencyMs: seconds === undefined ? undefined : Number(seconds) * 1_000, path: pathOf(match[1]!) }
}

type Fields = Readonly<Record<string, unknown>>
const inner = (fields: Fields, ...keys: readonly string[]): Fields =>
  (keys.map((key) => fields[key]).find((value) => typeof value === 'object' && value !== null) as Fields | undefined) ?? {}
const numberAt = (fields: Fields, ...keys: readonly string[]): number | undefined =>
  keys.map((key) => fields[key]).find((value) => typeof value === 'number') as number | undefined
const textAt = (fields: Fields, ...keys: readonly string[]): string | undefined =>
  keys.map((key) => fields[key]).find((value) => typeof value === 'string') as string | undefined

function parseJson(line: string): Access | undefined {
  let fields: Fields
  try {
    fields = JSON.parse(line) as Fields
  } catch {
    return undefined
  }
  const [request, response] = [inner(fields, 'request', 'req'), inner(fields, 'response', 'res')]
  const status = numberAt(fields, 'status', 'statusCode', 'status_code') ?? numberAt(response, 'statusCode', 'status')
  if (status === undefined || status < 100 || status > 599) return undefined
  const ms = numberAt(fields, 'responseTime', 'latencyMs', 'latency_ms', 'durationMs', 'duration_ms', 'elapsed_ms')
  const seconds = numberAt(fields, 'duration', 'request_time', 'duration_s')
  const path = textAt(request, 'uri', 'url', 'path') ?? textAt(fields, 'path', 'url', 'uri') ?? '?'
  return { status, latencyMs: ms ?? (seconds === undefined ? undefined : seconds * 1_000), path: pathOf(path) }
}

/** The path with what differs from request to request left out, so that a few routes remain. */
function pathOf(target: string): string {
  const [path = '?'] = target.split('?', 1)
  return path.replaceAll(/\/(?:\d+|[0-9a-f]{8,}(?:-[0-9a-f]{4,}){0,4})(?=\/|$)/gi, '/*').slice(0, 200)
}
