import type { Plugin } from '@switchyard/plugin-kit'

/** The plugins that come along. */
export async function builtInPlugins(): Promise<readonly Plugin[]> {
  const modules = await Promise.all([import('@switchyard/ops-plugin'), import('@switchyard/release-plugin')])
  return modules.map((module) => module.default)
}
