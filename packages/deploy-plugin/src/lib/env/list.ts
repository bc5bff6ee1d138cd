import { count, table } from '../files/table.ts'
import { type EnvFileOnDisk, listEncrypted, listEnvFiles, readEnvFile } from './env-files.ts'

/** A variable that the compose files ask for, where they first do. */
export interface Wanted {
  readonly name: string
  readonly at: string
  /** Whether something stands in its place where it has no value. */
  readonly hasFallback: boolean
}

/** What the compose files of a project ask for, by name. */
export async function wantedVariables(root: string): Promise<Wanted[]> {
  const [{ readStack }, { placeOf }] = await Promise.all([import('../model/stack.ts'), import('../model/source.ts')])
  const wanted = new Map<string, Wanted>()
  for (const { uses } of readStack(root).projects) {
    for (const { name, operator, spot } of uses) {
      const hasFallback = /[-+]$/.test(operator)
      const known = wanted.get(name)
      if (known !== undefined && (!known.hasFallback || hasFallback)) continue
      const { file, line } = placeOf(spot)
      wanted.set(name, { name, at: `${file}:${line}`, hasFallback })
    }
  }
  return [...wanted.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** Nobody reads further, and no answer should grow with a file. */
export const MAX_LISTED = 500

export interface ListedFile {
  readonly file: string
  readonly env?: string
  /** Of all variables, also those that are not listed. */
  readonly count: number
  readonly variables: { readonly name: string; readonly line: number; readonly isEmpty: boolean; readonly value?: string }[]
  /** The day it was changed last. */
  readonly modified: string
  /** Permission bits, such as "600". */
  readonly mode: string
  /** Whether others on this machine can read it. */
  readonly exposed: boolean
  /** How many percent of what the compose files ask for has a value or a fallback. */
  readonly coverage: number
  readonly missing: { readonly name: string; readonly at: string }[]
  readonly problems: number
}

/** What there is, and what of it the compose files miss. Values only where they are asked for. */
export async function listEnv(root: string, { files, values }: { files?: readonly string[] | undefined; values: boolean }) {
  const wanted = await wantedVariables(root)
  const listed = (files ?? listEnvFiles(root)).map((path) => describeFile(readEnvFile(root, path), wanted, values))
  const encrypted = listEncrypted(root)
  return { files: listed, encrypted, wanted: wanted.length, text: render(listed, encrypted) }
}

function describeFile(file: EnvFileOnDisk, wanted: readonly Wanted[], values: boolean): ListedFile {
  const missing = wanted.filter(({ name, hasFallback }) => !hasFallback && (file.values.get(name) ?? '') === '')
  return {
    file: file.path,
    ...(file.env !== undefined && { env: file.env }),
    count: file.dotenv.entries.length,
    variables: file.dotenv.entries.slice(0, MAX_LISTED).map(({ name, line }) => {
      const value = file.values.get(name) ?? ''
      return { name, line, isEmpty: value === '', ...(values && { value }) }
    }),
    modified: new Date(file.modifiedMs).toISOString().slice(0, 10),
    mode: file.mode.toString(8),
    exposed: (file.mode & 0o077) !== 0,
    coverage: wanted.length === 0 ? 100 : Math.floor((100 * (wanted.length - missing.length)) / wanted.length),
    missing: missing.map(({ name, at }) => ({ name, at })),
    problems: file.dotenv.problems.length,
  }
}

function render(files: readonly ListedFile[], encrypted: readonly string[]): string {
  const blocks: string[] = []
  if (files.length === 0) blocks.push('There is no env file yet: switchyard deploy env create')
  else {
    const rows = files.map(({ file, count: variables, coverage, exposed, mode, problems, missing }) => {
      const notes = [
        missing.length > 0 ? `lacks ${missing.length}` : '',
        exposed ? `others can read it (${mode})` : '',
        problems > 0 ? count(problems, 'wrong line') : '',
      ].filter((note) => note !== '')
      return [file, String(variables), `${coverage} %`, notes.length === 0 ? 'ok' : notes.join(', ')]
    })
    blocks.push(table(['File', 'Variables', 'Covers', 'Status'], rows))
  }
  for (const { file, missing } of files)
    if (missing.length > 0)
      blocks.push(
        `Missing in ${file}\n${indented(
          table(
            ['Variable', 'Asked for at'],
            missing.map(({ name, at }) => [name, at]),
          ),
        )}`,
      )
  for (const { file, variables } of files) {
    const shown = variables.filter(({ value }) => value !== undefined)
    if (shown.length > 0)
      blocks.push(
        `${file}\n${indented(
          table(
            ['Variable', 'Value'],
            shown.map(({ name, value = '' }) => [name, value]),
          ),
        )}`,
      )
  }
  if (encrypted.length > 0) blocks.push(`Encrypted: ${encrypted.join(', ')}`)
  return blocks.join('\n\n')
}

export const indented = (text: string): string => text.replace(/^(?=.)/gm, '  ')
