import { relative } from 'node:path'
import { SwitchyardError } from '@switchyard/contracts'
import type { ConfigProblem } from './config-problem.ts'

/** One line a mistake, each with its place, what must hold and what is: nothing else needs to be read to mend it. */
export const configInvalid = (dir: string, problems: readonly ConfigProblem[]): SwitchyardError =>
  new SwitchyardError('CONFIG_INVALID', problems.map((problem) => problemLine(dir, problem)).join('\n'), { data: { problems } })

export const configUnreadable = (path: string, cause: unknown): SwitchyardError =>
  new SwitchyardError('CONFIG_UNREADABLE', `Cannot read ${path} as it must be a file that you may read: ${systemCode(cause)}`, {
    data: { path },
    cause,
    next: `ls -l ${path}`,
  })

/** What went wrong with one plugin that the configuration names. */
export interface PluginFailure {
  readonly specifier: string
  readonly reason: string
}

export const pluginsUnloadable = (failures: readonly PluginFailure[], cause: unknown): SwitchyardError =>
  new SwitchyardError(
    'PLUGIN_UNLOADABLE',
    failures.map(({ specifier, reason }) => `Cannot load the plugin "${specifier}" as ${reason}`).join('\n'),
    { data: { failures }, cause, next: 'mend it, or take it out of "plugins": switchyard config says where that is set' },
  )

function problemLine(dir: string, { source, line, column, key, message }: ConfigProblem): string {
  const path = relative(dir, source)
  const place = line === undefined ? source : `${path.startsWith('..') ? source : path}:${line}:${column}`
  return `${place}: ${[key, message].filter((part) => part !== '').join(' ')}`
}

export function systemCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error)
}
