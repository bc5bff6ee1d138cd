import type { ChainsOptions } from './chain.ts'
import { checkChain } from './check.ts'
import { type CompiledStep, type FrozenChain, freezeChain, staticPath, thaw } from './compiled.ts'
import type { ChainDefinition } from './definition.ts'
import { invalidChain } from './errors.ts'
import type { Journal, RunRow } from './journal.ts'

/** What chains are made of: checked before they start, and kept as they were then. */
export interface Definitions {
  /** @throws CHAIN_INVALID */
  freeze(definition: ChainDefinition, plugin: string | undefined): FrozenChain
  frozenOf(row: RunRow): FrozenChain
  stepAt(row: RunRow, path: string): CompiledStep | undefined
}

const MAX_KEPT = 200

export function createDefinitions(options: ChainsOptions, journal: Journal): Definitions {
  const frozenByHash = new Map<string, FrozenChain>()
  /** By definition, then by whose it would be. */
  const checked = new WeakMap<ChainDefinition, Map<string | undefined, FrozenChain>>()
  return { freeze, frozenOf, stepAt }

  function freeze(definition: ChainDefinition, plugin: string | undefined): FrozenChain {
    const known = checked.get(definition)
    const sound = known?.get(plugin)
    if (sound !== undefined) return sound
    const errors = checkChain(definition, options, plugin).problems.filter(({ severity }) => severity === 'error')
    if (errors.length > 0) throw invalidChain(definition.name, errors)
    const frozen = freezeChain(definition, (name) => options.chain?.(name))
    keep(frozen.hash, frozen)
    if (known === undefined) checked.set(definition, new Map([[plugin, frozen]]))
    else known.set(plugin, frozen)
    return frozen
  }

  function frozenOf(row: RunRow): FrozenChain {
    const known = frozenByHash.get(row.definition)
    if (known !== undefined) return known
    const frozen = thaw(journal.definition(row.definition)!)
    keep(row.definition, frozen)
    return frozen
  }

  function keep(hash: string, frozen: FrozenChain): void {
    if (frozenByHash.size >= MAX_KEPT) frozenByHash.delete(frozenByHash.keys().next().value!)
    frozenByHash.set(hash, frozen)
  }

  function stepAt(row: RunRow, path: string): CompiledStep | undefined {
    return frozenOf(row).byPath.get(staticPath(path))
  }
}
