const SECRET = /pass(word|phrase|wd)|secret|token|credential|authorization|cookie|(api|access|private)_?key/i

/** Whether a key's name says that its value is nobody else's business. */
export function isSecretName(name: PropertyKey): boolean {
  return SECRET.test(String(name).replaceAll('-', '_'))
}

/** The same data to be shown: every text at or below a secret name is hidden; numbers stay, as many a name counts tokens. */
export function withoutSecrets<value>(value: value): value {
  return shown(value, false) as value
}

function shown(value: unknown, isSecret: boolean): unknown {
  if (typeof value === 'string') return isSecret ? '[hidden]' : value
  if (Array.isArray(value)) return value.map((one) => shown(one, isSecret))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shown(inner, isSecret || isSecretName(key))]))
}
