import type { PastEvent } from '../events.ts'
import type { LogEntry } from '../logs/entry.ts'
import type { Sample } from '../monitor/history.ts'
import { SIGNATURES, type Signature } from './signatures.ts'
import { createTemplates, type Template } from './templates.ts'

/** All that is known about the time in question; nothing else goes into the answer. */
export interface Known {
  readonly sinceMs: number
  readonly untilMs: number
  /** Warnings and worse of the window. */
  readonly entries: readonly LogEntry[]
  /** The same of an equally long time before it. */
  readonly before: readonly LogEntry[]
  /** Whether the logs reach back far enough for `before` to mean anything. */
  readonly hasBefore: boolean
  readonly events: readonly PastEvent[]
  readonly samples: readonly Sample[]
  readonly service: string | undefined
}

interface Pattern extends Template {
  /** How often it was seen in the time before. */
  readonly before: number
  readonly isNew: boolean
}

interface Moment {
  readonly atMs: number
  readonly kind: 'change' | 'status' | 'log' | 'action'
  readonly text: string
}

interface Candidate {
  readonly cause: string
  /** From 0 to 1; evidence of different kinds adds up. */
  readonly confidence: number
  readonly evidence: readonly string[]
  readonly next: string
}

export interface Findings {
  readonly verdict: 'probable' | 'possible' | 'unknown'
  readonly candidates: readonly Candidate[]
  readonly patterns: readonly Pattern[]
  readonly timeline: readonly Moment[]
  readonly onsetMs: number | undefined
  /** What would have helped and was not there. */
  readonly missing: readonly string[]
}

const PROBABLE = 0.6
const POSSIBLE = 0.4
/** Two causes as likely as one another are no answer. */
const LEAST_LEAD = 0.1
const MAX_PATTERNS = 15
const MAX_MOMENTS = 60
/** A change this long before the trouble began may have caused it. */
const CHANGE_REACH_MS = 45 * 60_000
const CHANGE = /^(?:deploy|release)\//
const UNDOES = /rollback|rolled-back|returned|undone|failed|planned|preview/

/** Reads the evidence; the same evidence gives the same answer, and where it is thin the answer is that nobody knows. */
export function investigate(known: Known): Findings {
  const patterns = patternsOf(known)
  const onsetMs = onsetOf(known, patterns)
  const candidates = [...fromWords(known, patterns), ...fromChecks(known), ...fromChanges(known, patterns, onsetMs)]
  const merged = mergeCandidates(candidates)
  const [first, second] = merged
  const leads = first !== undefined && first.confidence - (second?.confidence ?? 0) >= LEAST_LEAD
  const verdict =
    first === undefined || first.confidence < POSSIBLE ? 'unknown' : first.confidence >= PROBABLE && leads ? 'probable' : 'possible'
  return {
    verdict,
    candidates: merged.slice(0, 5),
    patterns: patterns.slice(0, MAX_PATTERNS),
    timeline: timelineOf(known, patterns),
    onsetMs,
    missing: missingOf(known),
  }
}

const withoutTime = (text: string): string => text.replace(/^\S*\d{4}-\d\d-\d\d[T ]\S+\s*/, '')

function patternsOf({ entries, before, hasBefore }: Known): readonly Pattern[] {
  const now = createTemplates()
  for (const { text, atMs } of entries) now.add(withoutTime(text), atMs)
  const earlier = createTemplates()
  for (const { text } of before) earlier.add(withoutTime(text))
  const counts = new Map(earlier.list().map(({ text, count }) => [text, count]))
  return now
    .list()
    .map((template) => ({ ...template, before: counts.get(template.text) ?? 0, isNew: hasBefore && !counts.has(template.text) }))
    .sort((a, b) => surge(b) - surge(a) || b.count - a.count)
}

/** How much more often than before; one that always was there explains little. */
const surge = ({ count, before }: Pattern): number => (count + 1) / (before + 1)
const isUnusual = (pattern: Pattern): boolean => pattern.isNew || surge(pattern) >= 3

