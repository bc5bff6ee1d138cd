import { isSwitchyardError } from '@switchyard/plugin-kit'
import { findSocket } from '../engine/engine.ts'
import { loginFiles, registryAuth } from '../engine/registry-auth.ts'
import type { Host } from '../hosts/host.ts'
import { httpOver } from '../hosts/http.ts'
import type { Finding } from './finding.ts'
import type { PortHolder } from './holders.ts'
import { sizeOf } from './judge.ts'
import { reasonOf } from './network-look.ts'
import type { Wants } from './wants.ts'

/** A container that the engine runs, as far as ports are concerned. */
export interface SeenContainer {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly ports: readonly number[]
}

export interface EngineLook {
  readonly findings: readonly Finding[]
  readonly containers: readonly SeenContainer[]
  /** Where its images and volumes are. */
  readonly root: string | undefined
}

const ASK_MS = 15_000

interface Answer {
  readonly status: number
  readonly body: unknown
}
type Tree = Readonly<Record<string, unknown>>
const treeOf = (value: unknown): Tree => (typeof value === 'object' && value !== null ? (value as Tree) : {})
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

/** Whether the engine runs, and whether what the services want of it is there. */
export async function lookAtEngine(
  host: Host,
  socket: string | undefined,
  wants: Pick<Wants, 'images' | 'networks' | 'needsEngine'>,
  { signal }: { readonly signal: AbortSignal },
): Promise<EngineLook> {
  const none = { containers: [], root: undefined }
  const found = socket ?? (await usualSocket(host))
  if (found === undefined) return { findings: wants.needsEngine ? [engineMissing('no socket is where one usually is')] : [], ...none }
  const ask = async (path: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> => {
    const { status, text } = await httpOver(() => host.connectSocket(found), { path, headers, timeoutMs: ASK_MS, signal })
    return { status, body: jsonOf(text) }
  }
  try {
    const [version, info, networks, containers, ...images] = await Promise.all([
      ask('/version'),
      ask('/info'),
      wants.networks.length === 0 ? undefined : ask('/networks'),
      ask('/containers/json'),
      ...wants.images.map(({ image }) => ask(`/images/${encodeURI(image)}/json`)),
    ])
    const arch = textOf(treeOf(version.body).Arch)
    return {
      findings: [
        engineRuns(treeOf(version.body), treeOf(info.body)),
        ...(networks === undefined ? [] : judgeNetworks(wants.networks, networks.body)),
        ...(await Promise.all(
          wants.images.map((wanted, index) =>
            judgeImage(wanted, images[index]!, arch, async () =>
              ask(`/distribution/${encodeURI(wanted.image)}/json`, await loginHeader(wanted.image)),
            ),
          ),
        )),
      ],
      containers: containersOf(containers.body),
      root: textOf(treeOf(info.body).DockerRootDir) || undefined,
    }
  } catch (error) {
    // Whose time is over says so itself.
    if (signal.aborted && !isTimeout(signal.reason)) throw error
    return { findings: wants.needsEngine ? [engineMissing(messageOf(error, found))] : [], ...none }
  }
}

/** As the person who asks may pull it. */
async function loginHeader(image: string): Promise<Readonly<Record<string, string>>> {
  const auth = await registryAuth(image, loginFiles(process.env))
  return auth === undefined ? {} : { 'x-registry-auth': Buffer.from(JSON.stringify(auth)).toString('base64url') }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

const isTimeout = (reason: unknown): boolean => reason instanceof Error && reason.name === 'TimeoutError'

async function usualSocket(host: Host): Promise<string | undefined> {
  try {
    return await findSocket(host)
  } catch (error) {
    if (isSwitchyardError(error, 'ENGINE_MISSING')) return undefined
    throw error
  }
}

function messageOf(error: unknown, socket: string): string {
  const reason = isTimeout(error) ? 'it did not answer in time' : reasonOf(error)
  return `${socket}: ${/EACCES/.test(reason) ? 'this account may not use it' : reason}`
}

const engineMissing = (why: string): Finding => ({
  check: 'engine',
  group: 'Engine',
  subject: 'container engine',
  level: 'fail',
  measured: `not running: ${why}`,
  wanted: 'running',
  advice: 'start Docker or Podman, or name its socket as "engine" of the target',
})

function engineRuns(version: Tree, info: Tree): Finding {
  const api = textOf(version.ApiVersion)
  const old = Number(api.split('.')[1] ?? 0) < 40 && api.startsWith('1.')
  const name = /podman/i.test(JSON.stringify(version.Components ?? '')) ? 'Podman' : 'Docker'
  return {
    check: 'engine',
    group: 'Engine',
    subject: name,
    level: old || version.Version === undefined ? 'fail' : 'ok',
    measured: `${textOf(version.Version) || 'unknown version'}, API ${api || 'unknown'}, ${textOf(version.Arch)}, ${String(info.Containers ?? '?')} containers`,
    wanted: 'API 1.40 or later',
  }
}

function judgeNetworks(wanted: readonly string[], body: unknown): readonly Finding[] {
  const names = new Set((Array.isArray(body) ? body : []).map((one) => textOf(treeOf(one).Name)))
  return wanted.map((name) => ({
    check: 'network',
    group: 'Engine',
    subject: name,
    level: names.has(name) ? 'ok' : 'fail',
    measured: names.has(name) ? 'exists' : 'there is none',
    wanted: 'exists, as the stack does not make it',
    ...(!names.has(name) && { advice: `docker network create ${name}` }),
  }))
}

async function judgeImage(
  { service, image, isBuilt }: Wants['images'][number],
  { status, body }: Answer,
  engineArch: string,
  askRegistry: () => Promise<Answer>,
): Promise<Finding> {
  const base = { check: 'image', group: 'Images', subject: `${service}: ${image}` } as const
  if (status === 200) {
    const { Architecture: arch, Size: size } = treeOf(body)
    const fits = arch === undefined || engineArch === '' || arch === engineArch
    return {
      ...base,
      level: fits ? 'ok' : 'fail',
      measured: `on the host, ${textOf(arch) || 'unknown architecture'}, ${sizeOf(Number(size ?? 0) / 1_024)}`,
      wanted: engineArch,
    }
  }
  if (isBuilt) return { ...base, level: 'ok', measured: 'is built when it is deployed' }
  const answer = await askRegistry().catch(() => undefined)
  const platforms = treeOf(answer?.body).Platforms
  if (answer?.status === 200 && Array.isArray(platforms)) {
    const archs = platforms.map((one) => textOf(treeOf(one).architecture))
    const fits = archs.length === 0 || engineArch === '' || archs.includes(engineArch)
    return {
      ...base,
      level: fits ? 'ok' : 'fail',
      measured: `in its registry for ${archs.join(', ') || 'any architecture'}`,
      wanted: engineArch,
    }
  }
  return {
    ...base,
    level: 'fail',
    measured: 'not on the host, and its registry does not tell of it',
    wanted: `on the host or in its registry, for ${engineArch || 'the host'}`,
    advice: `docker pull ${image}`,
  }
}

function containersOf(body: unknown): readonly SeenContainer[] {
  return (Array.isArray(body) ? body : []).map(treeOf).map(({ Names: names, Labels: labels, Ports: ports }) => ({
    name: textOf(Array.isArray(names) ? names[0] : '').replace(/^\//, ''),
    labels: treeOf(labels) as Readonly<Record<string, string>>,
    ports: (Array.isArray(ports) ? ports : []).map((port) => Number(treeOf(port).PublicPort ?? 0)).filter((port) => port > 0),
  }))
}

/** The container that publishes a port; the process that listens is the engine's own. */
export const containerAt = (containers: readonly SeenContainer[], { port }: Pick<PortHolder, 'port'>): SeenContainer | undefined =>
  containers.find(({ ports }) => ports.includes(port))
