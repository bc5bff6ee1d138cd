import { withoutSecrets } from '@switchyard/contracts/redact'

/** Of what went in or came out. */
const MAX_LENGTH = 8_192
/** A secret that is cut has no shape, so texts are cut behind what is shown of them. */
const MAX_TEXT = 2 * MAX_LENGTH
const MAX_ITEMS = 100
const MAX_DEPTH = 12

/** What went in or came out as JSON text to be shown: without secrets, and cut; undefined where there was nothing. */
export function contentOf(value: unknown): string | undefined {
  if (value === undefined) return undefined
  const text = JSON.stringify(withoutSecrets(isLarge(value, 0) ? cut(value, 0) : value)) ?? 'null'
  return text.length <= MAX_LENGTH ? text : `${text.slice(0, MAX_LENGTH)}…`
}

/** Text of any kind that somebody wrote, to be shown. */
export function wordsOf(text: string, maxLength = 1_000): string {
  const clean = withoutSecrets(text.slice(0, MAX_TEXT))
  return clean.length <= maxLength ? clean : `${clean.slice(0, maxLength)}…`
}

/** Whether it holds more than is worth holding on to until it is written; looks two levels deep and no further. */
export function isLarge(value: unknown, depth: number): boolean {
  if (typeof value === 'string') return value.length > MAX_LENGTH
  if (typeof value !== 'object' || value === null) return false
  if (depth > 2) return true
  if (Array.isArray(value) && value.length > MAX_ITEMS) return true
  let count = 0
  for (const key in value) if (++count > MAX_ITEMS || isLarge((value as Record<string, unknown>)[key], depth + 1)) return true
  return false
}

/** The beginning of a value: of its lists, its texts and its depth. */
function cut(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return value.length > MAX_TEXT ? `${value.slice(0, MAX_TEXT)}…` : value
  if (typeof value !== 'object' || value === null) return value
  if (depth === MAX_DEPTH) return '…'
  if (Array.isArray(value)) {
    const some = value.slice(0, MAX_ITEMS).map((one) => cut(one, depth + 1))
    return value.length > MAX_ITEMS ? [...some, `… and ${value.length - MAX_ITEMS} more`] : some
  }
  return Object.fromEntries(
    Object.entries(value)
      .slice(0, MAX_ITEMS)
      .map(([key, one]) => [key, cut(one, depth + 1)]),
  )
}
