import { redactSecrets } from '../health/secrets.ts'

/** One look for what begins any of the patterns below: most lines end here. */
const HINT = /pass|pwd|secret|token|key|auth|cookie|session|credential|:\/\/|eyJ/i

/** Each keeps what tells a reader which secret it was, in group 1; all repetitions are bounded. */
const SHAPES: readonly RegExp[] = [
  /(-----BEGIN (?:[A-Z]+ )?PRIVATE KEY(?: BLOCK)?-----)[\s\S]{1,8000}?(?=-----END|$)/g,
  /\b((?:proxy-)?authorization["']?\s{0,3}[:=]\s{0,3}["']?(?:(?:basic|bearer|token|digest|negotiate)\s{1,3})?)[^\s"',;]{4,4000}/gi,
  /\b(bearer\s{1,3})[\w.~+/=-]{12,4000}/gi,
  /\b((?:set-)?cookie["']?\s{0,3}[:=]\s{0,3}["']?)[^\r\n"']{4,4000}/gi,
  /((?:pass(?:word|wd|phrase)?|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|client[_-]?secret|session(?:[_-]?id)?|credentials?)["']?\s{0,3}[:=]\s{0,3}["']?)(?!null\b|undefined\b|true\b|false\b|\[redacted)[^\s"',;&)}\]]{3,4000}/gi,
  /(\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s:/@"']{0,200}:)[^\s/@"']{1,400}(?=@)/gi,
  /\b()eyJ[\w-]{8,2000}\.eyJ[\w-]{8,4000}\.[\w-]{8,2000}/g,
]

/** A log line or message with each secret replaced by `[redacted]`: those of known shape, and what is named like one. */
export function redact(text: string): string {
  let clean = redactSecrets(text)
  if (!HINT.test(clean)) return clean
  for (const shape of SHAPES) clean = clean.replace(shape, '$1[redacted]')
  return clean
}
