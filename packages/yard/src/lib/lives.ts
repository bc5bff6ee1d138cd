import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type BreakerRecord, readBreakers } from '@switchyard/bus/breakers'
import { type Clock, systemClock } from '@switchyard/contracts'
import { livesOf, type PluginLife, type PluginNames } from '@switchyard/registry/lives'
import { openStore } from '@switchyard/store'
import { DATA_FOLDER } from './data-folder.ts'

/**
 * How the plugins of a workspace are, read from what its processes keep, with nothing of them loaded and no yard opened. Undefined where nothing
 * was kept yet, or where it cannot be read: then there is all the more reason to list them.
 */
export function readLives(
  workspace: string,
  plugins: readonly PluginNames[],
  clock: Clock = systemClock,
): ReadonlyMap<string, PluginLife> | undefined {
  const path = join(workspace, DATA_FOLDER, 'yard.db')
  if (!existsSync(path)) return undefined
  try {
    using store = openStore({ path })
    const breakers = new Map(readBreakers(store).map((record) => [record.name, stateOf(record, clock.now())]))
    return livesOf(store, plugins, (name) => breakers.get(name) ?? 'closed', clock)
  } catch {
    return undefined
  }
}

/** One that was left open lets a call through by now, if its time is over. */
function stateOf(
  { snapshot: { state, forced, openUntil = Number.POSITIVE_INFINITY } }: BreakerRecord,
  nowMs: number,
): BreakerRecord['snapshot']['state'] {
  return state === 'open' && !forced && nowMs >= openUntil ? 'half-open' : state
}
