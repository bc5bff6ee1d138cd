import type Docker from 'dockerode'
import { asked, askedFor, statusOf } from '../../engine/engine.ts'
import type { Work } from '../handler.ts'
import type { ContainerSpec } from './container-spec.ts'
import { liveOf } from './names.ts'

/** Networks and volumes that a container needs; those of others must be there. */
export async function makeAround(engine: Docker, work: Work, { networks, volumes }: ContainerSpec): Promise<void> {
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

/** Ends a container and takes it away, if there is one. */
export async function remove(engine: Docker, name: string): Promise<void> {
  if (await end(engine, name)) await askedFor(`remove ${name}`, () => engine.getContainer(name).remove({ force: true }))
}

/** Ends a container; false where there is none. */
export async function end(engine: Docker, name: string): Promise<boolean> {
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