/** When it began: the first bad look at the service, or the first message that is new or far more frequent. */
function onsetOf({ samples }: Known, patterns: readonly Pattern[]): number | undefined {
  const looks = samples.filter(({ status }) => status === 'UNHEALTHY' || status === 'DEGRADED').map(({ atMs }) => atMs)
  const messages = patterns.filter(isUnusual).map(({ firstMs }) => firstMs)
  const moments = [...looks.slice(0, 1), ...messages].filter((atMs) => atMs !== undefined)
  return moments.length === 0 ? undefined : Math.min(...moments)
}

const causeOf = ({ cause, matches }: Signature, text: string): string => {
  const caught = matches
    .exec(text)
    ?.slice(1)
    .find((group) => group !== undefined)
  return caught === undefined ? cause.replace(' ($1)', '') : cause.replace('$1', caught)
}

function fromWords({ hasBefore }: Known, patterns: readonly Pattern[]): readonly Candidate[] {
  return patterns.flatMap((pattern) => {
    const signature = SIGNATURES.find(({ matches }) => matches.test(pattern.example))
    if (signature === undefined) return []
    // What went on just as much when all was well is no explanation.
    const confidence = signature.weight * (isUnusual(pattern) ? 1 : hasBefore ? 0.4 : 0.85)
    const often = `${pattern.count} times${pattern.isNew ? ', never before' : pattern.before > 0 ? `, ${pattern.before} times in the time before` : ''}`
    const evidence = [`log: "${pattern.example.split('\n', 1)[0]!.slice(0, 200)}" (${often})`]
    return [{ cause: causeOf(signature, pattern.example), confidence, evidence, next: signature.next }]
  })
}

/** What failing checks say by themselves. */
function fromChecks({ samples, service }: Known): readonly Candidate[] {
  const failing = samples.findLast(({ status }) => status === 'UNHEALTHY' || status === 'DEGRADED')
  return (failing?.checks ?? []).flatMap(({ type, problem, reason, status }) => {
    if (status !== 'UNHEALTHY' && status !== 'DEGRADED') return []
    const evidence = [`check: ${reason}`]
    const next = `switchyard ops monitor check${service === undefined ? '' : ` --service ${service}`}`
    const told = (cause: string, confidence: number): Candidate[] => [
      { cause, confidence: status === 'DEGRADED' ? confidence * 0.7 : confidence, evidence, next },
    ]
    if (problem === 'expired') return told('a certificate has expired', 0.85)
    if (problem === 'tls') return told('a certificate is not trusted', 0.6)
    if (problem === 'dns') return told('a name cannot be resolved', 0.6)
    if (problem === 'limit' && type === 'disk') return told('a file system is full', 0.6)
    if (problem === 'limit' && type === 'memory') return told('memory ran out', 0.5)
    if (reason.includes('too much memory')) return told('memory ran out', 0.75)
    // What it looks like from outside is where to look, and no cause yet.
    if (problem === 'refused' || problem === 'gone' || problem === 'stopped') return told('it does not run, or listens elsewhere', 0.3)
    return []
  })
}

/** A deployment or release shortly before the trouble; the more so when what is logged since was never logged before it. */
function fromChanges({ events, service }: Known, patterns: readonly Pattern[], onsetMs: number | undefined): readonly Candidate[] {
  if (onsetMs === undefined) return []
  return events.flatMap((event) => {
    const gapMs = onsetMs - event.atMs
    if (hasEnded(event, events, onsetMs)) return []
    if (!CHANGE.test(event.topic) || UNDOES.test(event.topic) || gapMs < 0 || gapMs > CHANGE_REACH_MS) return []
    if (service !== undefined && event.service !== undefined && event.service !== service) return []
    const isRelease = event.topic.startsWith('release/')
    const minutes = Math.round(gapMs / 60_000)
    const evidence = [`${event.summary} at ${iso(event.atMs)}, ${minutes === 0 ? 'less than a minute' : `${minutes} min`} before it began`]
    let confidence = (isRelease ? 0.25 : 0.45) * (1 - (0.5 * gapMs) / CHANGE_REACH_MS)
    const fresh = patterns.filter((pattern) => pattern.isNew && (pattern.firstMs ?? 0) >= event.atMs && pattern.count >= 2)
    if (fresh.length > 0) {
      confidence = either(confidence, 0.4)
      evidence.push(`${fresh.length} kinds of message since then that were never logged before, such as "${fresh[0]!.text.slice(0, 120)}"`)
    }
    if (event.service !== undefined && event.service === service) {
      confidence = either(confidence, 0.1)
      evidence.push('it changed this very service')
    }
    const next = isRelease
      ? 'look at what the release changed'
      : `switchyard ops remediate --action rollback${service === undefined ? '' : ` --service ${service}`}`
    return [{ cause: `the change ${event.summary}`, confidence, evidence, next }]
  })
}

