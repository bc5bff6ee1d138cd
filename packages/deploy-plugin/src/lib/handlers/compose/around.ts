import type Docker from 'dockerode'
import { asked, askedFor, statusOf } from '../../engine/engine.ts'
import { containersOf, networksOf } from '../../engine/labelled.ts'
import type { Work } from '../handler.ts'
import type { Slot } from '../slots.ts'
import type { ContainerSpec } from './container-spec.ts'
import { doorOf } from './names.ts'

/** Networks and volumes that a container needs; those of others must be there. */
export async function makeAround(engine: Docker, work: Work, { networks, volumes }: ContainerSpec): Promise<void> {
  const labels = placeLabels(work)
  for (const network of networks) {
    if (network.external) continue
    const door = doorOf(network, work.service)
    await makeNetwork(engine, network.name, network.internal, labels)
    await makeNetwork(engine, door, network.internal, { ...labels, ...doorLabels(network.name, work.service) })
  }
  for (const { name, external } of volumes) {
    if ((await askedFor(`look at the volume ${name}`, () => engine.getVolume(name).inspect())) !== undefined || external) continue
    await asked(`make the volume ${name}`, () => engine.createVolume({ Name: name, Labels: labels }))
  }
}

const placeLabels = ({ stack, env }: Work): Record<string, string> => ({ 'switchyard.stack': stack, 'switchyard.env': env })

const doorLabels = (network: string, service: string): Record<string, string> => ({
  'switchyard.network': network,
  'switchyard.door': service,
})

async function makeNetwork(engine: Docker, name: string, internal: boolean, labels: Record<string, string>): Promise<void> {
  if ((await askedFor(`look at the network ${name}`, () => engine.getNetwork(name).inspect())) !== undefined) return
  await asked(`make the network ${name}`, () => engine.createNetwork({ Name: name, Driver: 'bridge', Internal: internal, Labels: labels }))
}

/** The networks in which a container finds the other services of its own networks. */
export async function doorsOfOthers(engine: Docker, work: Work, { networks }: ContainerSpec): Promise<string[]> {
  const found = await networksOf(engine, placeLabels(work))
  return found.flatMap(({ Name: name, Labels: labels }) => {
    const isNear = networks.some((network) => !network.external && network.name === labels?.['switchyard.network'])
    return isNear && labels?.['switchyard.door'] !== work.service ? [name] : []
  })
}

/** Lets slots be found by their service's name, and lets all that ran before the service did find it too. */
export async function openDoors(
  engine: Docker,
  work: Work,
  { networks }: ContainerSpec,
  { slots, alias }: { readonly slots: readonly Slot[]; readonly alias: string },
): Promise<void> {
  const listed = await containersOf(engine, placeLabels(work))
  // Podman's list does not say which networks they are in.
  const all = await Promise.all(listed.map(({ Id: id }) => askedFor(`look at ${id}`, () => engine.getContainer(id).inspect())))
  for (const network of networks) {
    if (network.external) continue
    const door = doorOf(network, work.service)
    for (const one of all) {
      const isThere = one?.NetworkSettings.Networks[network.name] !== undefined
      if (one?.State.Running !== true || !isThere || one.NetworkSettings.Networks[door] !== undefined) continue
      const { 'switchyard.service': service, 'switchyard.slot': slot = '' } = one.Config.Labels
      const isOwn = service === work.service
      if (isOwn && !slots.some((serving) => serving === slot)) continue
      await asked(`lead to ${work.service} in ${door}`, () =>
        engine.getNetwork(door).connect({ Container: one.Id, EndpointConfig: { Aliases: isOwn ? [alias, ...network.aliases] : [] } }),
      )
    }
  }
}

/** Ends a container and takes it away, if there is one. */
export async function remove(engine: Docker, name: string): Promise<void> {
  if (await end(engine, name)) await askedFor(`remove ${name}`, () => engine.getContainer(name).remove({ force: true }))
}

/** Ends a container; false where there is none. */
export async function end(engine: Docker, name: string): Promise<boolean> {
  const container = engine.getContainer(name)
  try {
    await container.stop()
  } catch (error) {
    if (statusOf(error) === 404) return false
    // 304: it had ended by itself. What cannot be stopped is ended by force.
    if (statusOf(error) !== 304) await askedFor(`end ${name}`, () => container.kill())
  }
  return true
}
