import { SwitchyardError } from '@switchyard/contracts'

/** The command line itself is wrong. */
export const usage = (message: string, next: string): SwitchyardError => new SwitchyardError('USAGE', message, { next })

export const unknownWord = (word: string, meant: string | undefined): SwitchyardError =>
  new SwitchyardError(
    'UNKNOWN_COMMAND',
    `Cannot run "${word}" as there is no such command or plugin${meant ? `: did you mean "${meant}"` : ''}`,
    {
      data: { command: word, ...(meant !== undefined && { meant }) },
      next: `${meant ? `switchyard ${meant}` : 'switchyard plugins'}, or in plain words: switchyard "what you want done"`,
    },
  )

export const unknownPlugin = (name: string, known: readonly string[]): SwitchyardError =>
  usage(`Cannot serve "${name}" as it must be a plugin: there are ${known.join(', ')}`, 'switchyard plugins')

export const notInstalled = (path: string): SwitchyardError =>
  usage(
    `Cannot enter this command into a client as it must be installed: npx keeps it in ${path} only for a while`,
    'npm install --global @switchyard/cli, or --scope project',
  )

export const wrongInput = (command: string, mistakes: readonly string[]): SwitchyardError =>
  new SwitchyardError('USAGE', `Cannot run "${command}" as ${mistakes.join(', and ')}`, { data: { mistakes }, next: `${command} --help` })

export const noEnv = (commands: readonly string[]): SwitchyardError =>
  usage(
    `Cannot use --env as what runs must take one: ${commands.join(' and ')} ${commands.length === 1 ? 'does' : 'do'} not`,
    `switchyard ${commands[0]?.replaceAll('.', ' ')} --help`,
  )

export const otherEnv = (env: string, said: string): SwitchyardError =>
  usage(`Cannot use --env ${env} as the request must mean the same: it says "${said}"`, 'say one of the two')

export const badName = (name: string): SwitchyardError =>
  usage(
    `Cannot make a plugin called "${name}" as its name must be lower-case words joined by "-", at most 50 characters`,
    'switchyard new plugin team-chat',
  )

export const nameTaken = (name: string): SwitchyardError =>
  usage(`Cannot make a plugin called "${name}" as another command has that name`, `switchyard new plugin my-${name}`)

export const alreadyThere = (path: string): SwitchyardError =>
  new SwitchyardError('ALREADY_THERE', `Cannot write ${path} as nothing may be overwritten: it is there already`, {
    data: { path },
    next: 'choose another name, or move it away',
  })

export const cannotWrite = (path: string, cause: unknown): SwitchyardError =>
  new SwitchyardError(
    'NOT_WRITABLE',
    `Cannot write ${path} as its folder must be writable and its disk have room: ${cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause)}`,
    { data: { path }, cause, next: 'df -h . && ls -ld .' },
  )

export const cannotRead = (path: string, cause: unknown): SwitchyardError =>
  new SwitchyardError('FILE_UNREADABLE', `Cannot read "${path}" as it must be a file that may be read: ${(cause as Error).message}`, {
    cause,
    data: { path },
    next: `ls -l ${path}`,
  })

export const noFolder = (path: string): SwitchyardError =>
  usage(`Cannot work in ${path} as it must be a folder: there is none`, 'switchyard --dir FOLDER')

export const kitMissing = (dir: string): SwitchyardError =>
  new SwitchyardError(
    'KIT_MISSING',
    `Cannot start a plugin in "${dir}" as what a plugin imports must be installed there: @switchyard/plugin-kit is not`,
    {
      next: 'npm install --save-dev @switchyard/plugin-kit @switchyard/testkit vitest zod',
    },
  )
