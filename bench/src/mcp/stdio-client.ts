import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'

/** A server process and the answers to what it is asked, one question at a time; no SDK between, whose time would count for both sides. */
export class StdioClient {
  readonly #child: ChildProcess
  #rest = ''
  #waiting: { id: number; answered: () => void } | undefined
  #lastId = 0

  private constructor(child: ChildProcess) {
    this.#child = child
    child.stdout!.setEncoding('utf8').on('data', (chunk: string) => this.#read(chunk))
  }

  static async start(args: readonly string[], cwd: string): Promise<StdioClient> {
    const client = new StdioClient(spawn(process.execPath, args, { cwd, stdio: ['pipe', 'pipe', 'inherit'] }))
    await client.request('initialize', { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'bench', version: '1' } })
    client.#child.stdin!.write('{"jsonrpc":"2.0","method":"notifications/initialized"}\n')
    return client
  }

  request(method: string, params: unknown = {}): Promise<void> {
    const id = ++this.#lastId
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#waiting = { id, answered: resolve }
    this.#child.stdin!.write(`${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`)
    return promise
  }

  async end(): Promise<void> {
    const exited = once(this.#child, 'exit')
    this.#child.stdin!.end()
    await exited
  }

  #read(chunk: string): void {
    const lines = (this.#rest + chunk).split('\n')
    this.#rest = lines.pop()!
    for (const line of lines) {
      const { id, error } = JSON.parse(line) as { id?: number; error?: unknown }
      if (error !== undefined) throw new Error(line)
      if (this.#waiting !== undefined && id === this.#waiting.id) this.#waiting.answered()
    }
  }
}
