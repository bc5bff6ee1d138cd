import type Docker from 'dockerode'
import { folderOf } from '../../apply/paths.ts'
import type { Variables } from '../../apply/variables.ts'
import type { ServiceConfig } from '../../config/config.ts'
import { asked, askedFor, reasonOf, statusOf } from '../../engine/engine.ts'
import { imageMissing } from '../../engine/errors.ts'
import type { Handler, Instance, Slot, Spec, Work } from '../handler.ts'
import { type ContainerSpec, containerSpec, type SpecNetwork } from './container-spec.ts'
import { imageChanged } from './errors.ts'
import { readCompose } from './read-compose.ts'

type ComposeConfig = Extract<ServiceConfig, { handler: 'compose' }>

const configOf = ({ config }: Work): ComposeConfig => config as ComposeConfig
const prefixOf = ({ stack, env }: Work): string => `${stack}-${env}`
const nameOf = (work: Work, slot: Slot): string => `${prefixOf(work)}-${work.service}-${slot}`
/** The network that is one with another, but for who can be found in it: only what serves. */
const liveOf = ({ name }: SpecNetwork): string => `${name}-live`
/** A tag of our own, so that a release is not taken for garbage. */
const pinOf = (work: Work, release: string): { repo: string; tag: string } => ({
  repo: `localhost/switchyard/${prefixOf(work)}-${work.service}`,
  tag: folderOf(release),
})
const labelsOf = (work: Work): Record<string, string> => ({
  'switchyard.stack': work.stack,
  'switchyard.env': work.env,
  'switchyard.service': work.service,
})

interface ComposeSpec {
  readonly container: ContainerSpec
  /** Where it listens inside. */
  readonly port?: number | undefined
}
const specOf = (spec: Spec): ComposeSpec => spec as unknown as ComposeSpec

