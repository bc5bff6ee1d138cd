import { redactShapes } from './secret-shapes.ts'

/** What stands where a secret was. */
const MARK = '[redacted]'

const SECRET_NAME =
  /pass(?:word|phrase|wd|code)|passwd|pwd(?:$|_)|secret|token|credential|authorization|(?:^|_)auth$|cookie|(?:api|access|private|signing|encryption|ssh)_?key|connection_?string|(?:^|_)(?:jwt|otp|pin)$/i

/** Whether a key's name says that its value is nobody else's business. */
export function isSecretName(name: PropertyKey): boolean {
  return SECRET_NAME.test(words(name))
}

/** `apiKey`, `api-key` and `api.key` as `api_Key` and the like. */
function words(name: PropertyKey): string {
  return String(name)
    .replaceAll(/[-.\s]/g, '_')
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
}

/** Names that count tokens instead of being one: `tokens`, `inputTokens`, `token_count`. */
const COUNTS_TOKENS = /tokens$|token_?(?:count|limit|budget|usage)s?$/i

/** One look for what begins any of the patterns below: most lines end here. */
const HINT = /pass|pwd|secret|token|key|auth|cookie|session|credential|:\/\/|eyJ|-u|--user/i

/** Each keeps what tells a reader which secret it was, in group 1; all repetitions are bounded. */
const NAMED: readonly RegExp[] = [
  /(-----BEGIN (?:[A-Z]+ )?PRIVATE KEY(?: BLOCK)?-----)[\s\S]{1,8000}?(?=-----END|$)/g,
  /\b((?:proxy-)?authorization\\?["']?\s{0,3}[:=]\s{0,3}\\?["']?(?:(?:basic|bearer|token|digest|negotiate)\s{1,3})?)[^\s"',;\\]{4,4000}/gi,
  /\b(bearer\s{1,3})[\w.~+/=-]{12,4000}/gi,
  /\b((?:set-)?cookie\\?["']?\s{0,3}[:=]\s{0,3}\\?["']?)[^\r\n"'\\]{4,4000}/gi,
  /((?:pass(?:word|wd|phrase|code)?|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|client[_-]?secret|session(?:[_-]?id)?|credentials?)\\?["']?\s{0,3}[:=]\s{0,3}\\?["']?)(?!null\b|undefined\b|true\b|false\b|\[redacted)[^\s"',;&)}\]\\]{3,4000}/gi,
  /(--(?:[a-z]{1,20}-){0,3}(?:pass(?:word|wd|phrase)?|secret|token|(?:api-?|access-?|private-?)key|credentials?)\s{1,3}["']?)(?!-|\[redacted)[^\s"']{3,4000}/gi,
  /((?:^|\s)(?:-u|--user)[\s=]["']?[^\s:"']{1,200}:)[^\s"']{3,400}/g,
  /(\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s:/@"']{0,200}:)[^\s/@"']{1,400}(?=@)/gi,
  /\b()eyJ[\w-]{8,2000}\.eyJ[\w-]{8,4000}\.[\w-]{8,2000}/g,
]

/** A text with each secret replaced by `[redacted]`: those of known shape, and what is named like one. Redact before cutting: half a secret has no shape. */
export function redact(text: string): string {
  let clean = redactShapes(text)
  if (!HINT.test(clean)) return clean
  for (const pattern of NAMED) clean = clean.replace(pattern, `$1${MARK}`)
  return clean
}

/**
 * The same data to be kept or shown, as plain JSON: every text at or below a secret name is hidden, a number where its name does not
 * count tokens, and in all other texts what looks like a secret. Never throws.
 */
export function withoutSecrets<value>(value: value): value {
  return plainRedactor.value(value)
}

/** Takes secrets out of what leaves the process. */
export interface Redactor {
  text(text: string): string
  value<value>(value: value): value
  /** Whether a secret that is known is in it, however it is written. */
  holdsKnown(text: string): boolean
}

export interface RedactorOptions {
  /** Secrets themselves, such as values of the environment; shorter ones than 6 characters would hide too much and are left. */
  known?: readonly string[]
}

const LEAST_KNOWN_LENGTH = 6

/** A redactor that also takes out secrets that are known, as they are and as JSON, addresses and base64 write them. */
export function createRedactor({ known = [] }: RedactorOptions = {}): Redactor {
  const writings = new Set(known.filter(({ length }) => length >= LEAST_KNOWN_LENGTH).flatMap(writingsOf))
  const literal =
    writings.size === 0
      ? undefined
      : new RegExp(
          [...writings]
            .sort((a, b) => b.length - a.length)
            .map((one) => one.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
            .join('|'),
          'g',
        )

  function text(given: string): string {
    return redact(literal === undefined ? given : given.replace(literal, MARK))
  }

  return {
    text,
    holdsKnown: (given) => literal !== undefined && given.search(literal) !== -1,
    value: <value>(value: value) => shown(value, { text, within: [], hidesTexts: false, hidesNumbers: false }) as value,
  }
}

const plainRedactor = createRedactor()

function writingsOf(secret: string): readonly string[] {
  const base64 = Buffer.from(secret).toString('base64').replace(/=+$/, '')
  return [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret), base64]
}

const MAX_DEPTH = 64

interface Place {
  readonly text: (text: string) => string
  /** What this lies in, from the outside; a value that lies in itself ends there. */
  readonly within: readonly object[]
  readonly hidesTexts: boolean
  readonly hidesNumbers: boolean
}

function shown(value: unknown, place: Place): unknown {
  const { text, within, hidesTexts, hidesNumbers } = place
  if (typeof value === 'string') return hidesTexts ? MARK : text(value)
  if (typeof value === 'number' || typeof value === 'bigint') return hidesNumbers ? MARK : value
  if (typeof value !== 'object' || value === null) return value
  if (within.length >= MAX_DEPTH || within.includes(value)) return '[cut]'
  try {
    const inside = { ...place, within: [...within, value] }
    if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`
    if ('toJSON' in value && typeof value.toJSON === 'function') return shown(value.toJSON(), inside)
    if (Array.isArray(value) || value instanceof Set) return [...value].map((one) => shown(one, inside))
    const entries = value instanceof Map ? [...value] : Object.entries(value instanceof Error ? fieldsOf(value) : value)
    return Object.fromEntries(entries.map(([key, inner]) => [text(String(key)), shown(inner, below(String(key), inside))]))
  } catch {
    // A getter that throws, a revoked proxy.
    return '[unreadable]'
  }
}

function below(key: string, place: Place): Place {
  if (place.hidesNumbers || !isSecretName(key)) return place
  return { ...place, hidesTexts: true, hidesNumbers: !COUNTS_TOKENS.test(words(key)) }
}

function fieldsOf(error: Error): Readonly<Record<string, unknown>> {
  const { name, message, stack, cause } = error
  return { ...(error as object), name, message, ...(stack !== undefined && { stack }), ...(cause !== undefined && { cause }) }
}
