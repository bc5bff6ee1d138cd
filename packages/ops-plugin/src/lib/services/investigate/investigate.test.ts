import { describe, expect, it } from 'vitest'
import type { PastEvent } from '../events.ts'
import type { LogEntry } from '../logs/entry.ts'
import type { Sample } from '../monitor/history.ts'
import { investigate, type Known } from './investigate.ts'

const MINUTE = 60_000
const START = Date.UTC(2026, 10, 21, 10)
const entry = (minute: number, text: string): LogEntry => ({
  atMs: START + minute * MINUTE,
  level: 'error',
  text: `${new Date(START + minute * MINUTE).toISOString()} ERROR ${text}`,
  source: 'app.log',
})
const many = (from: number, count: number, text: (index: number) => string): LogEntry[] =>
  Array.from({ length: count }, (_, index) => entry(from + index * 0.1, text(index)))
const event = (minute: number, topic: string, service?: string): PastEvent => ({
  atMs: START + minute * MINUTE,
  topic,
  service,
  summary: `${topic}, service ${service}`,
})
const sample = (minute: number, status: Sample['status'], checks: Sample['checks'] = []): Sample => ({
  atMs: START + minute * MINUTE,
  status,
  checks,
})

const quiet: Known = {
  sinceMs: START,
  untilMs: START + 60 * MINUTE,
  entries: [],
  before: [entry(-30, 'retrying job 1'), entry(-20, 'retrying job 2')],
  hasBefore: true,
  events: [],
  samples: [],
  service: 'api',
}

describe('investigate()', () => {
  it('says that it does not know where nothing is known, and what is missing', () => {
    const { verdict, candidates, missing } = investigate(quiet)
    expect({ verdict, candidates }).toEqual({ verdict: 'unknown', candidates: [] })
    expect(missing).toHaveLength(3)
  })

  it('does not take what went on before just as much for a cause', () => {
    const usual = {
      before: many(-60, 40, (index) => `upstream timed out ${index}`),
      entries: many(0, 40, (index) => `upstream timed out ${index}`),
    }
    expect(investigate({ ...quiet, ...usual }).verdict).toBe('unknown')
  })

  it('does not blame messages whose words explain nothing', () => {
    expect(investigate({ ...quiet, entries: many(5, 30, (index) => `something odd in widget ${index}`) }).verdict).toBe('unknown')
  })

  it('finds a cause by its words, the more surely where a check agrees', () => {
    const entries = many(20, 12, (index) => `write /data/part-${index}: ENOSPC: no space left on device`)
    const byWords = investigate({ ...quiet, entries })
    expect(byWords).toMatchObject({
      verdict: 'probable',
      candidates: [{ cause: 'a file system is full', evidence: [expect.stringContaining('never before')] }],
    })
    const checks = [
      { check: 'disk /', type: 'disk', status: 'UNHEALTHY' as const, problem: 'limit' as const, reason: 'used space of / is 100 %' },
    ]
    const both = investigate({ ...quiet, entries, samples: [sample(0, 'HEALTHY'), sample(21, 'UNHEALTHY', checks)] })
    expect(both.candidates[0]!.confidence).toBeGreaterThan(byWords.candidates[0]!.confidence)
    expect(both.candidates[0]!.evidence).toHaveLength(2)
  })

  it('names the dependency that refuses', () => {
    const entries = many(20, 5, () => 'connect ECONNREFUSED 10.0.0.5:5432')
    expect(investigate({ ...quiet, entries }).candidates[0]!.cause).toBe('what it depends on takes no connections (10.0.0.5:5432)')
  })

  it('finds the deployment after which new messages began', () => {
    const entries = many(22, 20, (index) => `cannot read properties of undefined (reading basket) in order ${index}`)
    const events = [event(-40, 'deploy/finished', 'api'), event(20, 'deploy/finished', 'api')]
    const { verdict, candidates, onsetMs, timeline } = investigate({
      ...quiet,
      entries,
      events,
      samples: [sample(0, 'HEALTHY'), sample(23, 'UNHEALTHY')],
    })
    expect(verdict).toBe('probable')
    expect(onsetMs).toBe(START + 22 * MINUTE)
    expect(candidates[0]).toMatchObject({ cause: 'the change deploy/finished, service api', next: expect.stringContaining('rollback') })
    expect(candidates[0]!.evidence.join()).toContain('2 min before it began')
    expect(timeline.map(({ kind }) => kind)).toEqual(['change', 'change', 'log', 'status'])
  })

  it('does not blame a deployment that came after, long before, of another service, or that was itself the return', () => {
    const entries = many(22, 20, (index) => `odd thing ${index}`)
    for (const one of [
      event(30, 'deploy/finished', 'api'),
      event(-50, 'deploy/finished', 'api'),
      event(20, 'deploy/finished', 'other'),
      event(20, 'deploy/rolled-back', 'api'),
    ]) {
      expect(investigate({ ...quiet, entries, events: [one] }).verdict).toBe('unknown')
    }
  })

  it('takes a deployment that began and ended for one change, and one that still goes on for another', () => {
    const entries = many(22, 20, (index) => `odd thing ${index}`)
    const causes = (...events: PastEvent[]): readonly string[] =>
      investigate({ ...quiet, entries, events }).candidates.map(({ cause }) => cause)
    const began = event(20, 'deploy/began', 'api')
    expect(causes(began, event(21, 'deploy/done', 'api'))).toEqual(['the change deploy/done, service api'])
    expect(causes(began, event(23, 'deploy/done', 'api'))).toEqual(['the change deploy/began, service api'])
    expect(causes(began, event(21, 'deploy/returned', 'api'))).toEqual([])
  })

  it('does not decide between two causes that are as likely', () => {
    const entries = [...many(20, 9, () => 'ENOSPC: no space left on device'), ...many(20, 9, () => 'JavaScript heap out of memory')]
    expect(investigate({ ...quiet, entries })).toMatchObject({
      verdict: 'possible',
      candidates: [{ confidence: 0.75 }, { confidence: 0.75 }],
    })
  })
})
