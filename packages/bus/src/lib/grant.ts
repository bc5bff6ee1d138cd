import type { Grant } from '@switchyard/contracts'

/*
 * What an identity may do, decided here for the bus in a process and for the hub between processes alike.
 * A request's subject with a slash is a topic (publish to ask, hear to serve); without one it is a command id
 * (call to ask; a plugin serves its own commands only).
 */

/** What a handle without a grant may do. */
export const EVERYTHING: Grant = Object.freeze({ publish: ['**'], hear: ['**'], call: ['*'] })

/** Whether the identity may publish on this topic. */
export function mayPublish(grant: Grant, topic: string): boolean {
  return grant.publish.some((allowed) => covers(allowed, topic))
}

/** Whether the identity may subscribe to this pattern: one of its patterns must cover all topics that this one matches. */
export function mayHear(grant: Grant, pattern: string): boolean {
  return grant.hear.some((allowed) => covers(allowed, pattern))
}

/** Whether the identity may send a request for this subject. */
export function mayCall(grant: Grant, subject: string): boolean {
  if (subject.includes('/')) return mayPublish(grant, subject)
  return grant.call.some((allowed) => coversCommand(allowed, subject))
}

/** Whether the identity may answer requests for this subject. */
export function mayServe(identity: string, grant: Grant, subject: string): boolean {
  if (subject.includes('/')) return mayHear(grant, subject)
  return subject === identity || subject.startsWith(`${identity}.`)
}

function coversCommand(allowed: string, command: string): boolean {
  if (allowed === '*' || allowed === command) return true
  return allowed.endsWith('.*') && command.startsWith(allowed.slice(0, -1))
}

/**
 * Whether every topic that `pattern` matches is matched by `allowed`; never a wrong yes, but a no for a few pairs that are
 * written differently and mean the same ("any, then one" and "one, then any"). Walks both patterns together, keeping all places
 * of `allowed` that could be reached; a wildcard of `pattern` stands for a segment that no literal is equal to.
 */
export function covers(allowed: string, pattern: string): boolean {
  if (allowed === '**' || allowed === pattern) return true
  if (!allowed.includes('*')) return false
  const places = allowed.split('/')
  let reached = withSkips(places, new Set([0]))
  for (const segment of pattern.split('/')) {
    if (segment === '**') {
      const repeated = reachedByAnyNumber(places, reached)
      if (repeated === undefined) return false
      reached = repeated
      continue
    }
    reached = step(places, reached, segment)
    if (reached.size === 0) return false
  }
  return reached.has(places.length)
}

/** Where `**` of the pattern may end: only a place of `allowed` that is reached with no segment, with one, with two and so on is certain. */
function reachedByAnyNumber(places: readonly string[], start: ReadonlySet<number>): Set<number> | undefined {
  const certain = new Set(start)
  let current: ReadonlySet<number> = start
  for (let count = 0; count <= places.length; count++) {
    current = step(places, current, '*')
    for (const place of certain) if (!current.has(place)) certain.delete(place)
    if (certain.size === 0) return undefined
  }
  return certain
}

function step(places: readonly string[], reached: ReadonlySet<number>, segment: string): Set<number> {
  const next = new Set<number>()
  for (const place of reached) {
    const at = places[place]
    if (at === '**') next.add(place)
    else if (at === '*' || at === segment) next.add(place + 1)
  }
  return withSkips(places, next)
}

/** `**` may stand for nothing at all, so what comes after it is reached too. */
function withSkips(places: readonly string[], reached: Set<number>): Set<number> {
  for (const place of reached) if (places[place] === '**') reached.add(place + 1)
  return reached
}
