import { describe, expect, it } from 'vitest'
import { parseRunFilter } from './run-filter.ts'
import type { RunRow } from './wire.ts'

const RUN: RunRow = {
  id: 'ab12'.padEnd(32, '0'),
  title: 'Deploy the API to staging',
  subject: 'deploy.apply',
  status: 'failed',
  startedMs: 0,
  durationMs: 6_000,
  costUsd: 0.02,
  approvedBy: 'Ada',
  code: 'HEALTH_GATE',
  lanes: ['cli', 'deploy'],
  spans: 4,
}

describe('parseRunFilter()', () => {
  it.each([
    '',
    'api staging',
    'failed',
    'is:failed',
    'plugin:deploy',
    'by:ada',
    'code:gate',
    '>5s',
    '<1m',
    '$0.01',
    'ab12',
    'health_gate',
    'cli',
    'failed >5s deploy.apply',
  ])('takes the run for %j', (line) => expect(parseRunFilter(line)(RUN)).toBe(true))

  it.each(['production', 'done', 'is:waiting', 'plugin:ops', 'by:bob', '>6s', '<200ms', '$0.03', 'ab13', 'failed ops'])(
    'leaves the run out for %j',
    (line) => expect(parseRunFilter(line)(RUN)).toBe(false),
  )

  it('takes no run that still runs for one that was fast or slow', () => {
    const running: RunRow = { ...RUN, status: 'running', durationMs: undefined }
    expect([parseRunFilter('>1s')(running), parseRunFilter('<1h')(running)]).toEqual([false, false])
  })
})
