import { mayHoldSecretShape, SECRET_SHAPES } from '@switchyard/plugin-kit/redact'

/** Lines so marked were looked at by a person; the marks are those of other scanners. */
const ALLOWED = /gitleaks:allow|pragma: allowlist secret|trufflehog:ignore|secretlint-disable-line/

const MAX_FOUND = 100

export interface Secret {
  readonly line: number
  readonly what: string
}

/** Secrets of known shape in a text, by line; what plainly is a placeholder is left out, and the secret itself is never returned. */
export function findSecrets(text: string): readonly Secret[] {
  if (!mayHoldSecretShape(text)) return []
  const found: Secret[] = []
  for (const { what, matches } of SECRET_SHAPES) {
    for (const match of text.matchAll(matches)) {
      if (isPlaceholder(match[1] ?? '')) continue
      const start = text.lastIndexOf('\n', match.index) + 1
      const end = text.indexOf('\n', match.index)
      if (ALLOWED.test(text.slice(start, end === -1 ? undefined : end))) continue
      if (found.length === MAX_FOUND) return found
      found.push({ line: text.slice(0, match.index).split('\n').length, what })
    }
  }
  return found.sort((a, b) => a.line - b.line)
}

const LEAST_DIFFERENT_CHARS = 5

function isPlaceholder(secret: string): boolean {
  if (/example|placeholder|changeme|change-me|your[-_]?|redacted|dummy|fake|secret|passw|xxxx|\*\*\*|\.\.\.|[${<>}]|%[sd(]/i.test(secret))
    return true
  return new Set(secret).size < LEAST_DIFFERENT_CHARS || '0123456789abcdefghijklmnopqrstuvwxyz'.includes(secret.toLowerCase())
}
