import { Agent } from 'node:http'
import type { Duplex } from 'node:stream'
import type Docker from 'dockerode'
import type { Host } from '../hosts/host.ts'
import { asSocket } from '../hosts/http.ts'
import { engineMissing, engineRefused } from './errors.ts'

/** Every engine of the last years speaks this one. */
const API_VERSION = 'v1.41'

const USUAL = ['/var/run/docker.sock', '/run/docker.sock', '/run/podman/podman.sock']

/** A host's container engine, by Docker's API over the host's own connection; no program of the engine's is needed. */
export async function openEngine(host: Host, socket: string | undefined): Promise<Docker> {
  const path = socket ?? (await findSocket(host))
  const { default: Dockerode } = await import('dockerode')
  const options: Docker.DockerOptions & { agent: Agent } = {
    protocol: 'http',
    host: 'engine',
    port: 80,
    version: API_VERSION,
    agent: agentOf(host, path),
  }
  return withoutSecretsInAddresses(new Dockerode(options))
}

/**
 * What a container is made with goes into the address of the request too, unless it is told apart; engines and what stands before them
 * write addresses down, and its variables are secrets.
 */
function withoutSecretsInAddresses(engine: Docker): Docker {
  const create = engine.createContainer.bind(engine) as (options: object) => Promise<Docker.Container>
  const createContainer = ({ name, ...made }: Docker.ContainerCreateOptions): Promise<Docker.Container> =>
    create({ _query: { name }, _body: made })
  return Object.assign(engine, { createContainer })
}

/** Where the host's engine listens. @throws ENGINE_MISSING */
export async function findSocket(host: Host): Promise<string> {
  const looked = [...USUAL]
  const { stdout } = await host.run(['id', '-u'])
  const user = stdout.trim()
  if (user !== '0') looked.push(`/run/user/${user}/docker.sock`, `/run/user/${user}/podman/podman.sock`)
  for (const path of looked) if ((await host.facts(path)) !== undefined) return path
  throw engineMissing(host.label, looked)
}

/** Each call has a connection of its own: a channel of SSH is cheap, and none is kept that could break unseen. */
function agentOf(host: Host, path: string): Agent {
  const agent = new Agent({ keepAlive: false })
  const createConnection = (_: unknown, done: (error: Error | null, stream?: Duplex) => void): undefined => {
    host.connectSocket(path).then(
      (stream) => done(null, asSocket(stream)),
      (error: Error) => done(error),
    )
  }
  return Object.assign(agent, { createConnection })
}

/** Runs one call to the engine and says in our words what it refused. @throws ENGINE_REFUSED */
export async function asked<value>(does: string, call: () => Promise<value>): Promise<value> {
  try {
    return await call()
  } catch (error) {
    throw engineRefused(does, reasonOf(error), statusOf(error))
  }
}

/** The same, where "there is none" is an answer. */
export async function askedFor<value>(does: string, call: () => Promise<value>): Promise<value | undefined> {
  try {
    return await call()
  } catch (error) {
    if (statusOf(error) === 404) return undefined
    throw engineRefused(does, reasonOf(error), statusOf(error))
  }
}

export const statusOf = (error: unknown): number | undefined => (error as { statusCode?: number }).statusCode

/** The engine's own words, without the HTTP around them. */
export function reasonOf(error: unknown): string {
  const { json, message } = error as { json?: { message?: string; cause?: string }; message?: string }
  return (json?.message ?? message ?? String(error)).replace(/\s+/g, ' ').slice(0, 400)
}
