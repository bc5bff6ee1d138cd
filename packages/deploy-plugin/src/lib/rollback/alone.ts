import type { ServiceConfig } from '../config/config.ts'
import type { Spec } from '../handlers/handler.ts'

/** Why a release that the host keeps cannot stand beside another of its service; undefined where it can. */
export function aloneBecause(spec: Spec, asked: ServiceConfig['strategy']): string | undefined {
  const { container } = spec as {
    container?: { fixedPorts?: readonly number[]; host?: { Mounts?: readonly { Type: string; ReadOnly?: boolean }[] } }
  }
  if (asked === 'beside') return undefined
  if ((container?.fixedPorts?.length ?? 0) > 0) return 'its ports are fixed'
  if (container?.host?.Mounts?.some(({ Type, ReadOnly }) => Type === 'volume' && ReadOnly !== true) === true)
    return 'its data may have one user at a time'
  return asked === 'replace' ? 'its strategy is "replace"' : undefined
}
