import type { Context } from '@switchyard/plugin-kit'
import type Docker from 'dockerode'
import type { DeployConfig } from '../config/config.ts'
import { openEngine } from '../engine/engine.ts'
import { environmentOf } from '../guard/guard.ts'
import { type Handler, handlerOf, type Work } from '../handlers/handler.ts'
import type { Host } from '../hosts/host.ts'
import { openHost } from '../hosts/open-host.ts'
import { type CaddyProxy, caddyProxy } from '../proxy/caddy.ts'
import { type Paths, pathsOf } from './paths.ts'
import { readVariables, type Variables } from './variables.ts'

interface ServiceWork {
  readonly work: Work
  readonly handler: Handler
  /** With the variables of the env files and $VERSION alone, of which the handler makes those of the service. */
  readonly plain: Work
}

/** A connection to one environment's host, with all that is done over it. */
export interface Session extends AsyncDisposable {
  readonly stack: string
  /** The environment, or the name of its scratch stack. */
  readonly env: string
  readonly host: Host
  readonly paths: Paths
  /** Those of the environment itself, also for its scratch stack. */
  readonly live: Paths
  /** Undefined where the configuration has none. */
  proxy(signal: AbortSignal): CaddyProxy | undefined
  /** A service as its handler sees it, with the values of its variables as they are now, or those that are `given`. */
  workOf(service: string, ctx: Pick<Context, 'signal' | 'progress'>, given?: Variables): Promise<ServiceWork>
}

export interface SessionOptions {
  readonly project: string
  readonly version?: string | undefined
  readonly signal: AbortSignal
  /** Whether it is for the environment's scratch stack. */
  readonly scratch?: boolean
}

/** What names the scratch stack of an environment on its host; no environment's own name has such a sign. */
export const scratchOf = (env: string): string => `${env}_rehearsal`

/** @throws HOST_UNREACHABLE, HOST_KEY_MISMATCH, ENVIRONMENT_UNKNOWN */
export async function openSession(
  config: DeployConfig,
  environmentName: string,
  { project, version, signal, scratch = false }: SessionOptions,
): Promise<Session> {
  const environment = environmentOf(config, environmentName)
  const { root, engine: socket } = environment.place
  const env = scratch ? scratchOf(environmentName) : environmentName
  const host = await openHost(environment.target, environment.place, { signal })
  const paths = pathsOf(root, config.stack, env)
  let engine: Promise<Docker> | undefined
  const variables = new Map<string, Promise<{ files: Variables; all: Variables }>>()

  async function variablesOf(work: Work, handler: Handler): Promise<{ files: Variables; all: Variables }> {
    const own = await readVariables(project, [work.config.envFile])
    const files = { ...(version !== undefined && { VERSION: version }), ...(await readVariables(project, [environment.envFile])), ...own }
    return { files, all: await handler.variables({ ...work, variables: files }, own) }
  }

  return {
    stack: config.stack,
    env,
    host,
    paths,
    live: pathsOf(root, config.stack, environmentName),
    proxy: (until) => (config.proxy === undefined ? undefined : caddyProxy(host, config.proxy, until)),
    async workOf(service, ctx, given) {
      const one = config.services[service]
      if (one === undefined) throw new TypeError(`no service "${service}"`)
      const handler = await handlerOf(one)
      const work: Work = {
        host,
        engine: () => (engine ??= openEngine(host, socket)),
        stack: config.stack,
        env,
        service,
        config: one,
        project,
        paths,
        at: paths.service(service),
        variables: given ?? {},
        signal: ctx.signal,
        progress: (message) => ctx.progress({ message: `${env}: ${service}: ${message}` }),
      }
      if (given !== undefined) return { work, handler, plain: work }
      let known = variables.get(service)
      if (known === undefined) {
        known = variablesOf(work, handler)
        variables.set(service, known)
      }
      const { all, files } = await known
      return { work: { ...work, variables: all }, handler, plain: { ...work, variables: files } }
    },
    [Symbol.asyncDispose]: () => host[Symbol.asyncDispose](),
  }
}
