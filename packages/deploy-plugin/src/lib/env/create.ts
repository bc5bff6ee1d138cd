import { randomBytes } from 'node:crypto'
import type { FileChange } from '../files/change-set.ts'
import { isIgnored } from '../files/git-ignored.ts'
import { pathInside, readInside } from '../files/project.ts'
import { writeValue } from './dotenv.ts'
import { isValueFile, listEnvFiles, readEnvFile, readSchema } from './env-files.ts'
import { envFileExists, envFileInvalid, notAnEnvFile } from './errors.ts'
import { isPlaceholder } from './placeholder.ts'
import { isRequired, type VariableSpec } from './schema.ts'

export interface Written {
  readonly changes: readonly FileChange[]
  /** Of each file, the variables that were added, and of those the ones that somebody has to give a value. */
  readonly files: { file: string; added: string[]; toFill: string[] }[]
}

export interface Created extends Written {
  readonly file: string
  /** Secrets that were made by chance. */
  readonly invented: string[]
  readonly ignored: boolean
}

/**
 * A new env file for an environment from the schema: defaults, secrets made by chance where the schema says so, the rest empty.
 * Git is told to leave it alone. Changes nothing yet.
 * @throws ENV_FILE_EXISTS, ENV_SCHEMA_MISSING, NOT_AN_ENV_FILE, PATH_REFUSED
 */
export function planCreate(root: string, file: string, env: string | undefined): Created {
  const path = pathInside(root, file)
  if (!isValueFile(path)) throw notAnEnvFile(file)
  if (readInside(root, path) !== undefined) throw envFileExists(path)
  const { variables, file: from } = readSchema(root)
  const invented: string[] = []
  const blocks = variables.map((spec) => {
    if (spec.randomBytes !== undefined) invented.push(spec.name)
    return written(spec, spec.randomBytes === undefined ? startingValue(spec) : randomBytes(spec.randomBytes).toString('hex'))
  })
  const head = `# Values for ${env ?? 'this machine'}, made from ${from}. Never commit this file.\n`
  const toFill = variables.filter((spec) => spec.randomBytes === undefined && startingValue(spec) === '' && isWanted(spec, env))
  const ignore = ignoring(root, path)
  return {
    file: path,
    changes: [
      { path, before: undefined, after: `${head}\n${blocks.join('\n')}`, mode: 0o600, secret: true },
      ...(ignore === undefined ? [] : [ignore]),
    ],
    files: [{ file: path, added: variables.map(({ name }) => name), toFill: toFill.map(({ name }) => name) }],
    invented,
    ignored: ignore === undefined,
  }
}

/**
 * What files lack of the schema, added at their ends; no value that is there is touched. Changes nothing yet.
 * @throws ENV_SCHEMA_MISSING, ENV_FILE_MISSING, ENV_FILE_INVALID where a file has lines that cannot be read
 */
export function planSync(root: string, paths: readonly string[] | undefined): Written & { extra: { file: string; names: string[] }[] } {
  const { variables, file: from } = readSchema(root)
  const files = (paths ?? listEnvFiles(root)).map((path) => readEnvFile(root, path))
  const results = files.map(({ path, env, text, dotenv }) => {
    const broken = dotenv.problems.filter(({ fault }) => fault !== 'duplicate' && fault !== 'expansion')
    // A line that cannot be read may be one of those that seem to be missing.
    if (broken.length > 0) throw envFileInvalid(path, broken)
    const there = new Set(dotenv.entries.map(({ name }) => name))
    const lacking = variables.filter(({ name }) => !there.has(name))
    const known = new Set(variables.map(({ name }) => name))
    const added = lacking.map((spec) =>
      written(spec, spec.randomBytes === undefined ? startingValue(spec) : randomBytes(spec.randomBytes).toString('hex')),
    )
    const addition =
      lacking.length === 0 ? '' : `${text === '' || text.endsWith('\n') ? '' : '\n'}\n# Added from ${from}\n${added.join('\n')}`
    const toFill = lacking.filter((spec) => spec.randomBytes === undefined && startingValue(spec) === '' && isWanted(spec, env))
    const after = text + (text.includes('\r\n') ? addition.replaceAll('\n', '\r\n') : addition)
    return {
      change: { path, before: text, after, secret: true } satisfies FileChange,
      report: { file: path, added: lacking.map(({ name }) => name), toFill: toFill.map(({ name }) => name) },
      extra: { file: path, names: [...there].filter((name) => !known.has(name)) },
    }
  })
  return {
    changes: results.map(({ change }) => change).filter(({ before, after }) => before !== after),
    files: results.map(({ report }) => report),
    extra: results.map(({ extra }) => extra).filter(({ names }) => names.length > 0),
  }
}

const isWanted = (spec: VariableSpec, env: string | undefined): boolean => isRequired(spec, env) || spec.sensitive

/** A value that nobody should run with is none. */
const startingValue = ({ fallback }: VariableSpec): string => (fallback === undefined || isPlaceholder(fallback) ? '' : fallback)

/** An entry with what the schema says of it. Values of a schema may name other variables, so those stay as they are written. */
function written({ name, about, example }: VariableSpec, value: string): string {
  const comments = [about, example === undefined ? '' : `For example: ${example}`].filter((line) => line !== '')
  const text = value.includes('$') && !value.includes('"') && !value.includes('\n') ? `"${value}"` : writeValue(value)
  return `${comments.map((line) => `# ${line}\n`).join('')}${name}=${text}\n`
}

/** What makes git leave the file alone; undefined where it does. */
function ignoring(root: string, path: string): FileChange | undefined {
  const before = readInside(root, '.gitignore')
  if (isIgnored(before ?? '', path)) return undefined
  const lines = [
    '# Values of environments; what is encrypted may be committed.',
    '.env',
    '.env.*',
    '!.env.example',
    '!.env.schema',
    '!.env.recipients',
    '!.env*.age',
  ]
  const more = isIgnored(lines.join('\n'), path) ? [] : [`/${path}`]
  const gap = before === undefined || before === '' ? '' : before.endsWith('\n') ? '\n' : '\n\n'
  return { path: '.gitignore', before, after: `${before ?? ''}${gap}${[...lines, ...more].join('\n')}\n` }
}
