import type { GuardRule } from '@switchyard/bus'
import { isSwitchyardError } from '@switchyard/contracts'
import type { Plugin } from '@switchyard/plugin-kit'
import { type GuardOptions, parseGuardOptions } from '@switchyard/resilience'
import type { YardConfig } from './config.ts'
import { invalidGuards, type Mistake } from './errors.ts'
import type { CommandInfo } from './yard.ts'

const DEFAULT_TIME_LIMIT_MS = 30_000

/** How calls of one command are guarded, and how long a caller that says nothing else waits for everything together. */
export interface CommandGuard {
  readonly rule: GuardRule
  readonly timeLimitMs: number
}

/**
 * Setting by setting the last of these wins: the plugin, its configuration, the command, its configuration.
 * A plugin's commands share one breaker, but for those that are given settings of their own.
 */
export function guardOf(plugin: Plugin, { id, definition }: CommandInfo, configured: YardConfig['guard']): CommandGuard {
  const ownLimit = definition.timeoutMs === undefined ? undefined : { timeoutMs: definition.timeoutMs }
  const own = [ownLimit, definition.guard, configured[id]]
  const layers = [plugin.guard, configured[plugin.name], ...own]
  const settings = parseGuardOptions(...layers)
  const deadlineMs = layers.some((layer) => (layer as GuardOptions | undefined)?.deadlineMs !== undefined) ? settings.deadlineMs : undefined
  // Left to its default, the guard would end a command that may take long before its time.
  const timeLimitMs = deadlineMs ?? Math.max(settings.timeoutMs, definition.timeoutMs ?? DEFAULT_TIME_LIMIT_MS)
  return {
    rule: {
      name: own.some((layer) => layer !== undefined) ? id : plugin.name,
      options: { ...settings, deadlineMs: timeLimitMs, cache: settings.cache ?? false },
      effect: definition.effect,
      // By key is not enough here: most callers give none.
      idempotent: (definition.idempotent ?? definition.effect === 'read') === true,
    },
    timeLimitMs,
  }
}

/** @throws MANIFEST_INVALID with every wrong guard setting of the plugin and its commands, each with its path */
export function assertGuards({ name, guard, commands }: Plugin): void {
  const mistakes = [
    ...mistakesIn(guard, 'guard'),
    ...Object.entries(commands).flatMap(([command, definition]) => mistakesIn(definition.guard, `commands["${command}"].guard`)),
  ]
  if (mistakes.length > 0) throw invalidGuards(name, mistakes)
}

function mistakesIn(guard: unknown, at: string): readonly Mistake[] {
  try {
    parseGuardOptions(guard)
    return []
  } catch (error) {
    if (!isSwitchyardError(error, 'VALIDATION')) throw error
    return (error.data.mistakes as readonly Mistake[]).map(({ path, message }) => ({ path: `${at}.${path}`, message }))
  }
}
