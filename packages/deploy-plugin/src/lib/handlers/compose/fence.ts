import { rehearsalImpossible } from '../errors.ts'
import type { Fenced, Work } from '../handler.ts'
import { type ComposeSpec, prefixOf } from './names.ts'

/**
 * A container for the scratch stack of `work`: in networks that lead nowhere, with volumes of its own, and no port of the host. What it
 * sees of the host's folders it cannot write to.
 */
export function fence(work: Work, { container, port }: ComposeSpec): Fenced {
  const { Mounts: mounts = [], PortBindings: _, Privileged: privileged, ...host } = container.host
  if (privileged === true) throw rehearsalImpossible(work.service, 'it is privileged, and could do anything')
  const socket = mounts.find(({ Type, Source }) => Type === 'bind' && Source.endsWith('.sock'))
  if (socket !== undefined) throw rehearsalImpossible(work.service, `it is given ${socket.Source}`)
  const scratch = (key: string): string => `${prefixOf(work)}-${key}`
  const volumes = container.volumes.map(({ key, name }) => ({ key, of: name, name: scratch(key) }))
  const nameOf = (source: string): string => volumes.find(({ of }) => of === source)?.name ?? source
  const spec: ComposeSpec = {
    container: {
      ...container,
      host: {
        ...host,
        RestartPolicy: { Name: 'no' },
        Mounts: mounts.map((mount) => {
          if (mount.Type === 'volume') return { ...mount, Source: nameOf(mount.Source) }
          return mount.Type === 'bind' ? { ...mount, ReadOnly: true } : mount
        }),
      },
      networks: container.networks.map((network) => ({ ...network, name: scratch(network.key), external: false, internal: true })),
      volumes: volumes.map(({ key, name }) => ({ key, name, external: false })),
      fixedPorts: [],
    },
    port,
  }
  return { spec: { ...spec }, volumes }
}
