import { createHmac } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { redact } from '@switchyard/plugin-kit/redact'
import { parseDotenv, valuesOf } from '../env/dotenv.ts'
import { envFileInvalid, envFileMissing } from './errors.ts'

export type Variables = Readonly<Record<string, string>>

const MAX_BYTES = 1024 * 1024

/** The variables of several files in the project, the later over the earlier. @throws ENV_FILE_MISSING, ENV_FILE_INVALID */
export async function readVariables(project: string, files: readonly (string | undefined)[]): Promise<Variables> {
  const all: Record<string, string> = {}
  for (const file of files) {
    if (file === undefined) continue
    const path = join(project, file)
    const found = await stat(path).catch(() => undefined)
    if (found?.isFile() !== true) throw envFileMissing(file)
    if (found.size > MAX_BYTES) throw envFileInvalid(file, 1, `it has more than ${MAX_BYTES} bytes`)
    Object.assign(all, parseVariables(await readFile(path, 'utf8'), file, all))
  }
  return all
}

/** The text of an env file as compose reads it, so that a service is deployed with the values that were checked. @throws ENV_FILE_INVALID */
export function parseVariables(text: string, file: string, outside: Variables = {}): Record<string, string> {
  const dotenv = parseDotenv(text)
  const { values, problems } = valuesOf(dotenv, (name) => (Object.hasOwn(outside, name) ? outside[name] : undefined))
  const wrong = [...dotenv.problems.filter(({ fault }) => fault !== 'duplicate'), ...problems][0]
  if (wrong !== undefined) throw envFileInvalid(file, wrong.line, wrong.message)
  return Object.fromEntries(values)
}

/** A fingerprint of each value, by a key that stays on the host: equal ones can be seen, and nothing be guessed from them. */
export function hashVariables(variables: Variables, key: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(variables)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, value]) => [name, hashOf(value, key)]),
  )
}

export const hashOf = (text: string, key: string): string => createHmac('sha256', key).update(text).digest('hex').slice(0, 16)

/** Which variables differ, by name. */
export function differenceOf(
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
): { added: string[]; removed: string[]; changed: string[] } {
  return {
    added: Object.keys(after).filter((name) => !Object.hasOwn(before, name)),
    removed: Object.keys(before).filter((name) => !Object.hasOwn(after, name)),
    changed: Object.keys(after).filter((name) => Object.hasOwn(before, name) && before[name] !== after[name]),
  }
}

/** Names under which secrets are kept. */
const SECRET_NAME = /pass|pwd|secret|token|key|auth|credential|cookie|private|dsn|salt|cert/i

/** What a program wrote, without the values it was given: each is replaced by its name, and so is what looks like a secret. */
export function createHider(variables: Variables): (text: string) => string {
  const hidden = Object.entries(variables)
    .filter(([name, value]) => value.length >= 8 || (SECRET_NAME.test(name) && value.length >= 3))
    .sort(([, one], [, other]) => other.length - one.length)
  return (text) => {
    let clean = text
    for (const [name, value] of hidden) clean = clean.replaceAll(value, `[${name}]`)
    return redact(clean)
  }
}
