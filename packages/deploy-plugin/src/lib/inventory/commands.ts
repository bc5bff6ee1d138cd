import { type Context, command, isSwitchyardError } from '@switchyard/plugin-kit'
import { z } from 'zod'
import type { DeployConfig, TargetConfig } from '../config/config.ts'
import { projectField, projectRoot } from '../files/project.ts'
import { columns } from '../records/columns.ts'
import { createDeployments } from '../records/deployments.ts'
import { TARGET_EXAMPLES, TARGET_NOTE_EXAMPLES } from './examples.ts'
import type { InventoryHost, NetBox } from './netbox.ts'

const STATES = ['configured', 'same', 'moved', 'gone', 'new'] as const

const targetShape = z.object({
  name: z.string(),
  state: z
    .enum(STATES)
    .describe('configured: the inventory was not asked; moved: another address there; gone: not in it; new: only there, not configured'),
  kind: z.enum(['local', 'ssh']),
  address: z.string().optional(),
  inventoryAddress: z.string().optional(),
  envs: z.array(z.string()).describe('Environments that are on it'),
  role: z.string().optional(),
  site: z.string().optional(),
  platform: z.string().optional(),
  tags: z.array(z.string()),
})
type Target = z.output<typeof targetShape>

const targets = command({
  summary: 'List the targets that can be deployed to, from the configuration and from a NetBox inventory',
  description:
    'With `inventory`, NetBox is asked for devices and virtual machines (NETBOX_API_URL, NETBOX_API_TOKEN), and each target is held ' +
    'against it. New ones come with the entry for switchyard.deploy.json; user, key and host key are yours to fill in.',
  examples: TARGET_EXAMPLES,
  effect: 'read',
  rare: true,
  timeoutMs: 120_000,
  input: z.object({
    project: projectField,
    inventory: z.boolean().default(false).describe('Whether NetBox is asked'),
    status: z.string().default('active').describe('Of hosts in NetBox'),
    role: z.string().optional().describe("A role's slug in NetBox"),
    tag: z.string().optional().describe("A tag's slug in NetBox"),
    site: z.string().optional().describe("A site's slug in NetBox"),
  }),
  output: z.object({ targets: z.array(targetShape), entries: z.record(z.string(), z.unknown()), text: z.string() }),
  async run({ project, inventory, ...filter }, ctx) {
    const config = await configOf(projectRoot(ctx.workspace, project))
    const hosts = inventory ? await (await netBox(ctx)).hosts(filter) : undefined
    const found = [...configured(config, hosts), ...unknownHosts(config, hosts ?? [])]
    const entries = Object.fromEntries(found.filter(({ state }) => state === 'new').map((one) => [one.name, entryOf(one)]))
    return { targets: found, entries, text: targetsText(found, entries) }
  },
})

type Config = Pick<DeployConfig, 'targets' | 'environments'>

/** Without a configuration yet, the inventory alone has something to tell. */
async function configOf(root: string): Promise<Config> {
  const { readConfig } = await import('../config/read-config.ts')
  return readConfig(root).catch((error: unknown) => {
    if (isSwitchyardError(error, 'DEPLOY_CONFIG_MISSING')) return { targets: {}, environments: {} }
    throw error
  })
}

async function netBox({ signal }: Pick<Context, 'signal'>): Promise<NetBox> {
  const { netBoxSettings } = await import('./settings.ts')
  const { openNetBox } = await import('./netbox.ts')
  return openNetBox(await netBoxSettings(process.env), signal)
}

const isHostOf = (name: string, target: TargetConfig, host: InventoryHost): boolean =>
  targetName(host.name) === name ||
  host.name === name ||
  (target.kind === 'ssh' && (target.host === host.address || target.host === host.name))

function configured({ targets: all, environments }: Config, hosts: readonly InventoryHost[] | undefined): readonly Target[] {
  return Object.entries(all).map(([name, target]) => {
    const host = hosts?.find((one) => isHostOf(name, target, one))
    return {
      name,
      state: stateOf(target, hosts, host),
      kind: target.kind,
      ...(target.kind === 'ssh' && { address: target.host }),
      ...(host?.address !== undefined && { inventoryAddress: host.address }),
      envs: Object.entries(environments).flatMap(([env, { target: at }]) => (at === name ? [env] : [])),
      ...factsOf(host),
    }
  })
}

function stateOf(target: TargetConfig, hosts: readonly InventoryHost[] | undefined, host: InventoryHost | undefined): Target['state'] {
  if (hosts === undefined || target.kind === 'local') return 'configured'
  if (host === undefined) return 'gone'
  // A name leads wherever the DNS says; only an address can be another one.
  const isAddress = /^[\d.]+$|:/.test(target.host)
  return isAddress && host.address !== undefined && host.address !== target.host ? 'moved' : 'same'
}

