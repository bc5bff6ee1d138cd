import { readFileSync } from 'node:fs'
import type { Plugin } from '@switchyard/plugin-kit'

/** The plugins that come along, by name; each imported only when it is wanted. */
const BUILT_IN: Readonly<Record<string, () => Promise<{ default: Plugin }>>> = {
  ops: () => import('@switchyard/ops-plugin'),
  release: () => import('@switchyard/release-plugin'),
  deploy: () => import('@switchyard/deploy-plugin'),
}

/** All plugins that come along, or those of these names. */
export async function builtInPlugins(names = Object.keys(BUILT_IN)): Promise<readonly Plugin[]> {
  const modules = await Promise.all(names.flatMap((name) => (Object.hasOwn(BUILT_IN, name) ? [BUILT_IN[name]!()] : [])))
  return modules.map((module) => module.default)
}

/**
 * What the router learned of the plugins that come along; learning it takes seconds. Written by `npm run docs`; undefined where it is
 * not there, and whoever is given it looks whether it is of these very plugins.
 */
export function builtInModel(): Uint8Array | undefined {
  try {
    return readFileSync(new URL('../../built-in-model.bin', import.meta.url))
  } catch {
    return undefined
  }
}
