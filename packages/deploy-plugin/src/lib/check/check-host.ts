import { type Clock, isSwitchyardError, type PluginStore } from '@switchyard/plugin-kit'
import type { DeployConfig, TargetConfig } from '../config/config.ts'
import type { Host } from '../hosts/host.ts'
import type { Resource } from '../records/deployment.ts'
import { containerAt, type EngineLook, lookAtEngine, type SeenContainer } from './engine-look.ts'
import { type HostFacts, type Listening, readFacts } from './facts.ts'
import type { Finding } from './finding.ts'
import { type DiskForecast, forecastDisk, keepLook, looksAt } from './forecast.ts'
import { findHolders, type PortHolder } from './holders.ts'
import { judgeFacts, LIMITS, sizeOf } from './judge.ts'
import { lookAtNetwork, reasonOf } from './network-look.ts'
import type { WantedPort, Wants } from './wants.ts'

export interface HostCheck {
  readonly findings: readonly Finding[]
  readonly forecast: readonly DiskForecast[]
}

export interface HostCheckParts {
  readonly target: TargetConfig | undefined
  readonly wants: Wants
  /** Of which stack and environment what is there may be: it is replaced, and in nobody's way. */
  readonly place: { readonly stack: string; readonly env: string } | undefined
  /** What stands there because of earlier deployments, and is replaced too. */
  readonly resources: readonly Pick<Resource, 'kind' | 'name' | 'data'>[]
  /** Where something is to be found by a name. */
  readonly proxy: DeployConfig['proxy']
  readonly store: PluginStore
  readonly clock: Clock
  readonly signal: AbortSignal
}

const LOOK_TIMEOUT_MS = 15_000

/** Everything that is looked at on one machine. One that cannot be reached is a finding, not an error. */
export async function checkHost(host: Host, parts: HostCheckParts): Promise<HostCheck> {
  const { target, wants, store, clock, proxy } = parts
  const signal = AbortSignal.any([parts.signal, AbortSignal.timeout(LOOK_TIMEOUT_MS)])
  const paths = ['/', '/var/lib', ...(target === undefined ? [] : [target.root]), '/var/lib/docker', '/var/lib/containers']
  try {
    const [facts, engine, network] = await Promise.all([
      readFacts(host, [...new Set(paths)], { signal }),
      lookAtEngine(host, target?.engine, wants, { signal }),
      lookAtNetwork(host, wants, { proxy, nowMs: clock.now(), signal }),
    ])
    const ports = await judgePorts(host, parts, facts.listening, engine.containers, signal)
    keepQuietly(store, host.label, facts, clock.now())
    const forecast = forecastOf(store, host.label, facts, clock.now())
    return {
      findings: [
        ...judgeFacts(facts, { isLocal: host.kind === 'local' }),
        ...ordered(engine, ports, network),
        ...forecast.flatMap(judgeForecast),
        ...judgeReservations(wants.memory, facts.memory),
      ],
      forecast,
    }
  } catch (error) {
    parts.signal.throwIfAborted()
    if (!isUnreachable(error) && !signal.aborted) throw error
    const measured = signal.aborted ? `did not answer within ${LOOK_TIMEOUT_MS / 1_000} s` : reasonOf(error)
    return { findings: [{ check: 'host', group: 'Host', subject: host.label, level: 'fail', measured, wanted: 'reachable' }], forecast: [] }
  }
}

const isUnreachable = (error: unknown): boolean => isSwitchyardError(error, 'HOST_UNREACHABLE') || isSwitchyardError(error, 'HOST_TIMEOUT')

const ordered = ({ findings }: EngineLook, ports: readonly Finding[], network: readonly Finding[]): readonly Finding[] => [
  ...findings.filter(({ group }) => group === 'Engine'),
  ...ports,
  ...network,
  ...findings.filter(({ group }) => group === 'Images'),
]

/** On a disk that is full nothing can be kept, and that is what the check has to tell. */
function keepQuietly(store: PluginStore, host: string, facts: HostFacts, nowMs: number): void {
  try {
    keepLook(store, host, facts, nowMs)
  } catch {
    // The next look is as good.
  }
}

async function judgePorts(
  host: Host,
  { wants, resources, place }: Pick<HostCheckParts, 'wants' | 'resources' | 'place'>,
  listening: readonly Listening[],
  containers: readonly SeenContainer[],
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const inTheWay = (wanted: WantedPort): Listening | undefined =>
    listening.find(({ port, address }) => port === wanted.port && overlaps(address, wanted.address))
  const held = wants.ports.flatMap((wanted) => inTheWay(wanted) ?? [])
  const holders = await findHolders(host, held, { signal })
  return wants.ports.map((wanted) => {
    const at = inTheWay(wanted)
    const base = { check: 'port', group: 'Ports', subject: `${wanted.service}: ${portText(wanted)}`, wanted: 'free' } as const
    if (at === undefined) return { ...base, level: 'ok', measured: 'free' }
    const holder = holders.find(({ port, address }) => port === at.port && address === at.address)
    const container = containerAt(containers, wanted)
    const ours = isOurs(container, place, wanted.service) || resources.some((one) => isHolder(one, holder, container))
    const measured = `held by ${container === undefined ? processText(holder) : `container ${container.name}`}`
    if (ours) return { ...base, level: 'ok', measured: `${measured}, which is replaced` }
    return { ...base, level: 'fail', measured, ...adviceFor(holder, container) }
  })
}

