import type { Client } from '@modelcontextprotocol/client'
import { type Clock, systemClock } from '@switchyard/contracts'
import { definePlugin, type Plugin } from '@switchyard/plugin-kit'
import { cleanText, type Mount, type MountedTool } from '@switchyard/registry'
import { createConnection, prepare, reasonOf, type Start } from './connection.ts'
import { noTools, serverDown } from './errors.ts'
import { commandNames, commandOfTool } from './tool-command.ts'

export interface MountOptions {
  /** Where the server is started. */
  workspace: string
  /** @default systemClock */
  clock?: Clock
  /** @default process.env */
  environment?: Readonly<Record<string, string | undefined>>
  /** @default 60_000 */
  timeoutMs?: number
  /** How long a server may take until it has said what it offers. @default 60_000 */
  startLimitMs?: number
}

/** An MCP server as a plugin; nothing is started before one of its commands runs. */
export interface MountedServer {
  readonly plugin: Plugin
  /** Ends the server. */
  close(): Promise<void>
}

const MAX_TOOLS = 500

/** Makes a plugin of a server by what it offered when it was added. */
export function createMount(mount: Mount, options: MountOptions): MountedServer {
  const { workspace, clock = systemClock, environment = process.env, timeoutMs = 60_000 } = options
  const { name, version = '0.0.0', summary, tools } = mount
  const connection = createConnection(mount, { workspace, clock, environment })
  const names = commandNames(tools)
  const commands = Object.fromEntries(tools.map((tool, index) => [names[index]!, commandOfTool(name, tool, connection, timeoutMs)]))
  const plugin = definePlugin({ name, version, summary, touches: { programs: [mount.command] }, commands })
  return { plugin, close: connection.close }
}

/** Starts a server once and asks what it offers. @throws PLUGIN_DOWN, REGISTRY_SOURCE when it has no tools */
export async function examineServer(start: Omit<Start, 'protocol'>, options: MountOptions): Promise<Mount> {
  const { workspace, environment = process.env, startLimitMs = 60_000 } = options
  // One that does not know the newer way of beginning and says nothing to it still has half of the time.
  const { client, transport, said } = await prepare(start, workspace, environment, 'auto', startLimitMs / 2)
  const signal = AbortSignal.timeout(startLimitMs)
  const within = { signal, timeout: startLimitMs }
  try {
    await client.connect(transport, within)
    const tools = await toolsOf(client, within)
    if (tools.length === 0) throw noTools(start.name)
    const server = client.getServerVersion()
    const title = cleanText(server?.title ?? server?.name, 100)
    const protocol = client.getProtocolEra() === 'modern' ? client.getNegotiatedProtocolVersion() : undefined
    const version = semverOf(server?.version)
    return {
      ...start,
      ...(version !== undefined && { version }),
      ...(protocol !== undefined && { protocol }),
      summary: `Tools of the MCP server ${title === '' ? start.name : title}`,
      tools,
    }
  } catch (error) {
    if (error instanceof Error && error.name === 'SwitchyardError') throw error
    const late = signal.aborted ? new Error(`it did not answer within ${startLimitMs / 1_000} s`) : error
    throw serverDown(start.name, reasonOf(late, said()), error, start.command)
  } finally {
    await client.close().catch(() => {})
  }
}

async function toolsOf(client: Client, within: { readonly signal: AbortSignal; readonly timeout: number }): Promise<MountedTool[]> {
  const found: MountedTool[] = []
  let cursor: string | undefined
  do {
    const page = await client.listTools(cursor === undefined ? {} : { cursor }, within)
    for (const { name, description, inputSchema, annotations } of page.tools) {
      found.push({
        name,
        ...(description !== undefined && { description: cleanText(description, 3_900) }),
        inputSchema,
        ...(annotations !== undefined && { annotations: hintsOf(annotations) }),
      })
    }
    cursor = page.nextCursor
  } while (cursor !== undefined && found.length < MAX_TOOLS)
  return found.slice(0, MAX_TOOLS)
}

/** What servers call their version is anything; a plugin's is semantic. */
function semverOf(version: string | undefined): string | undefined {
  return /^\d+\.\d+\.\d+/.exec(version ?? '')?.[0]
}

function hintsOf({ readOnlyHint, destructiveHint, idempotentHint }: Hints): NonNullable<MountedTool['annotations']> {
  return {
    ...(readOnlyHint !== undefined && { readOnlyHint }),
    ...(destructiveHint !== undefined && { destructiveHint }),
    ...(idempotentHint !== undefined && { idempotentHint }),
  }
}

interface Hints {
  readonly readOnlyHint?: boolean | undefined
  readonly destructiveHint?: boolean | undefined
  readonly idempotentHint?: boolean | undefined
}
