import { describe, expect, it } from 'vitest'
import { readingsOf } from './referent.ts'

const ROWS: readonly (readonly [text: string, before: string, id: string | undefined, ...readings: string[]])[] = [
  ['publish it', 'cut a minor release', undefined, 'publish a minor release'],
  ['close it', 'please show me issue 12', undefined, 'close issue 12'],
  ['triage them', 'import the issues from github', undefined, 'triage the issues'],
  ['resolve it', 'note on incident 5 that the cache was flushed', undefined, 'resolve incident 5'],
  ['publish the release', 'cut a minor release', undefined],
  ['publish it', 'the weather', undefined],
  ['tell everybody in the company that it is what we wanted', 'cut a release', 'release.cut'],
  // What a command is about is what "it" may stand for, too.
  ['watch it', 'ship the shop', 'deploy.apply', 'watch the shop', 'watch deploy'],
  ['print its page', 'begin incident 3', 'ops.incident.open', 'print incident 3 page', 'print incident page'],
  ['restart it', 'is the shop up', 'ops.monitor.check'],
  ['show the history', 'continue run 4', 'ops.runbook.resume', 'show the history runbook'],
  ['do the same for the mailer', 'restart the shop', 'ops.remediate', 'restart the shop for the mailer'],
  // A piece without a verb takes over the one before.
  ['the shop', 'restart the mailer', undefined, 'restart the shop'],
]

describe('readingsOf()', () => {
  for (const [text, before, id, ...readings] of ROWS)
    it(`reads "${text}" behind "${before}"`, () =>
      expect(readingsOf(text, { text: before, id }).map((full) => full.text)).toEqual(readings))

  it('believes less what nothing points back to', () => {
    const weightOf = (text: string): number | undefined => readingsOf(text, { text: 'is it up', id: 'ops.incident.open' }).at(-1)?.weight
    expect(weightOf('show it')).toBe(1)
    expect(weightOf('show the notes')).toBeLessThan(1)
  })
})
