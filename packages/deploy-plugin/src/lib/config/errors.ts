import { SwitchyardError } from '@switchyard/plugin-kit'

/** One thing that is wrong with the configuration, where it is. */
export interface ConfigProblem {
  readonly line: number
  readonly column: number
  /** Such as `services.api.port`; empty for the whole file. */
  readonly path: string
  readonly message: string
}

export const configMissing = (path: string): SwitchyardError =>
  new SwitchyardError('DEPLOY_CONFIG_MISSING', `Cannot deploy as ${path} must say what goes where: there is no such file`, {
    data: { path },
    next: 'switchyard deploy setup',
  })

export const configInvalid = (path: string, problems: readonly ConfigProblem[]): SwitchyardError =>
  new SwitchyardError(
    'DEPLOY_CONFIG_INVALID',
    `Cannot use ${path} as everything in it must be right: ${problems
      .slice(0, 20)
      .map(({ line, column, path: at, message }) => `${line}:${column} ${at === '' ? '' : `${at}: `}${message}`)
      .join('; ')}${problems.length > 20 ? `; and ${problems.length - 20} more` : ''}`,
    { data: { path, problems } },
  )