/** What began and ended before the trouble is one change, and what it came to counts. */
const hasEnded = ({ topic, atMs, service }: PastEvent, events: readonly PastEvent[], onsetMs: number): boolean =>
  topic === 'deploy/began' &&
  events.some(
    (later) =>
      later.topic.startsWith('deploy/') &&
      later.topic !== topic &&
      later.service === service &&
      later.atMs >= atMs &&
      later.atMs <= onsetMs,
  )

const either = (a: number, b: number): number => 1 - (1 - a) * (1 - b)
const iso = (ms: number): string => new Date(ms).toISOString()

/** One cause that several say is likelier; the same words twice are no second witness. */
function mergeCandidates(candidates: readonly Candidate[]): readonly Candidate[] {
  const merged = new Map<string, Candidate>()
  for (const candidate of candidates) {
    const known = merged.get(candidate.cause)
    const kinds = new Set(known?.evidence.map((text) => text.split(':', 1)[0]))
    const isOther = !kinds.has(candidate.evidence[0]?.split(':', 1)[0])
    if (known === undefined) merged.set(candidate.cause, candidate)
    else {
      const confidence = isOther ? either(known.confidence, candidate.confidence) : Math.max(known.confidence, candidate.confidence)
      merged.set(candidate.cause, { ...known, confidence, evidence: [...known.evidence, ...candidate.evidence].slice(0, 8) })
    }
  }
  return [...merged.values()]
    .map((candidate) => ({ ...candidate, confidence: Math.round(Math.min(candidate.confidence, 0.95) * 100) / 100 }))
    .sort((a, b) => b.confidence - a.confidence || (a.cause < b.cause ? -1 : 1))
}

function timelineOf({ events, samples, sinceMs, untilMs }: Known, patterns: readonly Pattern[]): readonly Moment[] {
  const moments: Moment[] = events.map(({ atMs, topic, summary }) => ({
    atMs,
    kind: topic === 'ops/service-changed' ? 'status' : topic === 'ops/remediation' ? 'action' : 'change',
    text: summary,
  }))
  for (const [index, sample] of samples.entries()) {
    const before = samples[index - 1]
    if (before === undefined || before.status === sample.status) continue
    const why = sample.checks.find(({ status }) => status === sample.status)?.reason ?? ''
    moments.push({
      atMs: sample.atMs,
      kind: 'status',
      text: `a check found ${sample.status}${sample.status === 'HEALTHY' ? '' : `: ${why}`}`,
    })
  }
  for (const pattern of patterns.filter(isUnusual).slice(0, MAX_PATTERNS)) {
    if (pattern.firstMs === undefined) continue
    moments.push({ atMs: pattern.firstMs, kind: 'log', text: `first of ${pattern.count}: ${pattern.text.slice(0, 160)}` })
  }
  return moments
    .filter(({ atMs }) => atMs >= sinceMs - CHANGE_REACH_MS && atMs <= untilMs)
    .sort((a, b) => a.atMs - b.atMs)
    .slice(-MAX_MOMENTS)
}

function missingOf({ entries, events, samples, hasBefore }: Known): readonly string[] {
  return [
    ...(entries.length === 0 ? ['no warnings or errors were logged in this time, or the logs are not defined'] : []),
    ...(entries.length > 0 && !hasBefore ? ['the logs do not reach back before this time, so what is new in them cannot be told'] : []),
    ...(events.some(({ topic }) => CHANGE.test(topic)) ? [] : ['no deployment or release is known around this time']),
    ...(samples.length === 0 ? ['nobody watched the service: no samples'] : []),
  ]
}