const ANY = new Set(['0.0.0.0', '::'])
const overlaps = (held: string, wanted: string | undefined): boolean => wanted === undefined || ANY.has(held) || held === wanted

const portText = ({ address, port }: WantedPort): string => (address === undefined ? String(port) : `${address}:${port}`)

function processText(holder: PortHolder | undefined): string {
  const held = holder?.process
  if (held === undefined) return 'a process of another account'
  return `${held.program}, pid ${held.pid}${held.unit === undefined ? '' : `, ${held.unit}`}`
}

/** By the labels that every container of ours has, whoever deployed it from wherever. */
function isOurs(container: SeenContainer | undefined, place: HostCheckParts['place'], service: string): boolean {
  const { 'switchyard.stack': stack, 'switchyard.env': env, 'switchyard.service': own } = container?.labels ?? {}
  return place !== undefined && stack === place.stack && env === place.env && own === service
}

function isHolder(
  { kind, name, data }: Pick<Resource, 'kind' | 'name' | 'data'>,
  holder: PortHolder | undefined,
  container: SeenContainer | undefined,
): boolean {
  if (kind === 'container') return container?.name === name
  if (kind === 'unit') return holder?.process?.unit !== undefined && holder.process.unit === name
  return kind === 'process' && holder?.process !== undefined && data.pid === holder.process.pid
}

function adviceFor(holder: PortHolder | undefined, container: SeenContainer | undefined): { advice?: string } {
  if (container !== undefined) return { advice: `docker stop ${container.name}, or publish another port` }
  const { unit, pid } = holder?.process ?? {}
  if (unit !== undefined) return { advice: `systemctl stop ${unit}, or use another port` }
  return { advice: pid === undefined ? 'use another port' : `end process ${pid}, or use another port` }
}

function forecastOf(store: PluginStore, host: string, { disks }: HostFacts, nowMs: number): readonly DiskForecast[] {
  const mounts = new Map(disks.map((disk) => [disk.mount, disk]))
  return [...mounts.values()].flatMap(({ mount, usedKb, freeKb }) => {
    const limitKb = ((usedKb + freeKb) * LIMITS.diskPercent.fail) / 100
    return forecastDisk(mount, looksAt(store, host, mount, nowMs), limitKb) ?? []
  })
}

function judgeForecast({ mount, growthKbPerDay, fullInDays, looks, spanDays }: DiskForecast): Finding {
  const { warn, fail } = LIMITS.fullInDays
  const grows = `${sizeOf(Math.abs(growthKbPerDay))} a day ${growthKbPerDay < 0 ? 'less' : 'more'}`
  return {
    check: 'disk-growth',
    group: 'Capacity',
    subject: mount,
    // A forecast alone keeps nobody from deploying unless the disk is full the day after tomorrow.
    level: fullInDays === undefined ? 'ok' : fullInDays < fail ? 'fail' : fullInDays < warn ? 'warn' : 'ok',
    measured: `${grows}${fullInDays === undefined ? '' : `: at ${LIMITS.diskPercent.fail} % in ${fullInDays} days`}`,
    wanted: `lasts ${warn} days, never below ${fail}`,
    ...(fullInDays !== undefined && { value: fullInDays, unit: 'days' }),
    advice: `by ${looks} looks over ${spanDays} days`,
  }
}

function judgeReservations({ limitKb, reservedKb, unlimited }: Wants['memory'], memory: HostFacts['memory']): readonly Finding[] {
  if (memory === undefined || (limitKb === 0 && reservedKb === 0)) return []
  const { totalKb } = memory
  const percent = (kb: number): number => Math.round((100 * kb) / totalKb)
  const level = reservedKb > totalKb ? 'fail' : limitKb > totalKb ? 'warn' : 'ok'
  return [
    {
      check: 'memory-reserved',
      group: 'Capacity',
      subject: 'all services',
      level,
      measured: `${sizeOf(reservedKb)} set aside, ${sizeOf(limitKb)} at most (${percent(limitKb)} % of ${sizeOf(totalKb)})`,
      wanted: 'no more than the host has',
      value: percent(limitKb),
      unit: '%',
      ...(unlimited.length > 0 && { advice: `without a limit: ${unlimited.join(', ')}` }),
    },
  ]
}
