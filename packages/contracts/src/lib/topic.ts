/** The longest topic or pattern that the bus takes. */
export const MAX_TOPIC_LENGTH = 512

/** True for a topic that can be published: segments between slashes, none empty, no wildcard. */
export function isTopic(text: string): boolean {
  return isPath(text) && !text.includes('*')
}

/** True for a pattern: a topic whose segments may also be `*` (exactly one) or `**` (any number, none included). */
export function isTopicPattern(text: string): boolean {
  if (!isPath(text)) return false
  return text.split('/').every((segment) => segment === '*' || segment === '**' || !segment.includes('*'))
}

function isPath(text: string): boolean {
  if (text.length === 0 || text.length > MAX_TOPIC_LENGTH || text.startsWith('/') || text.endsWith('/') || text.includes('//')) return false
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code <= 0x20 || code === 0x7f) return false
  }
  return true
}
