import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'

interface RawMessage {
  readonly id?: number
  readonly method?: string
  readonly params?: Readonly<Record<string, unknown>>
  readonly result?: Readonly<Record<string, unknown>> & { readonly structuredContent?: Readonly<Record<string, unknown>> }
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown }
}

/** A server process, spoken to line by line. */
export interface RawClient {
  readonly process: ChildProcess
  /** Everything that came on stdout, line by line. */
  readonly lines: readonly string[]
  /** Writes as it is. */
  write(text: string): void
  request(method: string, params?: Readonly<Record<string, unknown>>): Promise<RawMessage>
  call(tool: string, input?: Readonly<Record<string, unknown>>): Promise<RawMessage>
  /** Closes stdin; resolves with the exit code and how long the process took to end. */
  end(): Promise<{ code: number | null; tookMs: number }>
}

/** Starts a server and shakes hands as clients of 2025 do. */
export async function startRaw(args: readonly string[], cwd?: string): Promise<RawClient> {
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'], cwd })
  const lines: string[] = []
  const waiting = new Map<number, (message: RawMessage) => void>()
  let rest = ''
  let lastId = 0
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    const parts = (rest + chunk).split('\n')
    rest = parts.pop()!
    for (const line of parts) {
      lines.push(line)
      const message = JSON.parse(line) as RawMessage
      if (message.id !== undefined && message.method === undefined) waiting.get(message.id)?.(message)
    }
  })
  child.stdin.on('error', () => {}) // Some tests kill it.

  const client: RawClient = {
    process: child,
    lines,
    write: (text) => void child.stdin.write(text),
    request(method, params) {
      const id = ++lastId
      const { promise, resolve } = Promise.withResolvers<RawMessage>()
      waiting.set(id, resolve)
      client.write(`${JSON.stringify({ jsonrpc: '2.0', id, method, ...(params !== undefined && { params }) })}\n`)
      return promise
    },
    call: (name, input = {}) => client.request('tools/call', { name, arguments: input }),
    async end() {
      const exited = once(child, 'exit')
      const startedMs = performance.now()
      child.stdin.end()
      const [code] = (await exited) as [number | null]
      return { code, tookMs: performance.now() - startedMs }
    },
  }
  await client.request('initialize', { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'raw', version: '1' } })
  client.write(`${JSON.stringify({ jsonrpc: '2.0', method: 'notifications/initialized' })}\n`)
  return client
}