/** Containers, on any engine that speaks Docker's API. */
export const composeHandler: Handler = {
  async desired(work) {
    const config = configOf(work)
    const name = config.service ?? work.service
    const compose = await readCompose(work.project, config.file, name, work.variables)
    const container = containerSpec(compose, { project: work.project, prefix: prefixOf(work), name, image: config.image })
    const warnings: string[] = []
    const ownPort = config.port !== undefined && container.fixedPorts.includes(config.port)
    const proxied = config.hostname !== undefined
    const spec: ComposeSpec = { container: ownPort && proxied ? withoutPort(container, config.port) : container, port: config.port }
    if (ownPort && proxied) warnings.push(`"${work.service}": its published port ${config.port} is left out, as the proxy leads to it`)
    const bound = container.host.Mounts?.filter(({ Type, Source }) => Type === 'bind' && Source.startsWith(work.project)) ?? []
    if (work.host.kind === 'ssh' && bound.length > 0)
      warnings.push(`"${work.service}": ${bound.map(({ Source }) => Source).join(', ')} must be on the host: nothing copies it`)
    const writable = container.host.Mounts?.some(({ Type, ReadOnly }) => Type === 'volume' && ReadOnly !== true) === true
    const fixed = spec.container.fixedPorts.length > 0
    const because = fixed ? 'its ports are fixed' : writable ? 'its data may have one user at a time' : undefined
    const image = await localImage(work, container)
    return {
      release: image?.Id,
      reference: container.image,
      spec: spec as unknown as Spec,
      strategy: config.strategy ?? (because === undefined ? 'beside' : 'replace'),
      ...(because !== undefined && { because }),
      volumes: Object.fromEntries(container.volumes.map(({ key, name: volume }) => [key, volume])),
      warnings,
      fetch: image !== undefined ? 'none' : container.build === undefined ? 'pull' : 'build',
    }
  },

  async variables(work, own) {
    const config = configOf(work)
    const { environment } = await readCompose(work.project, config.file, config.service ?? work.service, work.variables)
    return { ...environment, ...own }
  },

  async fetch(work, desired, onNote) {
    const engine = await work.engine()
    const { container } = specOf(desired.spec)
    if (desired.fetch === 'build' && container.build !== undefined) await build(engine, container, work, onNote)
    if (desired.fetch === 'pull') await pull(engine, container.image, work, onNote)
    const image = await askedFor(`look at the image ${container.image}`, () =>
      engine.getImage(desired.release ?? container.image).inspect(),
    )
    if (image === undefined) throw imageMissing(container.image, 'it is not on the host')
    if (desired.release !== undefined && image.Id !== desired.release) throw imageChanged(container.image, desired.release, image.Id)
    await asked(`tag ${container.image}`, () => engine.getImage(image.Id).tag(pinOf(work, image.Id)))
    return image.Id
  },

  async start(work, { slot, release, spec, port }) {
    const engine = await work.engine()
    const { container, port: inside } = specOf(spec)
    await makeAround(engine, work, container)
    await remove(engine, nameOf(work, slot))
    const name = nameOf(work, slot)
    const [first, ...others] = container.networks
    const published =
      inside === undefined || port === undefined ? {} : { [`${inside}/tcp`]: [{ HostIp: '127.0.0.1', HostPort: String(port) }] }
    const created = await asked(`make the container ${name}`, () =>
      engine.createContainer({
        ...container.create,
        name,
        Image: release,
        Env: Object.entries(work.variables).map(([key, value]) => `${key}=${value}`),
        Labels: { ...container.create.Labels, ...labelsOf(work), 'switchyard.slot': slot, 'switchyard.release': release },
        ExposedPorts: { ...container.create.ExposedPorts, ...Object.fromEntries(Object.keys(published).map((key) => [key, {}])) },
        HostConfig: {
          ...container.host,
          PortBindings: { ...container.host.PortBindings, ...published },
          ...(first !== undefined && { NetworkMode: first.name }),
        },
        ...(first !== undefined && { NetworkingConfig: { EndpointsConfig: { [first.name]: { Aliases: [name] } } } }),
      }),
    )
    for (const network of others)
      await asked(`connect ${name} to ${network.name}`, () =>
        engine.getNetwork(network.name).connect({ Container: created.id, EndpointConfig: { Aliases: [name] } }),
      )
    await asked(`start the container ${name}`, () => created.start())
  },

  async stop(work, slot) {
    await remove(await work.engine(), nameOf(work, slot))
  },

  async halt(work, slot) {
    await end(await work.engine(), nameOf(work, slot))
  },

  async revive(work, slot) {
    const name = nameOf(work, slot)
    const container = (await work.engine()).getContainer(name)
    const found = await asked(`look at ${name}`, () => container.inspect())
    if (!found.State.Running) await asked(`start the container ${name}`, () => container.start())
  },

  async status(work, slot) {
    const engine = await work.engine()
    const found = await askedFor(`look at ${nameOf(work, slot)}`, () => engine.getContainer(nameOf(work, slot)).inspect())
    if (found === undefined) return { state: 'missing', restarts: 0, ports: [] }
    const { Running: running, Restarting: restarting, ExitCode: exit, OOMKilled: starved, Error: error, Health: health } = found.State
    const ports = Object.entries(found.NetworkSettings.Ports ?? {}).flatMap(([inside, bound]) =>
      (bound ?? []).map(({ HostIp, HostPort }) => `${HostIp || '0.0.0.0'}:${HostPort} -> ${inside}`),
    )
    const ended = running ? undefined : `exit ${exit}${starved ? ', out of memory' : ''}${error ? `, ${error}` : ''}`
    return {
      state: restarting ? 'starting' : running ? (health?.Status === 'unhealthy' ? 'starting' : 'running') : 'stopped',
      restarts: found.RestartCount ?? 0,
      ...(ended !== undefined && { ended }),
      ports,
      ...(found.Config.Labels['switchyard.release'] !== undefined && { release: found.Config.Labels['switchyard.release'] }),
    }
  },

  async logs(work, slot, lines) {
    const engine = await work.engine()
    const raw = await askedFor(`read the log of ${nameOf(work, slot)}`, () =>
      engine.getContainer(nameOf(work, slot)).logs({ stdout: true, stderr: true, timestamps: false, tail: lines, follow: false }),
    )
    return raw === undefined ? [] : linesOf(raw)
  },

  async announce(work, slot, spec) {
    const engine = await work.engine()
    const { container } = specOf(spec)
    const names = { [slot]: true, [slot === 'blue' ? 'green' : 'blue']: false }
    for (const network of container.networks) {
      if (network.external) continue
      for (const [one, serves] of Object.entries(names) as [Slot, boolean][]) {
        const name = nameOf(work, one)
        const found = await askedFor(`look at ${name}`, () => engine.getContainer(name).inspect())
        if (found === undefined) continue
        const isIn = found.NetworkSettings.Networks[liveOf(network)] !== undefined
        const live = engine.getNetwork(liveOf(network))
        if (serves && !isIn)
          await asked(`let others find ${name}`, () =>
            live.connect({ Container: name, EndpointConfig: { Aliases: [configOf(work).service ?? work.service, ...network.aliases] } }),
          )
        // It stays in the other network: what it asks others for goes on until it ends.
        if (!serves && isIn) await asked(`let nobody find ${name}`, () => live.disconnect({ Container: name }))
      }
    }
  },

  async exec(work, { slot, release, spec }, argv, timeoutMs) {
    const engine = await work.engine()
    const running = await askedFor(`look at ${nameOf(work, slot)}`, () => engine.getContainer(nameOf(work, slot)).inspect())
    if (running?.State.Running === true && running.Config.Labels['switchyard.release'] === release)
      return execInside(engine, nameOf(work, slot), argv, timeoutMs)
    return runOnce(engine, work, { release, spec }, argv, timeoutMs)
  },

  async has(work, release) {
    const engine = await work.engine()
    return (await askedFor(`look at ${release}`, () => engine.getImage(release).inspect())) !== undefined
  },

  async forget(work, release) {
    const engine = await work.engine()
    const { repo, tag } = pinOf(work, release)
    // Only our own name of it: what else names the image keeps it.
    await askedFor(`remove ${repo}:${tag}`, () => engine.getImage(`${repo}:${tag}`).remove())
  },
}

