import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { isSwitchyardError } from '@switchyard/contracts'
import { checkManifest } from '@switchyard/contracts/manifest'
import type { Plugin } from '@switchyard/plugin-kit'
import { type PluginFailure, pluginsUnloadable } from './config-errors.ts'

/**
 * Imports what `plugins` of the configuration names: paths, or packages as seen from the workspace. A module's default export
 * is the plugin.
 * @throws PLUGIN_UNLOADABLE that names each one that cannot be loaded, and why
 */
export async function loadPlugins(dir: string, specifiers: readonly string[]): Promise<readonly Plugin[]> {
  const failures: PluginFailure[] = []
  const causes: unknown[] = []
  const plugins: Plugin[] = []
  for (const specifier of specifiers) {
    try {
      const module: unknown = await import(locate(dir, specifier))
      const plugin = typeof module === 'object' && module !== null && 'default' in module ? module.default : undefined
      const [mistake] = checkManifest(plugin)
      if (isPlugin(plugin, mistake === undefined)) plugins.push(plugin)
      else failures.push({ specifier, reason: notAPlugin(plugin, mistake?.message ?? '') })
    } catch (error) {
      causes.push(error)
      failures.push({ specifier, reason: reasonOf(error) })
    }
  }
  if (failures.length > 0) throw pluginsUnloadable(failures, causes[0])
  return plugins
}

/** Asked of the manifest's own check; this only carries the answer into the type. */
function isPlugin(value: unknown, sound: boolean): value is Plugin {
  return sound && value !== undefined
}

function notAPlugin(value: unknown, mistake: string): string {
  if (value === undefined) return 'its module must have a plugin as default export: it has none'
  return `its default export must come from definePlugin: ${mistake}`
}

function locate(dir: string, specifier: string): string {
  return pathToFileURL(createRequire(join(dir, 'switchyard.config.json')).resolve(specifier)).href
}

function reasonOf(error: unknown): string {
  if (isSwitchyardError(error, 'MANIFEST_INVALID')) return error.message.replace(/^Cannot load plugin "[^"]*" as /, '')
  if (!(error instanceof Error)) return `it threw ${String(error)}`
  const code = 'code' in error ? String(error.code) : ''
  if (code === 'MODULE_NOT_FOUND' || code === 'ERR_MODULE_NOT_FOUND')
    return `it must be installed and all it imports too: ${firstLine(error)}`
  return `it must load without an error: ${error.name}: ${firstLine(error)}`
}

function firstLine(error: Error): string {
  return error.message.split('\n')[0] ?? ''
}
