import { createHmac } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
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
    Object.assign(all, parseVariables(await readFile(path, 'utf8'), file))
  }
  return all
}

/** The text of an env file: NAME=value lines, with "export", comments, and quoted values that may have several lines. */
export function parseVariables(text: string, file: string): Record<string, string> {
  const all: Record<string, string> = {}
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/)
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index] ?? ''
    if (/^\s*(#|$)/.test(line)) continue
    const match = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_.-]*)\s*=\s*(.*)$/.exec(line)
    // The line itself may hold a secret.
    if (match === null) throw envFileInvalid(file, index + 1, 'it is neither NAME=value nor a comment')
    const [, name = '', rest = ''] = match
    const quote = rest[0]
    if (quote !== '"' && quote !== "'") {
      all[name] = rest.replace(/\s+#.*$/, '').trimEnd()
      continue
    }
    const first = index + 1
    let value = rest.slice(1)
    while (!hasEnd(value, quote)) {
      index++
      const more = lines[index]
      if (more === undefined) throw envFileInvalid(file, first, `${name} begins with a quote that has no end`)
      value += `\n${more}`
    }
    const inside = value.slice(0, endOf(value, quote))
    all[name] = quote === '"' ? inside.replace(/\\([nrt"\\$])/g, (_, char: string) => ESCAPES[char] ?? char) : inside
  }
  return all
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' }

function endOf(value: string, quote: string): number {
  for (let index = 0; index < value.length; index++) {
    if (value[index] === '\\' && quote === '"') index++
    else if (value[index] === quote) return index
  }
  return -1
}

const hasEnd = (value: string, quote: string): boolean => endOf(value, quote) >= 0

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
    for (const shape of SHAPES) clean = clean.replace(shape, '$1[hidden]')
    return clean
  }
}

const SHAPES: readonly RegExp[] = [
  /(\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s:/@]{0,200}:)[^\s/@]{1,400}(?=@)/gi,
  /\b((?:proxy-)?authorization["']?\s{0,3}[:=]\s{0,3}["']?(?:(?:basic|bearer|token)\s{1,3})?)[^\s"',;]{4,4000}/gi,
  /\b()eyJ[\w-]{8,2000}\.eyJ[\w-]{8,4000}\.[\w-]{8,2000}/g,
  /((?:password|passwd|secret|token|api[_-]?key)["']?\s{0,3}[:=]\s{0,3}["']?)[^\s"',;&)}\]]{3,400}/gi,
]
