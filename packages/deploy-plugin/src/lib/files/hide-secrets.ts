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

/** Whether a value holds a secret, as far as its form tells: a URL with a password, a key in PEM, a token of a known kind. */
export function isSecretValue(value: string): boolean {
  return (
    /^[a-z][a-z0-9+.-]*:\/\/[^/\s:@]*:[^/\s@]+@/i.test(value) ||
    /-----BEGIN [A-Z ]*PRIVATE KEY/.test(value) ||
    value.search(KNOWN_TOKEN) !== -1
  )
}

const KNOWN_TOKEN =
  /\b(AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|glpat-[\w-]{20,}|xox[abprs]-[\w-]{10,}|sk_(live|test)_\w{16,}|sk-[\w-]{20,}|AIza[\w-]{35}|npm_\w{36}|AGE-SECRET-KEY-[0-9A-Z-]+|ey[\w-]{10,}\.ey[\w-]{10,}\.[\w-]+)/g

/** A text with whatever looks like a secret's value replaced by dots; names, references to variables and the rest stay. */
export function hideSecrets(text: string): string {
  return text
    .replace(KNOWN_TOKEN, HIDDEN)
    .replace(/([a-z][a-z0-9+.-]*:\/\/[^/\s:@"']*:)(?!\$\{)[^/\s@"']+(@)/gi, `$1${HIDDEN}$2`)
    .replace(
      /^([ +-]?\s*(?:- )?["']?)([\w.-]+)(["']?\s*[=:]\s*)(\S.*)$/gm,
      (whole, indent: string, name: string, sign: string, value: string) =>
        isSecretName(name) && !/^["']?(\$\{|<|#|$)/.test(value) ? `${indent}${name}${sign}${HIDDEN}` : whole,
    )
}

const HIDDEN = '••••'
