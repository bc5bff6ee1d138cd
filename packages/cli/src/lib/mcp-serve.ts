import { randomBytes } from 'node:crypto'
import type { Plugin } from '@switchyard/plugin-kit'
import { unknownPlugin } from './errors.ts'
import { learnAhead } from './learn-ahead.ts'
import { builtInOutlines } from './outline.ts'
import { ownVersion } from './program.ts'
import type { Session } from './session.ts'

export interface ServeFlags {
  readonly http?: number
  readonly full?: boolean
}

/** Plain words and chains, which are no plugin's. */
const DIRECTOR = 'director'

/** How long what runs has to end once the client has gone; clients kill a server that stays. */
const LEAVE_MS = 100

/** Serves plugins to MCP clients until the one client, or the person, leaves. */
export async function serveMcp(session: Session, names: readonly string[], { http, full = false }: ServeFlags): Promise<void> {
  const { host, signal } = session
  const { claimStdout, createMcpServer } = await import('@switchyard/mcp')
  // Before any plugin is loaded, as some say something then.
  const output = claimStdout(host.stdio.stdout, host.stdio.stderr)
  const plugins = await namedPlugins(session, names)
  const director = names.length === 0 || names.includes(DIRECTOR)
  let stopLearning = (): void => {}
  const server = createMcpServer({
    plugins,
    director,
    full,
    version: ownVersion(),
    async openYard(options) {
      const all = await session.plugins()
      const standIns = all.filter((plugin) => !plugins.some(({ name }) => name === plugin.name))
      // Of those that come along a model comes along, too.
      if (director && all.length > (await builtInOutlines()).length) stopLearning = learnAhead(session)
      return session.openYard({ plugins, standIns, meet: true, ...options })
    },
    onFault: (error) => session.note(`warn  mcp: ${error instanceof Error ? error.message : String(error)}`),
  })
  if (http === undefined) await server.serveStdio({ input: host.stdio.stdin, output, signal })
  else {
    const token = randomBytes(32).toString('base64url')
    const endpoint = await server.serveHttp({ port: http, token })
    session.note(`Listening on ${endpoint.url}\nAuthorization: Bearer ${token}`)
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
    await endpoint.close()
  }
  stopLearning()
  const left = setTimeout(() => host.exit(0), LEAVE_MS)
  await server.close()
  clearTimeout(left)
}

/** Only what is served is loaded before the first answer. @throws USAGE for a name that is no plugin's */
async function namedPlugins(session: Session, names: readonly string[]): Promise<readonly Plugin[]> {
  if (names.length === 0) return session.plugins()
  const { builtInPlugins } = await import('./built-in.ts')
  const wanted = names.filter((name) => name !== DIRECTOR)
  const found = await builtInPlugins(wanted)
  if (found.length === wanted.length) return found
  const all = await session.plugins()
  const known = [...all.map(({ name }) => name), DIRECTOR]
  const unknown = wanted.find((name) => !known.includes(name))
  if (unknown !== undefined) throw unknownPlugin(unknown, known)
  return all.filter(({ name }) => wanted.includes(name))
}
