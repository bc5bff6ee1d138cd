import type { Client } from '@modelcontextprotocol/client'
import type { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import type { Clock } from '@switchyard/contracts'
import { cleanText, type Mount } from '@switchyard/registry'
import { serverDown } from './errors.ts'

/** How a server is started. */
export type Start = Pick<Mount, 'name' | 'command' | 'args' | 'env' | 'protocol'>

export interface ConnectionOptions {
  readonly workspace: string
  readonly clock: Clock
  /** Our own environment, of which the server is given what it needs to run and what the mount names. */
  readonly environment: Readonly<Record<string, string | undefined>>
}

/** A server that is started when it is first needed, and again when it has ended. */
export interface Connection {
  /** @throws PLUGIN_DOWN, at once while it waits after a start that failed */
  client(): Promise<Client>
  /** What the server that ran last wrote beside the protocol, for people; empty where it wrote nothing. */
  said(): string
  close(): Promise<void>
}

const FIRST_WAIT_MS = 500
const LONGEST_WAIT_MS = 30_000
const START_LIMIT_MS = 20_000

export function createConnection(start: Start, { workspace, clock, environment }: ConnectionOptions): Connection {
  const { name } = start
  let running: Promise<Client> | undefined
  let failures = 0
  let notBeforeMs = 0
  let closed = false
  let lastSaid = (): string => ''

  async function open(): Promise<Client> {
    const { client, transport, said } = await prepare(
      start,
      workspace,
      environment,
      start.protocol === undefined ? 'legacy' : { pin: start.protocol },
    )
    lastSaid = said
    client.onclose = () => {
      running = undefined
    }
    try {
      await client.connect(transport, { timeout: START_LIMIT_MS })
      failures = 0
      return client
    } catch (error) {
      await client.close().catch(() => {})
      const waitMs = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** failures++)
      notBeforeMs = clock.monotonicMs() + waitMs
      throw serverDown(name, reasonOf(error, said()), error)
    }
  }

  return {
    async client() {
      if (closed) throw serverDown(name, 'the workspace was closed')
      if (running !== undefined) return running
      const waitMs = notBeforeMs - clock.monotonicMs()
      if (waitMs > 0) throw serverDown(name, `its last start failed, and it is tried again in ${Math.ceil(waitMs / 1_000)} s`)
      running = open()
      running.catch(() => {
        running = undefined
      })
      return running
    },
    said: () => lastSaid(),
    async close() {
      closed = true
      const client = await running?.catch(() => undefined)
      await client?.close()
    },
  }
}

/** A client that is not connected yet, and what the server last wrote beside the protocol. */
export async function prepare(
  { command, args, env }: Start,
  workspace: string,
  environment: ConnectionOptions['environment'],
  mode: 'legacy' | 'auto' | { readonly pin: string },
  probeMs?: number,
): Promise<{ readonly client: Client; readonly transport: StdioClientTransport; said(): string }> {
  // Read when a server starts and not before: every command line of the workspace makes the mount's plugin.
  const [{ Client }, { getDefaultEnvironment, StdioClientTransport }] = await Promise.all([
    import('@modelcontextprotocol/client'),
    import('@modelcontextprotocol/client/stdio'),
  ])
  const named = env.flatMap((variable) => (environment[variable] === undefined ? [] : [[variable, environment[variable]] as const]))
  const transport = new StdioClientTransport({
    command,
    args: [...args],
    cwd: workspace,
    env: { ...getDefaultEnvironment(), ...Object.fromEntries(named) },
    stderr: 'pipe',
  })
  let tail = ''
  transport.stderr?.on('data', (chunk: Buffer) => {
    tail = (tail + chunk.toString('utf8')).slice(-2_000)
  })
  const client = new Client(
    { name: 'switchyard', version: '0.2.0' },
    {
      versionNegotiation: { mode, ...(probeMs !== undefined && { probe: { timeoutMs: probeMs } }) },
    },
  )
  return { client, transport, said: () => tellingLine(tail) }
}

/** Of what a program wrote as it ended the line that says why: the last that names an error, else the last. */
function tellingLine(text: string): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  const telling = lines.findLast((line) => /^\s*(?:[\w.]*(?:error|exception)\b|fatal|panic)/i.test(line) && !/^\s*at /.test(line))
  return cleanText(telling ?? lines.at(-1), 200)
}

export function reasonOf(error: unknown, said: string): string {
  const reason = cleanText(error instanceof Error ? error.message : String(error), 200)
  return said === '' ? reason : `${reason}; it wrote: ${said}`
}
