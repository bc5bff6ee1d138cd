/** Whether a topic is meant by a pattern: `*` is one segment, `**` any number, none included. */
export type TopicMatcher = (topic: string) => boolean

export function createTopicMatcher(pattern: string): TopicMatcher {
  const wanted = pattern.split('/')
  if (!pattern.includes('*')) return (topic) => topic === pattern
  if (pattern === '**') return () => true
  return (topic) => matches(wanted, topic.split('/'))
}

/** Goes back to the last `**` only, which is enough and keeps the time at segments × segments. */
function matches(wanted: readonly string[], segments: readonly string[]): boolean {
  let next = 0
  let at = 0
  let wild = -1
  let wildEnd = 0
  while (at < segments.length) {
    const want = wanted[next]
    if (want === '**') {
      wild = next++
      wildEnd = at
    } else if (want !== undefined && (want === '*' || want === segments[at])) {
      next++
      at++
    } else if (wild >= 0) {
      next = wild + 1
      at = ++wildEnd
    } else return false
  }
  while (wanted[next] === '**') next++
  return next === wanted.length
}
