import { type Clock, systemClock } from '@switchyard/contracts'
import type { Plugin } from '@switchyard/plugin-kit'
import type { Yard, YardOptions } from '@switchyard/yard'
import { createDirector } from './director/director.ts'
import type { HttpEndpoint, HttpOptions } from './sdk/http.ts'
import type { ServerIdentity } from './sdk/mcp-server.ts'
import type { StdioOptions } from './sdk/stdio.ts'
import { createSurface, type Mount, type Surface } from './surface.ts'

export interface McpServerOptions {
  /** Whose tools are served; their commands run in this process. */
  readonly plugins: readonly Plugin[]
  /** Serves the tools that take plain words, and chains. @default false */
  readonly director?: boolean
  /** Lists every command with whole schemas, whatever that costs. @default false */
  readonly full?: boolean
  readonly version: string
  /** Opens the workspace where other processes meet; at the first need, or once the client has seen the list of tools. */
  openYard(options: Pick<YardOptions, 'ask'>): Promise<Yard>
  /** Told what went wrong outside of any request. */
  onFault(error: unknown): void
  readonly clock?: Clock
}

/** Some plugins as one MCP server. */
export interface McpServer {
  readonly surface: Surface
  /** Serves one client; resolves when it has gone. */
  serveStdio(options: Omit<StdioOptions, 'onFault'>): Promise<void>
  /** Serves on the loopback interface until it is closed. @throws USAGE when the port is taken */
  serveHttp(options: Omit<HttpOptions, 'onFault'>): Promise<HttpEndpoint>
  /** Closes the workspace, if it was opened. */
  close(): Promise<void>
}

export function createMcpServer(options: McpServerOptions): McpServer {
  const { plugins, director = false, full = false, version, onFault, clock = systemClock } = options
  let yard: Promise<Yard> | undefined
  const mounts: Mount[] = plugins.map((source) => ({ source, actions: openYard }))
  if (director) mounts.push(createDirector({ version, openYard, clock }))
  const surface = createSurface({ mounts, full, clock })
  const name = mounts.length === 1 ? mounts[0]!.source.name : 'switchyard'
  const identity: ServerIdentity = { name, title: mounts.length === 1 ? `Switchyard ${name}` : 'Switchyard', version }
  // A client lists first and calls later: the time in between is enough to open the workspace, and others may want to call what is here.
  const eager: Surface = {
    ...surface,
    listTools(cursor) {
      if (yard === undefined) setImmediate(() => void openYard().catch(onFault))
      return surface.listTools(cursor)
    },
  }

  return {
    surface,
    async serveStdio(stdio) {
      const { serveStdio } = await import('./sdk/stdio.ts')
      await serveStdio(eager, identity, { ...stdio, onFault })
    },
    async serveHttp(http) {
      const [{ serveHttp }, { createSdkServer }] = await Promise.all([import('./sdk/http.ts'), import('./sdk/mcp-server.ts')])
      const endpoint = await serveHttp(() => createSdkServer(eager, identity, onFault), { ...http, onFault })
      return {
        url: endpoint.url,
        async close() {
          surface.close()
          await endpoint.close()
        },
      }
    },
    async close() {
      const opened = await yard?.catch(() => undefined)
      // Whoever closes may have no time for all of it: what ran last is kept first.
      opened?.traces.flush().catch(onFault)
      await opened?.close()
    },
  }

  /** What failed is tried again at the next need. */
  function openYard(): Promise<Yard> {
    if (yard === undefined) {
      const opening = options.openYard({ ask: (question, headers) => surface.answer(question, headers?.sessionId) })
      yard = opening
      opening.catch(() => {
        if (yard === opening) yard = undefined
      })
    }
    return yard
  }
}