/** The variables of the container in a slot, its image's among them; undefined where there is none. */
export async function givenVariables(work: Work, slot: Slot): Promise<Variables | undefined> {
  const engine = await work.engine()
  const found = await askedFor(`look at ${nameOf(work, slot)}`, () => engine.getContainer(nameOf(work, slot)).inspect())
  if (found === undefined) return undefined
  return Object.fromEntries(found.Config.Env.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]))
}

function withoutPort(container: ContainerSpec, port: number | undefined): ContainerSpec {
  const { [`${port}/tcp`]: _, ...PortBindings } = (container.host.PortBindings ?? {}) as Record<string, unknown>
  return { ...container, host: { ...container.host, PortBindings }, fixedPorts: container.fixedPorts.filter((one) => one !== port) }
}

/** What is built has no release before it is built; what is pulled has one where it is on the host already. */
async function localImage(work: Work, { image, build }: ContainerSpec): Promise<{ Id: string } | undefined> {
  if (build !== undefined) return undefined
  const engine = await work.engine()
  return askedFor(`look at the image ${image}`, () => engine.getImage(image).inspect())
}

async function pull(engine: Docker, image: string, work: Work, onNote: (message: string) => void): Promise<void> {
  let stream: NodeJS.ReadableStream
  try {
    stream = await engine.pull(image, { abortSignal: work.signal })
  } catch (error) {
    throw imageMissing(image, reasonOf(error))
  }
  await followed(engine, stream, onNote, (why) => imageMissing(image, why))
}

async function build(engine: Docker, { image, build: asks }: ContainerSpec, work: Work, onNote: (message: string) => void): Promise<void> {
  if (asks === undefined) return
  const { pack } = await import('./pack.ts')
  const stream = await asked(`build ${image}`, () =>
    engine.buildImage(pack(asks.context), { ...asks.options, t: image, abortSignal: work.signal, rm: true }),
  )
  await followed(engine, stream, onNote, (why) => imageMissing(image, `it could not be built: ${why}`))
}

/** An engine tells of a failure in the middle of its answer. */
function followed(
  engine: Docker,
  stream: NodeJS.ReadableStream,
  onNote: (message: string) => void,
  failed: (why: string) => Error,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  engine.modem.followProgress(
    stream,
    (error, all: readonly { error?: string }[] | undefined) => {
      const told = all?.find((line) => line.error !== undefined)?.error
      if (error || told !== undefined) reject(failed(told ?? reasonOf(error)))
      else resolve()
    },
    ({ status, stream: line }: { status?: string; stream?: string }) => {
      const told = (status ?? line ?? '').trim()
      if (told !== '') onNote(told.slice(0, 200))
    },
  )
  return promise
}

/** Networks and volumes that a container needs; those of others must be there. */
async function makeAround(engine: Docker, work: Work, { networks, volumes }: ContainerSpec): Promise<void> {
  for (const network of networks) {
    if (network.external) continue
    for (const name of [network.name, liveOf(network)]) {
      if ((await askedFor(`look at the network ${name}`, () => engine.getNetwork(name).inspect())) !== undefined) continue
      await asked(`make the network ${name}`, () =>
        engine.createNetwork({
          Name: name,
          Driver: 'bridge',
          Internal: network.internal,
          Labels: { 'switchyard.stack': work.stack, 'switchyard.env': work.env },
        }),
      )
    }
  }
  for (const { name, external } of volumes) {
    if ((await askedFor(`look at the volume ${name}`, () => engine.getVolume(name).inspect())) !== undefined || external) continue
    await asked(`make the volume ${name}`, () =>
      engine.createVolume({ Name: name, Labels: { 'switchyard.stack': work.stack, 'switchyard.env': work.env } }),
    )
  }
}

async function remove(engine: Docker, name: string): Promise<void> {
  if (await end(engine, name)) await askedFor(`remove ${name}`, () => engine.getContainer(name).remove({ force: true }))
}

