import type { Clock } from '@switchyard/plugin-kit'
import { describe, expect, it } from 'vitest'
import type { InstanceStatus } from '../handlers/handler.ts'
import { errorLinesOf } from './error-lines.ts'
import { type GateEvidence, type ProbeResult, watchGate } from './gate.ts'

interface Story {
  /** By look: whether the probe is well. The last goes on. */
  probes?: readonly boolean[]
  statuses?: readonly Partial<InstanceStatus>[]
  log?: readonly string[]
  errorLinesBefore?: number
  stableForMs?: number
}

async function watch({
  probes = [true],
  statuses = [{}],
  log = [],
  errorLinesBefore = 0,
  stableForMs = 1_000,
}: Story): Promise<GateEvidence> {
  let nowMs = 0
  // Time goes by while somebody waits, and only then.
  const clock: Clock = {
    now: () => nowMs,
    monotonicMs: () => nowMs,
    after(delayMs, callback) {
      const timer = setImmediate(() => {
        nowMs += delayMs
        callback()
      })
      return () => clearImmediate(timer)
    },
  }
  let looks = 0
  const probe = async (): Promise<ProbeResult> => {
    const ok = probes[Math.min(looks, probes.length - 1)] === true
    return { ok, told: ok ? '200' : '503' }
  }
  const status = async (): Promise<InstanceStatus> => {
    looks++
    return { state: 'running', restarts: 0, ports: [], ...statuses[Math.min(looks - 1, statuses.length - 1)] }
  }
  return watchGate({
    startForMs: 3_000,
    stableForMs,
    maxErrorLines: 2,
    errorLinesBefore,
    probe,
    status,
    logs: async () => log,
    clock,
    signal: AbortSignal.timeout(10_000),
  })
}

describe('watchGate()', () => {
  it('lets through what is well for as long as asked', async () => {
    const evidence = await watch({ probes: [false, false, true] })
    expect(evidence).toMatchObject({ ok: true, restarts: 0 })
    expect(evidence.wellForMs).toBeGreaterThanOrEqual(1_000)
    expect(evidence.failedProbes).toBeGreaterThan(0)
  })

  it.each([
    ['never answers well', { probes: [false] }, '503'],
    ['comes and goes', { probes: Array.from({ length: 40 }, (_, index) => index % 3 !== 0), stableForMs: 5_000 }, 'well'],
    ['ends', { statuses: [{}, { state: 'stopped', ended: 'exit 3' }] }, 'it ended: exit 3'],
    ['is started again', { statuses: [{}, { restarts: 1, ended: 'exit 1' }] }, 'it was started again 1 time, after exit 1'],
    [
      'tells of more errors than the release before',
      { log: ['ERROR a', 'ERROR b', 'ERROR c', 'ERROR d'], errorLinesBefore: 1 },
      '4 lines that tell of errors',
    ],
  ] as const)('holds back what %s', async (_, story, why) => {
    expect(await watch(story)).toMatchObject({ ok: false, why: expect.stringContaining(why) })
  })

  it('forgives as many errors as the release before had', async () => {
    expect(await watch({ log: ['ERROR a', 'ERROR b', 'ERROR c', 'ERROR d'], errorLinesBefore: 2 })).toMatchObject({ ok: true })
  })
})

describe('errorLinesOf()', () => {
  it('tells lines of errors from lines about them', () => {
    const errors = [
      '2026-01-01 ERROR no database',
      '{"level":50,"msg":"x"}',
      'panic: nil map',
      'Unhandled rejection',
      'Traceback (most recent call last):',
    ]
    const others = ['listening on 8080', 'finished with 0 errors', '{"errors":[]}', 'error: null', 'terror in the night is a film']
    expect(errorLinesOf([...others, ...errors])).toEqual(errors)
  })
})
