import { spawn } from 'node:child_process'
import { z } from 'zod'

export interface ServerCommand {
  readonly program: string
  readonly args: readonly string[]
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
}

interface Exit {
  /** What it took to end it: its input's end, a signal that asks, or one that does not. `itself`: it ended before it was to. */
  readonly by: 'itself' | 'input' | 'SIGTERM' | 'SIGKILL'
  readonly code: number | null
}

/** A request that was not answered with a result. */
export interface Refusal {
  readonly refused: 'error' | 'time' | 'ended'
  readonly text: string
}

/** A server that speaks JSON-RPC over its input and output, one message a line. */
export interface ServerProcess {
  /** The result, or why there was none. Never rejects. */
  request(method: string, params: object, limitMs: number): Promise<{ readonly result: unknown } | Refusal>
  notify(method: string, params?: object): void
  /** What it printed among its messages that is none; the first few lines. */
  noise(): { readonly lines: number; readonly first: readonly string[] }
  /** The end of what it said on its error output. */
  errors(): string
  /** Ends it, and everything that it started. */
  close(): Promise<Exit>
}

const MAX_LINE_CHARS = 16_000_000
/** A server that asks and does not read has its questions dropped. */
const MAX_WAITING_BYTES = 1_000_000
const MAX_NOISE = 3
const TAIL_CHARS = 1_000
const GRACE_MS = 2_000

const messageSchema = z.looseObject({
  jsonrpc: z.literal('2.0'),
  id: z.union([z.string(), z.number(), z.null()]).optional(),
  method: z.string().optional(),
  error: z.looseObject({ code: z.number(), message: z.string() }).optional(),
})

const isRefusal = (answer: object): answer is Refusal => 'refused' in answer

export { isRefusal }

/** Starts a program and speaks to it; it gets the environment that it is given and nothing else. */
export function startServer({ program, args, cwd, env }: ServerCommand, signal: AbortSignal): ServerProcess {
  const child = spawn(program, args, { cwd, env, detached: true, stdio: ['pipe', 'pipe', 'pipe'] })
  const waiting = new Map<number, (answer: { result: unknown } | Refusal) => void>()
  const exited = Promise.withResolvers<void>()
  let nextId = 1
  let pending = ''
  let tail = ''
  let noiseLines = 0
  let startFailure: string | undefined
  let hasEnded = false
  const first: string[] = []

  function ended(text: string): void {
    if (hasEnded) return
    hasEnded = true
    for (const answer of waiting.values()) answer({ refused: 'ended', text })
    waiting.clear()
    exited.resolve()
  }
  child.on('error', (error) => {
    startFailure = `it could not be started: ${'code' in error ? String(error.code) : error.message}`
    ended(startFailure)
  })
  child.on('exit', (code, by) => ended(`it ended ${by === null ? `with ${code}` : `by ${by}`}`))
  child.stdin.on('error', () => {
    // It ended first; its exit says so.
  })
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    tail = (tail + chunk).slice(-TAIL_CHARS)
  })
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = chunk.split('\n')
    lines[0] = pending + lines[0]
    pending = lines.pop() ?? ''
    for (const line of lines) hear(line)
    if (pending.length > MAX_LINE_CHARS) {
      noise(pending)
      pending = ''
    }
  })
  const abort = (): void => kill('SIGKILL')
  signal.addEventListener('abort', abort, { once: true })

  function noise(line: string): void {
    noiseLines++
    if (first.length < MAX_NOISE) first.push(line.slice(0, 200))
  }

  function hear(line: string): void {
    if (line.trim() === '') return
    const message = parse(line)
    if (message === undefined) {
      noise(line)
      return
    }
    // What the server asks of a client is none of a test's business, but it must not wait for an answer.
    if (message.method !== undefined) {
      if (message.id !== undefined)
        send({ id: message.id, ...(message.method === 'ping' ? { result: {} } : { error: { code: -32601, message: 'not offered' } }) })
      return
    }
    const answer = typeof message.id === 'number' ? waiting.get(message.id) : undefined
    if (answer === undefined) return
    waiting.delete(message.id as number)
    answer(
      message.error === undefined
        ? { result: message.result }
        : { refused: 'error', text: `${message.error.code} ${message.error.message}` },
    )
  }

  function send(message: object): void {
    if (!hasEnded && child.stdin.writableLength < MAX_WAITING_BYTES)
      child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`)
  }

  function kill(by: NodeJS.Signals): void {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, by)
    } catch {
      // All of it has ended.
    }
  }

  async function endsWithin(limitMs: number): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const timer = setTimeout(resolve, limitMs, false)
    void exited.promise.then(() => resolve(true))
    const isEnded = await promise
    clearTimeout(timer)
    return isEnded
  }

  return {
    request(method, params, limitMs) {
      if (hasEnded) return Promise.resolve({ refused: 'ended', text: startFailure ?? 'it had ended already' })
      const { promise, resolve } = Promise.withResolvers<{ result: unknown } | Refusal>()
      const id = nextId++
      const timer = setTimeout(() => {
        waiting.delete(id)
        resolve({ refused: 'time', text: `it did not answer ${method} within ${limitMs} ms` })
      }, limitMs)
      waiting.set(id, (answer) => {
        clearTimeout(timer)
        resolve(answer)
      })
      send({ id, method, params })
      return promise
    },
    notify: (method, params) => send({ method, ...(params && { params }) }),
    noise: () => ({
      lines: noiseLines + (pending.trim() === '' ? 0 : 1),
      first: pending.trim() === '' ? first : [...first, pending.slice(0, 200)].slice(0, MAX_NOISE),
    }),
    errors: () => tail,
    async close() {
      const wasOver = hasEnded
      child.stdin.end()
      let by: Exit['by'] = wasOver ? 'itself' : 'input'
      for (const harder of ['SIGTERM', 'SIGKILL'] as const) {
        if (await endsWithin(GRACE_MS)) break
        by = harder
        kill(harder)
      }
      await exited.promise
      kill('SIGKILL')
      signal.removeEventListener('abort', abort)
      return { by, code: child.exitCode }
    },
  }
}

function parse(line: string): (z.output<typeof messageSchema> & { result?: unknown }) | undefined {
  try {
    const parsed = messageSchema.safeParse(JSON.parse(line))
    return parsed.success ? parsed.data : undefined
  } catch {
    return undefined
  }
}
