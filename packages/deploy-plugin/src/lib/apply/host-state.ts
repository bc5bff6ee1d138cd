import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import type { Host } from '../hosts/host.ts'
import { stateDamaged } from './errors.ts'
import type { Paths } from './paths.ts'

const slot = z.enum(['blue', 'green'])

const keptRelease = z.object({
  release: z.string(),
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
  slot,
  release: z.string(),
  ports: z.partialRecord(slot, z.number()).default({}),
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

/** What serves now, with all that is known of it. */
export function servingOf(state: HostState | undefined, service: string): (KeptOnHost & { slot: ServiceState['slot'] }) | undefined {
  const found = state?.services[service]
  const kept = found?.kept.find(({ release }) => release === found.release)
  return found === undefined || kept === undefined ? undefined : { ...kept, slot: found.slot }
}
