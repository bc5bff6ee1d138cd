import { stem } from '../stem.ts'
import { tokenize } from '../tokens.ts'
import { CONTEXT_PHRASES, DOMAIN_PHRASES, FILE_SIGNALS, PATTERN_PHRASES, URGENCY_PHRASES, WEIGHTY_PHRASES } from './tables.ts'

export interface Task {
  readonly text: string
  /** Paths that it is about. */
  readonly files?: readonly string[]
  readonly subtasks?: readonly string[]
}

export type Complexity = 'simple' | 'moderate' | 'complex'

/** What kind of work a task is. */
export interface Classification {
  /** Strongest first. */
  readonly domains: readonly string[]
  /** Technologies, also those that others imply. */
  readonly contexts: readonly string[]
  readonly patterns: readonly string[]
  readonly complexity: Complexity
  /** 1 to 10; 5 where nothing is said. */
  readonly urgency: number
  readonly minutes: number
}

const MINUTES: Readonly<Record<Complexity, number>> = { simple: 10, moderate: 30, complex: 45 }
const DEFAULT_URGENCY = 5
/** A file speaks for a domain from so many points on. */
const LEAST_FILE_POINTS = 30

/** Classifies a task by whole words, so that "build" is no "ui" and "feedback" no "db". */
export function classify({ text, files = [], subtasks = [] }: Task): Classification {
  const stems = tokenize([text, ...subtasks].join(' . ')).map(({ word }) => stem(word))
  const says = (phrases: readonly string[]): number => phrases.filter((phrase) => holds(stems, phrase)).length
  const inText = [...DOMAIN_PHRASES].map(([domain, phrases]) => [domain, 10 * says(phrases)] as const)
  const byDomain = new Map<string, number>(inText)
  for (const [domain, points] of domainsOf(files)) byDomain.set(domain, (byDomain.get(domain) ?? 0) + points)
  const domains = [...byDomain].filter(([, points]) => points > 0).sort((a, b) => b[1] - a[1])
  const namesOf = (table: ReadonlyMap<string, readonly string[]>): string[] =>
    [...table].flatMap(([name, phrases]) => (says(phrases) > 0 ? [name] : []))
  const patterns = namesOf(PATTERN_PHRASES)
  const complexity = complexityOf(domains.length, patterns, files.length, subtasks.length, weightOf(says))
  return {
    domains: domains.map(([domain]) => domain),
    contexts: namesOf(CONTEXT_PHRASES),
    patterns,
    complexity,
    urgency: Number(namesOf(URGENCY_PHRASES)[0] ?? DEFAULT_URGENCY),
    minutes: MINUTES[complexity],
  }
}

/** Whether the words of a phrase stand one behind the other, be they written together: "FastAPI", "front-end". */
function holds(words: readonly string[], phrase: string): boolean {
  const wanted = tokenize(phrase).map(({ word }) => stem(word))
  const joined = wanted.join('')
  return words.some((word, at) => wanted.every((one, i) => words[at + i] === one) || `${word}${words[at + 1] ?? ''}` === joined)
}

function domainsOf(files: readonly string[]): ReadonlyMap<string, number> {
  const points = new Map<string, number>()
  for (const file of files) {
    const matched = FILE_SIGNALS.filter(([pattern]) => pattern.test(file))
    const [first] = matched
    if (first === undefined) continue
    const sum = matched.filter(([, domain]) => domain === first[1]).reduce((total, [, , one]) => total + one, 0)
    if (sum >= LEAST_FILE_POINTS) points.set(first[1], (points.get(first[1]) ?? 0) + sum)
  }
  return points
}

const weightOf = (says: (phrases: readonly string[]) => number): number =>
  Math.max(0, ...[...WEIGHTY_PHRASES].map(([points, phrases]) => (says(phrases) > 0 ? Number(points) : 0)))

function complexityOf(domains: number, patterns: readonly string[], files: number, subtasks: number, weight: number): Complexity {
  const byCount = (count: number, many: number, some: number): number => (count > many ? 3 : count > some ? 2 : count > 0 ? 1 : 0)
  const points =
    Math.min(4, Math.max(0, domains - 1)) +
    (patterns.includes('deployment') && domains > 1 ? 2 : 0) +
    byCount(files, 10, 5) +
    byCount(subtasks, 5, 2) +
    weight
  return points >= 6 ? 'complex' : points >= 3 ? 'moderate' : 'simple'
}
