import type { Context } from '@switchyard/plugin-kit'
import { z } from 'zod'
import type { DeployConfig, EnvironmentConfig, ServiceConfig, TargetConfig } from '../config/config.ts'
import type { Host } from '../hosts/host.ts'
import { environmentMismatch, environmentUnknown, environmentUntyped, handlerChanged } from './errors.ts'

/** An environment of the configuration, with where it is. */
export interface Environment extends EnvironmentConfig {
  readonly name: string
  readonly place: TargetConfig
}

/** The environment of that name, exactly: there is no default, and nothing is taken for another name of it. @throws ENVIRONMENT_UNKNOWN */
export function environmentOf(config: DeployConfig, env: string): Environment {
  const found = Object.hasOwn(config.environments, env) ? config.environments[env] : undefined
  const place = found && config.targets[found.target]
  if (found === undefined || place === undefined) throw environmentUnknown(env, Object.keys(config.environments))
  return { ...found, name: env, place }
}

/** Asks for the name of a protected environment, unless it came along. @throws ENVIRONMENT_NOT_CONFIRMED */
export async function confirmEnvironment(
  { name, protected: isProtected }: Environment,
  confirm: string | undefined,
  ctx: Context,
  does: string,
): Promise<void> {
  if (!isProtected) return
  const answer =
    confirm ??
    (await ctx.ask({
      text: `This will ${does} in "${name}", which is protected. Type its name to go on, or say it beforehand: --confirm ${name}`,
    }))
  if (answer !== name) throw environmentUntyped(name)
}

/** What a host says that it serves, in its root folder. */
const hostMark = z.object({ version: z.literal(1), stacks: z.record(z.string(), z.record(z.string(), z.object({ target: z.string() }))) })
export type HostMark = z.output<typeof hostMark>

const markOf = (root: string): string => `${root}/host.json`

export async function readMark(host: Host, root: string): Promise<HostMark> {
  const bytes = await host.readFile(markOf(root))
  if (bytes === undefined) return { version: 1, stacks: {} }
  let value: unknown
  try {
    value = JSON.parse(bytes.toString('utf8'))
  } catch {
    value = undefined
  }
  const checked = hostMark.safeParse(value)
  if (!checked.success) throw environmentMismatch('?', `${markOf(root)} on ${host.label} cannot be read`)
  return checked.data
}

/**
 * Holds the request against what the host says it serves: environments of this stack that the configuration puts elsewhere mean
 * that this is another machine than the configuration thinks. @throws ENVIRONMENT_MISMATCH
 */
export function assertSameHost(mark: HostMark, config: DeployConfig, { name, target }: Environment, host: Host): void {
  const own = mark.stacks[config.stack] ?? {}
  const known = own[name]
  if (known !== undefined && known.target !== target)
    throw environmentMismatch(name, `${host.label} serves it as the target "${known.target}", the configuration calls it "${target}"`)
  for (const [other, { target: itsTarget }] of Object.entries(own)) {
    const configured = config.environments[other]
    if (other !== name && (configured === undefined || configured.target !== target || itsTarget !== target))
      throw environmentMismatch(name, `${host.label} serves "${other}" of this stack, which the configuration does not put on "${target}"`)
  }
}

/** Enters an environment into the host's mark; true where it was not there. */
export async function markHost(host: Host, root: string, stack: string, { name, target }: Environment): Promise<boolean> {
  const mark = await readMark(host, root)
  if (mark.stacks[stack]?.[name]?.target === target) return false
  const stacks = { ...mark.stacks, [stack]: { ...mark.stacks[stack], [name]: { target } } }
  await host.writeFile(markOf(root), `${JSON.stringify({ version: 1, stacks }, null, 2)}\n`)
  return true
}

/** Takes an environment out of the host's mark. */
export async function unmarkHost(host: Host, root: string, stack: string, env: string): Promise<void> {
  const mark = await readMark(host, root)
  const { [env]: gone, ...others } = mark.stacks[stack] ?? {}
  if (gone === undefined) return
  const { [stack]: _, ...rest } = mark.stacks
  const stacks = Object.keys(others).length === 0 ? rest : { ...rest, [stack]: others }
  await host.writeFile(markOf(root), `${JSON.stringify({ version: 1, stacks }, null, 2)}\n`)
}

/** Variables by which programs are told their environment; NODE_ENV is no such, as staging too runs with "production". */
const NAMES_OF_ENVIRONMENT = ['APP_ENV', 'DEPLOY_ENV', 'ENVIRONMENT', 'ENV']

/** Refuses variables that say they are another environment's. @throws ENVIRONMENT_MISMATCH */
export function assertSameVariables(variables: Readonly<Record<string, string>>, config: DeployConfig, env: string, from: string): void {
  for (const key of NAMES_OF_ENVIRONMENT) {
    const told = variables[key]
    // Only a name of the configuration is told: any other value is the program's own affair, and may be a secret.
    if (told !== undefined && told !== env && Object.hasOwn(config.environments, told))
      throw environmentMismatch(env, `${key} in ${from} says "${told}"`)
  }
}

/** Refuses to touch a service that another handler started than the configuration names now. @throws HANDLER_CHANGED */
export function assertSameHandler(
  env: string,
  service: string,
  { handler }: Pick<ServiceConfig, 'handler'>,
  serving: { readonly handler: string } | undefined,
): void {
  if (serving !== undefined && serving.handler !== handler) throw handlerChanged(env, service, serving.handler, handler)
}
