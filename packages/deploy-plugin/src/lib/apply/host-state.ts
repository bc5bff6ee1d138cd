import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import { isSlot, type Ports, type Side } from '../handlers/slots.ts'
import type { Host } from '../hosts/host.ts'
import { stateDamaged } from './errors.ts'
import { type Paths, shortRelease } from './paths.ts'
import { hashOf } from './variables.ts'

const side = z.enum(['blue', 'green'])
const ports = z.custom<Ports>(
  (value) =>
    typeof value === 'object' && value !== null && Object.entries(value).every(([slot, port]) => isSlot(slot) && Number.isInteger(port)),
)

const keptRelease = z.object({
  release: z.string(),
  /** Fingerprint of all that it was given: of one image with other settings it is another release. */
  settings: z.string().default(''),
  reference: z.string(),
  version: z.string().optional(),
  tag: z.string().optional(),
  deployment: z.number(),
  atMs: z.number(),
  spec: z.record(z.string(), z.unknown()),
  /** Fingerprint of the spec, by the state's key. */
  specHash: z.string(),
  /** Fingerprints of the variables, by name. */
  variables: z.record(z.string(), z.string()),
  level: z.number().optional(),
  reversible: z.number().optional(),
  /** Backups that were taken just before it came, by the volume's name in the configuration. */
  backups: z.record(z.string(), z.string()).default({}),
})

const serviceState = z.object({
  handler: z.enum(['compose', 'process', 'systemd', 'static']),
  slot: side,
  release: z.string(),
  settings: z.string().default(''),
  replicas: z.number().default(1),
  /** As many as the configuration wanted when they came: whoever scales it decides until that changes. */
  configured: z.number().default(1),
  ports: ports.default({}),
  /** Newest first; what runs is among them. */
  kept: z.array(keptRelease),
})

const hostState = z.object({
  version: z.literal(1),
  stack: z.string(),
  env: z.string(),
  /** Fingerprints are made with it; it never leaves the host but to make some. */
  key: z.string(),
  services: z.record(z.string(), serviceState),
})

/** What an environment runs, as the host itself knows it: so that every workspace and machine that deploys there sees the same. */
export type HostState = z.output<typeof hostState>
export type ServiceState = z.output<typeof serviceState>
export type KeptOnHost = z.output<typeof keptRelease>

/** Undefined before the first deployment. @throws DEPLOY_STATE_DAMAGED */
export async function readState(host: Host, { state }: Paths): Promise<HostState | undefined> {
  const bytes = await host.readFile(state)
  if (bytes === undefined) return undefined
  let value: unknown
  try {
    value = JSON.parse(bytes.toString('utf8'))
  } catch {
    throw stateDamaged(state, host.label)
  }
  const checked = hostState.safeParse(value)
  if (!checked.success) throw stateDamaged(state, host.label)
  return checked.data
}

export const emptyState = (stack: string, env: string): HostState => ({
  version: 1,
  stack,
  env,
  key: randomBytes(24).toString('base64url'),
  services: {},
})

export async function writeState(host: Host, { state }: Paths, value: HostState): Promise<void> {
  await host.writeFile(state, `${JSON.stringify(value)}\n`, { mode: 0o600 })
}

/** A release and the settings it is given: what a return is made to. */
export interface Version {
  readonly release: string
  readonly settings: string
}
export const isSame = (one: Version, other: Version): boolean => one.release === other.release && one.settings === other.settings

export const keptOf = (state: HostState | undefined, service: string, version: Version): KeptOnHost | undefined =>
  state?.services[service]?.kept.find((one) => isSame(one, version))

/** A kept release as people name it: of one digest there may be several, each with other settings. */
export const labelOf = ({ release, version, deployment }: KeptOnHost): string =>
  `${shortRelease(release)} (${version === undefined ? '' : `${version}, `}deployment ${deployment})`

export interface Serving extends KeptOnHost {
  readonly slot: Side
  readonly replicas: number
}

/** What serves now, with all that is known of it. */
export function servingOf(state: HostState | undefined, service: string): Serving | undefined {
  const found = state?.services[service]
  const kept = found && keptOf(state, service, found)
  return found === undefined || kept === undefined ? undefined : { ...kept, slot: found.slot, replicas: found.replicas }
}

export const numbersOf = (own: Ports): number[] => Object.values(own).filter((port) => port !== undefined)

/** All ports that are taken by services of an environment, whether they run or not. */
export const portsOf = (state: HostState | undefined): Set<number> =>
  new Set(Object.values(state?.services ?? {}).flatMap(({ ports: own }) => numbersOf(own)))

/** The fingerprint of all that a release is given, by those of its spec and its variables. */
export const settingsOf = (specHash: string, variables: Readonly<Record<string, string>>, key: string): string =>
  hashOf(canonical({ specHash, variables }), key)

/** Values in one order of keys, so that equal ones have one fingerprint. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_, one: unknown) =>
    typeof one === 'object' && one !== null && !Array.isArray(one)
      ? Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1)))
      : one,
  )
}
