import { folderOf } from '../../apply/paths.ts'
import type { Spec, Work } from '../handler.ts'
import type { Slot } from '../slots.ts'
import type { ContainerSpec, SpecNetwork } from './container-spec.ts'

export const prefixOf = ({ stack, env }: Work): string => `${stack}-${env}`
/** A slot's container. */
export const nameOf = (work: Work, slot: Slot): string => `${prefixOf(work)}-${work.service}-${slot}`
/** A network beside another in which a service is found by its name, once it serves; all others are in it to find it. */
export const doorOf = ({ name }: Pick<SpecNetwork, 'name'>, service: string): string => `${name}-at-${service}`
/** A tag of our own, so that a release is not taken for garbage. */
export const pinOf = (work: Work, release: string): { repo: string; tag: string } => ({
  repo: `localhost/switchyard/${prefixOf(work)}-${work.service}`,
  tag: folderOf(release),
})
export const labelsOf = (work: Work): Record<string, string> => ({
  'switchyard.stack': work.stack,
  'switchyard.env': work.env,
  'switchyard.service': work.service,
})

/** What a container is made anew of, beside its image and its variables. */
export interface ComposeSpec {
  readonly container: ContainerSpec
  /** Where it listens inside. */
  readonly port?: number | undefined
}
export const specOf = (spec: Spec): ComposeSpec => spec as unknown as ComposeSpec
