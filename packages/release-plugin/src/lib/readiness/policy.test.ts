import { describe, expect, it } from 'vitest'
import { judgeReadiness, type ReadinessFacts } from './policy.ts'

const good: ReadinessFacts = {
  config: { branches: ['main'], policy: { scoreFail: 60, scoreWarn: { patch: 70, minor: 80, major: 90 } } },
  bump: 'minor',
  status: { head: 'a'.repeat(40), branch: 'main', upstream: undefined, ahead: undefined, behind: undefined, paths: [] },
  isPreRelease: false,
  tags: [{ name: 'v1.1.0', isTaken: false }],
  drift: [],
  behind: [],
  unmet: [],
  tests: ['npm', 'test'],
  score: { value: 80 },
  critical: { value: [] },
  high: { value: [] },
}
const judge = (facts: Partial<ReadinessFacts>): [ready: boolean, readyStrictly: boolean, notPassed: string[]] => {
  const all = { ...good, ...facts }
  const notPassed = judgeReadiness(all).checks.filter(({ status }) => status !== 'pass')
  return [
    judgeReadiness(all).ready,
    judgeReadiness(all, { strict: true }).ready,
    notPassed.filter(({ id }) => id !== 'tests').map(({ id, status }) => `${id} ${status}`),
  ]
}

describe('judgeReadiness()', () => {
  it('is ready strictly too where only the tests are still to run', () => {
    expect(judge({})).toEqual([true, true, []])
    expect(judge({ tests: null })).toEqual([true, false, []])
  })

  it.for([
    [{ score: { value: 59 } }, [false, false, ['health.score fail']]],
    [{ score: { value: 79 } }, [true, false, ['health.score warn']]],
    [{ score: { value: 79 }, bump: 'patch' }, [true, true, []]],
    [{ score: { unknown: 'nobody' } }, [true, false, ['health.score unknown']]],
    [{ critical: { value: ['It burns'] } }, [false, false, ['issues.critical fail']]],
    [{ high: { value: ['It drips'] } }, [true, false, ['issues.high warn']]],
    [{ high: { value: ['It drips'] }, bump: 'patch' }, [true, true, []]],
    [{ tags: [] }, [false, false, ['something fail']]],
    [{ status: { ...good.status, upstream: 'origin/main', behind: 1, ahead: 0 } }, [false, false, ['branch.current fail']]],
    [{ status: { ...good.status, branch: 'topic' }, isPreRelease: true }, [true, true, []]],
  ] as const satisfies readonly (readonly [Partial<ReadinessFacts>, ReturnType<typeof judge> | readonly unknown[]])[])(
    'of %j',
    ([facts, verdict]) => {
      expect(judge(facts)).toEqual(verdict)
    },
  )
})
