import { SwitchyardError } from '@switchyard/plugin-kit'
import { count } from '../files/table.ts'

export const envFileMissing = (path: string): SwitchyardError =>
  new SwitchyardError('ENV_FILE_MISSING', `Cannot read ${path} as it must be there: there is no such file`, {
    data: { path },
    next: 'switchyard deploy env list',
  })

export const envFileExists = (path: string): SwitchyardError =>
  new SwitchyardError('ENV_FILE_EXISTS', `Cannot create ${path} as nothing may be written over: it is there`, {
    data: { path },
    next: 'switchyard deploy env sync adds what it lacks',
  })

export const notAnEnvFile = (path: string): SwitchyardError =>
  new SwitchyardError('NOT_AN_ENV_FILE', `Cannot use ${path} as an env file: its name must be .env, .env.NAME or NAME.env`, {
    data: { path },
  })

export const schemaMissing = (): SwitchyardError =>
  new SwitchyardError(
    'ENV_SCHEMA_MISSING',
    'Cannot tell which variables there are as .env.schema or .env.example must say so: neither is there',
    {
      next: 'switchyard deploy generate --formats env',
    },
  )

/** A schema or an env file whose lines cannot be read. */
export const envFileInvalid = (path: string, problems: readonly { line: number; column: number; message: string }[]): SwitchyardError =>
  new SwitchyardError(
    'ENV_FILE_INVALID',
    `Cannot use ${path} as every line must be right: ${problems
      .slice(0, 10)
      .map(({ line, column, message }) => `${line}:${column} ${message}`)
      .join('; ')}`,
    { data: { path, problems } },
  )

export const envInvalid = (files: readonly string[], errors: number, warnings: number, worst: string): SwitchyardError =>
  new SwitchyardError(
    'ENV_INVALID',
    `Cannot pass as env files must be as the schema says: ${count(errors, 'error')}, ${count(warnings, 'warning')}\n${worst}`.trimEnd(),
    { data: { files, errors, warnings }, next: 'see everything with: switchyard deploy env validate' },
  )

export const keyMissing = (path: string): SwitchyardError =>
  new SwitchyardError('KEY_MISSING', `Cannot decrypt as the key file must be there: ${path} is not`, {
    data: { path },
    next: 'name it with --key, or ask whoever encrypted the file for it',
  })

export const keyExposed = (path: string, mode: string): SwitchyardError =>
  new SwitchyardError('KEY_EXPOSED', `Cannot use the key file ${path} as only its owner may read it: its mode is ${mode}`, {
    data: { path, mode },
    next: `chmod 600 ${path}`,
  })

export const keyInvalid = (path: string): SwitchyardError =>
  new SwitchyardError('KEY_INVALID', `Cannot use the key file ${path} as it must hold a line AGE-SECRET-KEY-…: it does not`, {
    data: { path },
  })

export const recipientInvalid = (recipient: string): SwitchyardError =>
  new SwitchyardError('RECIPIENT_INVALID', `Cannot encrypt for ${JSON.stringify(recipient)} as it must be a public key age1…: it is not`, {
    data: { recipient },
  })

export const cannotDecrypt = (path: string): SwitchyardError =>
  new SwitchyardError('CANNOT_DECRYPT', `Cannot decrypt ${path} as it must be whole and encrypted for this key: it is not`, {
    data: { path },
    next: 'name another key with --key',
  })

export const notARepository = (folder: string): SwitchyardError =>
  new SwitchyardError('NOT_A_REPOSITORY', `Cannot look through the history of ${folder} as it must be in a git repository: it is not`, {
    data: { folder },
  })

export const gitFailed = (told: string): SwitchyardError =>
  new SwitchyardError(
    'GIT_FAILED',
    `Cannot look through the history as git must succeed: ${told === '' ? 'it failed and said nothing' : told}`,
  )

export const gitMissing = (): SwitchyardError =>
  new SwitchyardError('PROGRAM_MISSING', 'Cannot look through the history as "git" must be in PATH: it is not', {
    data: { program: 'git' },
  })
