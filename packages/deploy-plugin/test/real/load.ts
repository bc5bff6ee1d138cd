import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

export interface LoadSeen {
  readonly asked: number
  /** Requests over a connection that was used before. */
  readonly reused: number
  readonly failed: readonly string[]
  /** How often each page was seen. */
  readonly pages: Readonly<Record<string, number>>
}

/** Asks for the pages of some hosts without a break, from a process of its own, until `stop` is called. */
export async function startLoad(port: number, ...hosts: readonly string[]): Promise<{ stop(): Promise<LoadSeen> }> {
  const child = spawn(process.execPath, [fileURLToPath(new URL('load-client.ts', import.meta.url)), String(port), ...hosts], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const first = await lines.next()
  if (first.value !== 'begun') throw new Error(`The load did not begin: ${String(first.value)}`)
  return {
    async stop() {
      child.stdin.end()
      const { value } = await lines.next()
      return JSON.parse(String(value)) as LoadSeen
    },
  }
}
