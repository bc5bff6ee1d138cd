import { lstatSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { pathInside, readInside } from '../files/project.ts'
import { type Dotenv, parseDotenv, valuesOf } from './dotenv.ts'
import { envFileInvalid, envFileMissing, notAnEnvFile, schemaMissing } from './errors.ts'
import { type EnvSchema, EXAMPLE_FILE, parseSchema, SCHEMA_FILE, schemaOfExample } from './schema.ts'

/** An env file with values, of one environment or of none. */
export interface EnvFileOnDisk {
  readonly path: string
  /** `production` of `.env.production`; undefined of `.env`. */
  readonly env: string | undefined
  readonly text: string
  readonly dotenv: Dotenv
  readonly values: ReadonlyMap<string, string>
  readonly mode: number
  readonly modifiedMs: number
}

const VALUE_FILE = /^(\.env(\.[\w-]+)*|[\w-]+\.env)$/
const NO_VALUES = /\.(example|sample|template|dist|schema|age|recipients|bak|orig)$/

export const isValueFile = (path: string): boolean => {
  const name = path.split('/').at(-1) ?? ''
  return VALUE_FILE.test(name) && !NO_VALUES.test(name)
}

/** The env files in the project's folder; links are left alone, as they may lead anywhere. */
export function listEnvFiles(root: string): string[] {
  return readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isFile() && isValueFile(entry.name))
    .map(({ name }) => name)
    .sort()
}

/** The files in the folder that are encrypted. */
export const listEncrypted = (root: string): string[] =>
  readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.age') && isValueFile(entry.name.slice(0, -4)))
    .map(({ name }) => name)
    .sort()

/** @throws ENV_FILE_MISSING, NOT_AN_ENV_FILE, PATH_REFUSED, FILE_TOO_LARGE */
export function readEnvFile(root: string, path: string): EnvFileOnDisk {
  const inside = pathInside(root, path)
  if (!isValueFile(inside)) throw notAnEnvFile(path)
  const text = readInside(root, inside)
  if (text === undefined) throw envFileMissing(path)
  const dotenv = parseDotenv(text)
  const stats = lstatSync(join(root, inside))
  const { values } = valuesOf(dotenv)
  return { path: inside, env: envOf(inside), text, dotenv, values, mode: stats.mode & 0o777, modifiedMs: stats.mtimeMs }
}

/** The environment that a file's name says; undefined where it is for all. */
function envOf(path: string): string | undefined {
  const name = path.split('/').at(-1) ?? ''
  return /^\.env\.([\w-]+?)(\.local)?$/.exec(name)?.[1] ?? /^([\w-]+)\.env$/.exec(name)?.[1]
}

/** The file of an environment: as the project's configuration says, else by its name; `.env` where none is named. @throws ENVIRONMENT_UNKNOWN */
export async function fileOf(root: string, env: string | undefined): Promise<string> {
  if (env === undefined) return '.env'
  const { CONFIG_FILE } = await import('../config/config.ts')
  if (readInside(root, CONFIG_FILE) === undefined) return `.env.${env}`
  const [{ readConfig }, { environmentOf }] = await Promise.all([import('../config/read-config.ts'), import('../guard/guard.ts')])
  return environmentOf(await readConfig(root), env).envFile ?? `.env.${env}`
}

/** What the project says its variables are, and in which file. @throws ENV_SCHEMA_MISSING, ENV_FILE_INVALID */
export function readSchema(root: string): EnvSchema & { readonly file: string; readonly isTyped: boolean } {
  const typed = readInside(root, SCHEMA_FILE)
  const example = typed === undefined ? readInside(root, EXAMPLE_FILE) : undefined
  const file = typed === undefined ? EXAMPLE_FILE : SCHEMA_FILE
  const schema = typed === undefined ? schemaOfExample(example ?? '') : parseSchema(typed)
  if (typed === undefined && example === undefined) throw schemaMissing()
  if (schema.problems.length > 0) throw envFileInvalid(file, schema.problems)
  return { ...schema, file, isTyped: typed !== undefined }
}
