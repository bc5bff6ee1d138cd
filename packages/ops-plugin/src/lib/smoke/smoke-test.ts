import { redactShapes } from '@switchyard/plugin-kit/redact'
import { isObject, isText } from '../health/document.ts'
import type { FoundServer } from './find-servers.ts'
import { type ServerReport, SMOKE_CHECKS, type SmokeCheckId } from './schema.ts'
import { isRefusal, type Refusal, type ServerProcess, startServer } from './server-process.ts'
import { toolFindings } from './tool-schemas.ts'

/** The newest protocol that begins with a handshake; servers of the one after it answer it too. */
const HANDSHAKE = '2025-11-25'
const STATELESS = '2026-07-28'
const CLIENT = { name: 'switchyard-smoke-test', version: '1.0.0' }
const SLOW_MS = 5_000
const DEAR_TOKENS = 10_000
const BYTES_A_TOKEN = 4
const MAX_PAGES = 100
const MAX_NOTES = 20

export interface SmokeOptions {
  readonly limitMs: number
  readonly signal: AbortSignal
}

/** Starts a server, looks at everything that it lists, and ends it. What is wrong is in the report; nothing here rejects. */
export async function smokeTest({ name, command, shown }: FoundServer, { limitMs, signal }: SmokeOptions): Promise<ServerReport> {
  const notes = new Map<SmokeCheckId, { status: 'warn' | 'fail' | 'unknown'; note: string }[]>()
  const found = (id: SmokeCheckId, status: 'warn' | 'fail' | 'unknown', note: string): void =>
    void notes.set(id, [...(notes.get(id) ?? []), { status, note: redactShapes(note) }])

  const startedMs = performance.now()
  const server = startServer(command, signal)
  const greeting = await greet(server, limitMs)
  const readyMs = Math.round(performance.now() - startedMs)
  const lists: Lists = { tools: [], resources: [], prompts: [] }
  let listMs: number | undefined
  if (isRefusal(greeting)) {
    found('starts', 'fail', [greeting.text, lastLine(server.errors())].filter((part) => part !== '').join('; '))
  } else {
    if (readyMs > SLOW_MS) found('quick', 'warn', `was ready after ${readyMs} ms`)
    const listedMs = performance.now()
    for (const key of ['tools', 'resources', 'prompts'] as const) {
      if (greeting.capabilities[key] === undefined) continue
      const listed = await readList(server, key, greeting.meta, limitMs)
      lists[key] = listed.items
      if (listed.refusal !== undefined) found('lists.answer', 'fail', `${key}/list: ${listed.refusal}`)
    }
    listMs = Math.round(performance.now() - listedMs)
    const odd = await server.request('switchyard/unknown', greeting.meta, limitMs)
    if (!isRefusal(odd)) found('errors.answered', 'warn', 'answered a method that does not exist with a result')
    else if (odd.refused !== 'error') found('errors.answered', odd.refused === 'ended' ? 'fail' : 'warn', odd.text)
  }
  const exit = await server.close()
  const noise = server.noise()
  if (noise.lines > 0) found('output.clean', 'fail', `printed ${noise.lines} lines that are no messages, such as: ${noise.first[0] ?? ''}`)
  if (!isRefusal(greeting)) {
    if (exit.by === 'itself') found('ends.clean', 'fail', `ended by itself with ${exit.code}`)
    else if (exit.by !== 'input')
      found('ends.clean', exit.by === 'SIGKILL' ? 'fail' : 'warn', `went on after its input ended, until ${exit.by}`)
    else if (exit.code !== 0) found('ends.clean', 'warn', `ended with ${exit.code}`)
  }

  for (const { check, status, note } of toolFindings(lists.tools)) found(check, status, note)
  const tools = lists.tools.map(costOf).sort((a, b) => b.bytes - a.bytes || (a.name < b.name ? -1 : 1))
  const bytes = Buffer.byteLength(JSON.stringify(lists.tools))
  const tokens = Math.ceil(bytes / BYTES_A_TOKEN)
  if (tokens > DEAR_TOKENS) found('cost', 'warn', `its ${tools.length} tools cost about ${tokens} tokens, ${tools[0]?.name ?? ''} the most`)

  const didStart = !isRefusal(greeting)
  const checks = (Object.keys(SMOKE_CHECKS) as SmokeCheckId[]).map((id): ServerReport['checks'][number] => {
    const own = notes.get(id) ?? []
    const worst = (['fail', 'warn', 'unknown'] as const).find((status) => own.some((one) => one.status === status))
    const unasked = !didStart && id !== 'starts' && id !== 'output.clean'
    return { id, status: worst ?? (unasked ? 'unknown' : 'pass'), notes: own.slice(0, MAX_NOTES).map(({ note }) => note) }
  })
  return {
    name,
    commandLine: redactShapes(shown),
    status: (['fail', 'warn'] as const).find((status) => checks.some((check) => check.status === status)) ?? 'pass',
    ...(didStart && { ...(greeting.info && { info: greeting.info }), protocol: greeting.protocol, readyMs }),
    ...(listMs !== undefined && { listMs }),
    tools,
    resources: lists.resources.length,
    prompts: lists.prompts.length,
    bytes,
    tokens,
    checks,
  }
}

