import { ADDRESS_WITH_PASSWORD, SECRET_FORMS } from './secret-forms.ts'

/** Names whose values are secrets, by how people call them. */
const SECRET_NAME =
  /(^|[_.-])(password|passwd|passphrase|pwd|pass|secret|token|api[_-]?key|apikey|access[_-]?key|private[_-]?key|encryption[_-]?key|signing[_-]?key|credential|credentials|dsn|salt|auth)([_.-]|s?$)/i

/** Whether a variable of this name holds a secret, as far as its name tells. */
export function isSecretName(name: string): boolean {
  return (
    SECRET_NAME.test(name) ||
    /(secret|password|token|apikey)$/i.test(name) ||
    /^(app|secret|jwt|session|cookie)_key/i.test(name) ||
    /(database|postgres|mysql|redis|mongo(db)?|amqp|rabbitmq|broker|db)_ur[il]$/i.test(name)
  )
}

/** Whether a value holds a secret, as far as its form tells: an address with a password, a key in PEM, a token of a known kind. */
export const isSecretValue = (value: string): boolean =>
  value.search(ADDRESS_WITH_PASSWORD) !== -1 || SECRET_FORMS.some(([, form]) => value.search(form) !== -1)

const NAMED = /(["']?)([A-Za-z_][\w.-]{0,80})\1[ \t]{0,5}[=:][ \t]{0,5}/g
const VALUE = /"[^"\n]*"|'[^'\n]*'|[^\s"'{}[\]#,][^\s"',}\]]*/y

/** With the lines that follow it, to its end or to that of a text that was cut. */
const PRIVATE_KEY = /-----BEGIN (?:[A-Z]{2,10} ){0,3}PRIVATE KEY(?: BLOCK)?-----[\s\S]{1,8000}?(?=-----END|$)/g

/** References to values that come from elsewhere, and what no secret is. */
const OPEN_VALUE = /^["']?(\$|<|random\w{1,20}\(|(true|false|null|\d{1,5})["']?$)/

/** A text with whatever looks like a secret's value replaced by dots; names, references to variables and the rest stay. */
export function hideSecrets(text: string): string {
  let clean = text.replace(PRIVATE_KEY, HIDDEN)
  for (const [, form] of SECRET_FORMS) clean = clean.replace(form, HIDDEN)
  clean = clean.replace(ADDRESS_WITH_PASSWORD, (address, password: string) =>
    password.startsWith('$') ? address : address.replace(`:${password}@`, `:${HIDDEN}@`),
  )
  return hideNamed(clean)
}

/** Values may hold names of their own, as in `Environment=TOKEN=x`, so only those of secrets are passed over. */
function hideNamed(text: string): string {
  const parts: string[] = []
  let done = 0
  for (let found = find(NAMED, text, 0); found !== undefined; found = find(NAMED, text, Math.max(done, found.end))) {
    const [, , name = ''] = found.match
    // `${NAME:?what to do}` has words for people where a value would be.
    const isQuestion = text[found.end] === '?' && text.startsWith('${', found.match.index - 2)
    const value = isSecretName(name) && !isQuestion ? find(VALUE, text, found.end) : undefined
    if (value === undefined || OPEN_VALUE.test(value.match[0]) || value.match[0].includes(HIDDEN)) continue
    parts.push(text.slice(done, found.end), HIDDEN)
    done = value.end
  }
  return parts.join('') + text.slice(done)
}

function find(pattern: RegExp, text: string, from: number): { match: RegExpExecArray; end: number } | undefined {
  pattern.lastIndex = from
  const match = pattern.exec(text)
  return match === null ? undefined : { match, end: pattern.lastIndex }
}

const HIDDEN = '••••'
