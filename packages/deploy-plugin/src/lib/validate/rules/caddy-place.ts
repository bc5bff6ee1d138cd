import type { ComposeService } from '../../model/compose-service.ts'
import { allServices, type PlacedService as Placed, type Stack } from '../../model/stack.ts'
import { get, textOf, textsOf } from '../../model/yaml-tree.ts'
import { isCaddy } from './facts.ts'

/** The services in which Caddy runs; none where it runs on the host, or in a stack of its own. */
export const caddyServices = (stack: Stack): readonly Placed[] => allServices(stack).filter(({ service }) => isCaddy(service))

const byName = new WeakMap<Stack, ReadonlyMap<string, readonly Placed[]>>()

/** The services that a host name in a Caddyfile means: by name, by container name or by an alias. */
export function servicesCalled(stack: Stack, host: string): readonly Placed[] {
  let index = byName.get(stack)
  if (index === undefined) {
    const found = new Map<string, Placed[]>()
    for (const placed of allServices(stack))
      for (const name of new Set(namesOf(placed.service))) found.set(name, [...(found.get(name) ?? []), placed])
    index = found
    byName.set(stack, found)
  }
  return (host === '' ? undefined : index.get(host)) ?? []
}

function namesOf({ name, tree, networks }: ComposeService): readonly string[] {
  const aliases = networks.flatMap((network) => textsOf(get(get(get(tree, 'networks'), network.name), 'aliases')).map(({ text }) => text))
  return [name, textOf(get(tree, 'container_name')) ?? '', textOf(get(tree, 'hostname')) ?? '', ...aliases].map((one) => one.toLowerCase())
}

/** Names of a service's networks that mean the same in every project; `external` only lists those that other projects can join. */
export function networkIds({ service, project }: Placed, only: 'all' | 'external' = 'all'): readonly string[] {
  return service.networks.flatMap(({ name }) => {
    const declared = project.networks.get(name)
    const fixed = textOf(get(declared?.tree, 'name'))
    if (declared?.isExternal === true || fixed !== undefined) return [`shared ${fixed ?? name}`]
    return only === 'external' ? [] : [`${project.folder} ${name}`]
  })
}
