import type { ServiceConfig } from '../../config/config.ts'
import { asked, askedFor } from '../../engine/engine.ts'
import { imageMissing } from '../../engine/errors.ts'
import { containersOf } from '../../engine/labelled.ts'
import type { Handler, Spec, Work } from '../handler.ts'
import { isSlot } from '../slots.ts'
import { doorsOfOthers, end, makeAround, openDoors, remove } from './around.ts'
import { type ContainerSpec, containerSpec } from './container-spec.ts'
import { imageChanged } from './errors.ts'
import { fence } from './fence.ts'
import { build, localImage, pull } from './images.ts'
import { linesOf } from './lines.ts'
import { type ComposeSpec, labelsOf, nameOf, pinOf, prefixOf, specOf } from './names.ts'
import { readCompose } from './read-compose.ts'
import { execInside, runOnce } from './run-inside.ts'

type ComposeConfig = Extract<ServiceConfig, { handler: 'compose' }>

const configOf = ({ config }: Work): ComposeConfig => config as ComposeConfig

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
    for (const network of [...others.map((one) => one.name), ...(await doorsOfOthers(engine, work, container))])
      await asked(`connect ${name} to ${network}`, () =>
        engine.getNetwork(network).connect({ Container: created.id, EndpointConfig: { Aliases: [name] } }),
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
    const address = Object.values(found.NetworkSettings.Networks)[0]?.IPAddress
    const ended = running ? undefined : `exit ${exit}${starved ? ', out of memory' : ''}${error ? `, ${error}` : ''}`
    return {
      state: restarting ? 'starting' : running ? (health?.Status === 'unhealthy' ? 'starting' : 'running') : 'stopped',
      restarts: found.RestartCount ?? 0,
      ...(ended !== undefined && { ended }),
      ports,
      ...(found.Config.Labels['switchyard.release'] !== undefined && { release: found.Config.Labels['switchyard.release'] }),
      ...(address !== undefined && address !== '' && { address }),
    }
  },

  async logs(work, slot, lines) {
    const engine = await work.engine()
    const raw = await askedFor(`read the log of ${nameOf(work, slot)}`, () =>
      engine.getContainer(nameOf(work, slot)).logs({ stdout: true, stderr: true, timestamps: false, tail: lines, follow: false }),
    )
    return raw === undefined ? [] : linesOf(raw)
  },

  async slots(work) {
    const found = await containersOf(await work.engine(), labelsOf(work))
    return found.map(({ Labels }) => Labels['switchyard.slot'] ?? '').filter(isSlot)
  },

  // What served before is found until it ends: to take it out of a network would cut off what it is asked.
  async announce(work, slots, spec) {
    await openDoors(await work.engine(), work, specOf(spec).container, { slots, alias: configOf(work).service ?? work.service })
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

  fence: (work, spec) => fence(work, specOf(spec)),
}

function withoutPort(container: ContainerSpec, port: number | undefined): ContainerSpec {
  const { [`${port}/tcp`]: _, ...PortBindings } = (container.host.PortBindings ?? {}) as Record<string, unknown>
  return { ...container, host: { ...container.host, PortBindings }, fixedPorts: container.fixedPorts.filter((one) => one !== port) }
}
