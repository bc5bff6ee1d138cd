const SECRET = /pass(word|phrase)|secret|token|credential|api_?key/i

/** Whether a key's name says that its value is nobody else's business. */
export function isSecretName(name: PropertyKey): boolean {
  return SECRET.test(String(name))
}

/** The same data to be shown: texts under secret names are hidden, however deep. */
export function withoutSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSecrets)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, typeof inner === 'string' && isSecretName(key) ? '[hidden]' : withoutSecrets(inner)]),
  )
}
