import type { Context } from '@switchyard/plugin-kit'
import { type HostState, readState, type ServiceState } from '../apply/host-state.ts'
import { openSession, type Session } from '../apply/session.ts'
import type { DeployConfig } from '../config/config.ts'
import { openEngine } from '../engine/engine.ts'
import { assertSameHandler, type Environment, environmentOf } from '../guard/guard.ts'
import { type Handler, handlerOf, type Work } from '../handlers/handler.ts'

/** One environment on its host, to be looked at or cleared away; close it when done. */
export interface Site extends AsyncDisposable {
  readonly session: Session
  readonly environment: Environment
  /** Undefined before anything was deployed. */
  readonly state: HostState | undefined
  /** A service of the configuration as its handler works with it, without its variables: who only looks needs no env file. @throws HANDLER_CHANGED */
  look(service: string): Promise<{ readonly handler: Handler; readonly work: Work; readonly serving: ServiceState | undefined }>
}

/** @throws ENVIRONMENT_UNKNOWN, HOST_UNREACHABLE, HOST_KEY_MISMATCH, DEPLOY_STATE_DAMAGED */
export async function openSite(
  ctx: Pick<Context, 'signal' | 'progress'>,
  project: string,
  config: DeployConfig,
  env: string,
): Promise<Site> {
  const { signal } = ctx
  const environment = environmentOf(config, env)
  const session = await openSession(config, env, { project, signal })
  try {
    const { host, paths } = session
    const state = await readState(host, paths)
    return {
      session,
      environment,
      state,
      async look(service) {
        const settings = config.services[service]
        if (settings === undefined) throw new TypeError(`no service "${service}"`)
        const serving = state?.services[service]
        assertSameHandler(env, service, settings, serving)
        const work: Work = {
          host,
          engine: () => openEngine(host, environment.place.engine),
          stack: config.stack,
          env,
          service,
          config: settings,
          project,
          paths,
          at: paths.service(service),
          variables: {},
          signal,
          progress: (message) => ctx.progress({ message: `${env}: ${service}: ${message}` }),
        }
        return { handler: await handlerOf(settings), work, serving }
      },
      [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
    }
  } catch (error) {
    await session[Symbol.asyncDispose]()
    throw error
  }
}