function unknownHosts({ targets: all }: Config, hosts: readonly InventoryHost[]): readonly Target[] {
  return hosts
    .filter((host) => !Object.entries(all).some(([name, target]) => isHostOf(name, target, host)))
    .map((host) => ({
      name: targetName(host.name),
      state: 'new' as const,
      kind: 'ssh' as const,
      ...(host.address !== undefined && { inventoryAddress: host.address }),
      envs: [],
      ...factsOf(host),
    }))
}

const factsOf = (host: InventoryHost | undefined): Pick<Target, 'role' | 'site' | 'platform' | 'tags'> => ({
  ...(host?.role !== undefined && { role: host.role }),
  ...(host?.site !== undefined && { site: host.site }),
  ...(host?.platform !== undefined && { platform: host.platform }),
  tags: [...(host?.tags ?? [])],
})

/** A host's name as a target may be called. */
export const targetName = (name: string): string =>
  name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+|-+$/g, '')
    .slice(0, 40) || 'host'

/** What is to be entered, with what only its owner knows left open. */
const entryOf = ({ name, inventoryAddress }: Target): unknown => ({
  kind: 'ssh',
  host: inventoryAddress ?? name,
  user: '<user>',
  key: '~/.ssh/id_ed25519',
  hostKey: `<ssh-keyscan -t ed25519 ${inventoryAddress ?? name} | ssh-keygen -lf ->`,
})

function targetsText(found: readonly Target[], entries: Readonly<Record<string, unknown>>): string {
  if (found.length === 0) return 'No targets. Make a configuration with: switchyard deploy setup'
  const rows = found.map(({ name, kind, address, inventoryAddress, state, envs }) => [
    name,
    kind,
    state === 'moved' ? `${address} (NetBox: ${inventoryAddress})` : (address ?? inventoryAddress ?? '-'),
    state,
    envs.join(', ') || '-',
  ])
  const names = Object.keys(entries)
  return [
    ...columns([['TARGET', 'KIND', 'ADDRESS', 'STATE', 'ENVIRONMENTS'], ...rows]),
    ...(names.length === 0 ? [] : ['', 'For "targets" of switchyard.deploy.json:', JSON.stringify(entries, null, 2)]),
  ].join('\n')
}

const note = command({
  summary: 'Write a deployment into the journal of its host in NetBox, with the ports of its service',
  examples: TARGET_NOTE_EXAMPLES,
  effect: 'write',
  rare: true,
  timeoutMs: 120_000,
  input: z.object({ project: projectField, id: z.int().min(1).describe('The deployment') }),
  output: z.object({ host: z.string(), journal: z.string(), text: z.string() }),
  plan({ id }, ctx) {
    const journal = journalOf(ctx, id)
    return {
      summary: `Write deployment ${id} into NetBox`,
      steps: [{ does: 'send', target: `NetBox: ${createDeployments(ctx).get(id).target}`, detail: journal }],
      warnings: ['journal entries of NetBox are not taken back'],
    }
  },
  async run({ project, id }, ctx) {
    const deployment = createDeployments(ctx).get(id)
    const config = await configOf(projectRoot(ctx.workspace, project))
    const target = config.targets[deployment.target]
    const inventory = await netBox(ctx)
    const host = (await inventory.hosts({ status: 'active' })).find(
      (one) => target !== undefined && isHostOf(deployment.target, target, one),
    )
    if (host === undefined) {
      const { inventoryRefused } = await import('./errors.ts')
      throw inventoryRefused(404, `it has no active host that is the target "${deployment.target}"`)
    }
    const journal = journalOf(ctx, id)
    await inventory.note(host, journal)
    const { port } = (config as DeployConfig).services?.[deployment.service] ?? {}
    if (port !== undefined) await inventory.service(host, { name: `${deployment.stack}-${deployment.service}`, ports: [port] })
    return { host: host.name, journal, text: `Written to ${host.name}: ${journal}` }
  },
})

function journalOf(ctx: Pick<Context, 'store' | 'clock'>, id: number): string {
  const { stack, service, env, version, tag, toRelease, who, why, state } = createDeployments(ctx).get(id)
  const what = version ?? tag ?? toRelease ?? 'unknown release'
  return `${stack}/${service} ${what} in ${env}: ${state}, by ${who} (${why}); deployment ${id}`
}

export const inventoryCommands = { targets, 'targets.note': note }
