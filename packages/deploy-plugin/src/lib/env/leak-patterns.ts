import { isSecretName } from '../files/hide-secrets.ts'
import { ADDRESS_WITH_PASSWORD, SECRET_FORMS } from '../files/secret-forms.ts'

/** A secret in a line: what it is, and where it stands. The value stays inside of the search. */
export interface Leak {
  readonly kind: string
  readonly value: string
}

const ASSIGNMENT = /(["']?)([A-Za-z][\w.-]{1,80})\1\s{0,5}(?::=|=>|[=:])\s{0,5}(["'`]?)([^\s"'`,;(){}[\]]{8,500})\3/g

/** What people write where a value will be. */
const PLACEHOLDER =
  /^(<.*>|\[.*\]|\{\{.*\}\}|\*+|x+|\.{3,}|•+|\$.*|%.*%|process\.env.*|os\.environ.*|env\(.*|null|none|undefined|true|false|.*(change-?_?me|placeholder|example|your[-_]|dummy|sample|redacted|todo|insert|replace|required|secret123|password123).*)$/i

/** The secrets in a line of a file; `path` tells how much to believe: in an env file a name is enough. */
export function leaksIn(line: string, path: string): Leak[] {
  const found: Leak[] = []
  const add = (kind: string, value: string): void => {
    if (!found.some((leak) => leak.value.includes(value) || value.includes(leak.value))) found.push({ kind, value })
  }
  for (const [kind, form] of SECRET_FORMS) for (const [value] of line.matchAll(form)) if (!/example/i.test(value)) add(kind, value)
  for (const [, password = ''] of line.matchAll(ADDRESS_WITH_PASSWORD))
    if (password.length > 2 && !isPlaceholder(password)) add('password in a URL', password)
  for (const [, , name = '', quote = '', value = ''] of line.matchAll(ASSIGNMENT)) {
    if (!isSecretName(name) || isPlaceholder(value) || isOpenAddress(value)) continue
    if (isEnvFile(path) || (looksRandom(value) && (quote !== '' || isConfiguration(path)))) add('value of a secret name', value)
  }
  return found
}

/** An env file with values: not an example, a schema, or an encrypted one. */
export const isEnvFile = (path: string): boolean =>
  /(^|\/)(\.env(\.[\w-]+)*|[\w-]+\.env)$/.test(path) && !/\.(example|sample|template|dist|schema|age|recipients)$/.test(path)

const isConfiguration = (path: string): boolean =>
  /\.(ya?ml|toml|ini|conf|cfg|properties|json|env|service|tfvars)$|(^|\/)(Caddyfile|Dockerfile)$/.test(path)

/** Where a server is; a password in it would stand before an "@", a token in a longer path. */
const isOpenAddress = (value: string): boolean => /^[a-z][a-z0-9+.-]{1,20}:\/\/[\w.-]+(:\d+)?(\/[\w-]{0,20})?$/i.test(value)

const isPlaceholder = (value: string): boolean => PLACEHOLDER.test(value) || new Set(value).size < 4

/** Whether signs are as mixed as in something that a machine made. */
function looksRandom(value: string): boolean {
  if (value.length < 12 || /^[a-z]+([._/-][a-z]+)*$/i.test(value)) return false
  const counts = new Map<string, number>()
  for (const character of value) counts.set(character, (counts.get(character) ?? 0) + 1)
  let bits = 0
  for (const count of counts.values()) bits -= (count / value.length) * Math.log2(count / value.length)
  return bits >= 3
}