/** False where there is no such container. */
async function end(engine: Docker, name: string): Promise<boolean> {
  const container = engine.getContainer(name)
  const found = await askedFor(`look at ${name}`, () => container.inspect())
  if (found === undefined) return false
  if (found.State.Running || found.State.Restarting) {
    try {
      await container.stop()
    } catch (error) {
      // 304: it had ended by itself. What cannot be stopped is removed by force.
      if (statusOf(error) !== 304 && statusOf(error) !== 404) await askedFor(`end ${name}`, () => container.kill())
    }
  }
  return true
}

async function execInside(
  engine: Docker,
  name: string,
  argv: readonly string[],
  timeoutMs: number,
): Promise<{ exit: number; told: string }> {
  const exec = await asked(`run ${argv[0]} in ${name}`, () =>
    engine.getContainer(name).exec({ Cmd: [...argv], AttachStdout: true, AttachStderr: true }),
  )
  const stream = await asked(`run ${argv[0]} in ${name}`, () => exec.start({}))
  const raw = await collected(stream, timeoutMs)
  if (raw === undefined) return { exit: -1, told: `no end within ${timeoutMs} ms` }
  const { ExitCode: exit } = await asked(`look at ${argv[0]} in ${name}`, () => exec.inspect())
  return { exit: exit ?? -1, told: linesOf(raw).join('\n') }
}

/** A program in a container of its own, with the release's image, variables, networks and volumes. */
async function runOnce(
  engine: Docker,
  work: Work,
  { release, spec }: Pick<Instance, 'release' | 'spec'>,
  argv: readonly string[],
  timeoutMs: number,
): Promise<{ exit: number; told: string }> {
  const { container } = specOf(spec)
  const name = `${prefixOf(work)}-${work.service}-once`
  await makeAround(engine, work, container)
  await remove(engine, name)
  const [first, ...others] = container.networks
  const { PortBindings: _, RestartPolicy: __, ...host } = container.host
  const created = await asked(`make the container ${name}`, () =>
    engine.createContainer({
      ...container.create,
      name,
      Image: release,
      Cmd: [...argv],
      Env: Object.entries(work.variables).map(([key, value]) => `${key}=${value}`),
      Labels: { ...labelsOf(work), 'switchyard.once': 'yes' },
      HostConfig: { ...host, ...(first !== undefined && { NetworkMode: first.name }) },
    }),
  )
  try {
    // In the live networks it finds others; nobody looks for it there.
    for (const network of [...others.map((one) => one.name), ...container.networks.filter(({ external }) => !external).map(liveOf)])
      await asked(`connect ${name} to ${network}`, () => engine.getNetwork(network).connect({ Container: created.id }))
    await asked(`start the container ${name}`, () => created.start())
    const timer = setTimeout(() => void created.kill().catch(() => {}), timeoutMs)
    const { StatusCode: exit } = (await asked(`wait for ${name}`, () => created.wait())) as { StatusCode: number }
    clearTimeout(timer)
    const raw = await asked(`read the log of ${name}`, () => created.logs({ stdout: true, stderr: true, follow: false, tail: 50 }))
    return { exit, told: linesOf(raw).join('\n') }
  } finally {
    await remove(engine, name)
  }
}

const MAX_TOLD_BYTES = 256 * 1024

function collected(stream: NodeJS.ReadableStream, timeoutMs: number): Promise<Buffer | undefined> {
  const { promise, resolve } = Promise.withResolvers<Buffer | undefined>()
  const chunks: Buffer[] = []
  let bytes = 0
  const timer = setTimeout(() => resolve(undefined), timeoutMs)
  const end = (): void => {
    clearTimeout(timer)
    resolve(Buffer.concat(chunks))
  }
  stream.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes <= MAX_TOLD_BYTES) chunks.push(chunk)
  })
  stream.on('end', end)
  stream.on('close', end)
  stream.on('error', end)
  return promise
}

/** The lines of a log, without the eight bytes by which engines keep stdout and stderr apart. */
function linesOf(raw: Buffer): string[] {
  const parts: Buffer[] = []
  let at = 0
  while (at + 8 <= raw.length && (raw[at] ?? 9) <= 2 && raw[at + 1] === 0 && raw[at + 2] === 0 && raw[at + 3] === 0) {
    const length = raw.readUInt32BE(at + 4)
    parts.push(raw.subarray(at + 8, at + 8 + length))
    at += 8 + length
  }
  const text = (parts.length > 0 ? Buffer.concat(parts) : raw).toString('utf8')
  return text.split(/\r?\n/).filter((line) => line !== '')
}
