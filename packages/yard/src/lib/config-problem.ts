/** What is wrong in one place of the configuration. */
export interface ConfigProblem {
  /** A file's path, or the name of an environment variable. */
  readonly source: string
  /** From 1; absent for an environment variable. */
  readonly line?: number
  readonly column?: number
  /** Such as `store.busyTimeoutMs`; empty for the whole document. */
  readonly key: string
  /** What must hold and what is, as the end of a sentence that begins with the key. */
  readonly message: string
}

/** `store.busyTimeoutMs`, `plugins[0]`, `guard["ops.health"].retry`. */
export function keyText(path: readonly PropertyKey[]): string {
  let text = ''
  for (const key of path) {
    if (typeof key === 'number') text += `[${key}]`
    else if (/^[$\w-]+$/.test(String(key))) text += text === '' ? String(key) : `.${String(key)}`
    else text += `[${JSON.stringify(String(key))}]`
  }
  return text
}