interface Lists {
  tools: readonly unknown[]
  resources: readonly unknown[]
  prompts: readonly unknown[]
}

interface Greeting {
  readonly protocol: string
  readonly capabilities: Readonly<Record<string, unknown>>
  readonly info: { name: string; version: string } | undefined
  /** What every request after it carries. */
  readonly meta: object
}

async function greet(server: ServerProcess, limitMs: number): Promise<Greeting | Refusal> {
  const answer = await server.request('initialize', { protocolVersion: HANDSHAKE, capabilities: {}, clientInfo: CLIENT }, limitMs)
  if (isRefusal(answer)) return answer.refused === 'error' ? discover(server, limitMs, answer) : answer
  if (!isObject(answer.result) || !isText(answer.result.protocolVersion))
    return { refused: 'error', text: 'its answer to initialize names no protocolVersion' }
  server.notify('notifications/initialized')
  return greetingOf(answer.result, answer.result.protocolVersion, answer.result.serverInfo, {})
}

/** Servers of the newest protocol alone have no handshake: each request says who asks. */
async function discover(server: ServerProcess, limitMs: number, refusal: Refusal): Promise<Greeting | Refusal> {
  const prefix = 'io.modelcontextprotocol'
  const meta = {
    _meta: { [`${prefix}/protocolVersion`]: STATELESS, [`${prefix}/clientInfo`]: CLIENT, [`${prefix}/clientCapabilities`]: {} },
  }
  const answer = await server.request('server/discover', meta, limitMs)
  if (isRefusal(answer)) return { ...refusal, text: `initialize: ${refusal.text}` }
  if (!isObject(answer.result)) return { refused: 'error', text: 'its answer to server/discover is no object' }
  const info = isObject(answer.result._meta) ? answer.result._meta[`${prefix}/serverInfo`] : undefined
  return greetingOf(answer.result, STATELESS, info, meta)
}

function greetingOf(result: Readonly<Record<string, unknown>>, protocol: string, info: unknown, meta: object): Greeting {
  return {
    protocol,
    capabilities: isObject(result.capabilities) ? result.capabilities : {},
    info: isObject(info) && isText(info.name) ? { name: info.name, version: isText(info.version) ? info.version : '' } : undefined,
    meta,
  }
}

async function readList(
  server: ServerProcess,
  key: keyof Lists,
  meta: object,
  limitMs: number,
): Promise<{ items: readonly unknown[]; refusal?: string }> {
  const items: unknown[] = []
  const seen = new Set<string>()
  let cursor: string | undefined
  for (let page = 0; page < MAX_PAGES; page++) {
    const answer = await server.request(`${key}/list`, { ...meta, ...(cursor !== undefined && { cursor }) }, limitMs)
    if (isRefusal(answer)) return { items, refusal: answer.text }
    const list = isObject(answer.result) ? answer.result[key] : undefined
    if (!Array.isArray(list)) return { items, refusal: `its answer has no list "${key}"` }
    items.push(...(list as unknown[]))
    const next = isObject(answer.result) ? answer.result.nextCursor : undefined
    if (!isText(next)) return { items }
    if (seen.has(next)) return { items, refusal: 'its pages go round in a circle' }
    seen.add(next)
    cursor = next
  }
  return { items, refusal: `it has more than ${MAX_PAGES} pages` }
}

function costOf(tool: unknown): { name: string; bytes: number; tokens: number } {
  const bytes = Buffer.byteLength(JSON.stringify(tool))
  return { name: isObject(tool) && isText(tool.name) ? tool.name : '', bytes, tokens: Math.ceil(bytes / BYTES_A_TOKEN) }
}

const lastLine = (text: string): string => text.trim().split('\n').at(-1)?.trim() ?? ''
