import { expect, test } from 'vitest'
import { factsOf } from './command-facts.ts'
import { isAskedFor, laterIn, takesBack } from './guard.ts'

const facts = (id: string, effect: 'read' | 'write' | 'destroy') => factsOf({ id, effect, summary: '', input: {}, output: {} })

test.each([
  ['what is a changelog', 'read', false],
  ['how do I become a release manager', 'read', false],
  ['Hey, what does an incident commander do all day', 'read', false],
  ['is it worth writing runbooks', 'read', false],
  ['what is the status of the api', 'read', true],
  ['how does the api do', 'read', true],
  ['what is in release 1.2.0', 'read', true],
  ['how would I restart the api', 'write', false],
  ['restart the api', 'write', true],
  ['what happens to issue 4', 'destroy', false],
  ['look after issue 4', 'destroy', false],
  ['get rid of issue 4, delete it', 'destroy', true],
] as const)('isAskedFor() of "%s" for a command that is to %s: %s', (text, effect, expected) => {
  expect(isAskedFor(text, facts('ops.issue.delete', effect))).toBe(expected)
})

test.each([
  ['roll back production', true],
  ['rollback the api', true],
  ['revert the api to 1.2.0', true],
  ['go back to the last version in production', true],
  ['get back to me about production', false],
  ['production rolls out slowly today', false],
  ['the api in production', false],
  ['can I roll back production', false],
  ['under no circumstances undo the release', false],
  ["whatever you do, don't roll back production", false],
  ['roll back production instead of fixing it', false],
] as const)('isAskedFor() knows a verb that is said in two words, or in another: "%s": %s', (text, expected) => {
  expect(isAskedFor(text, facts('deploy.rollback', 'destroy'))).toBe(expected)
})

test.each([
  ['get rid of issue 4', true],
  ['throw issue 4 out of the list', true],
  ['take issue 4 off', true],
  ['deregister issue 4', true],
  ['take a look at issue 4', false],
  ['put issue 4 on the list', false],
] as const)('isAskedFor() knows what is said in more words than one: "%s": %s', (text, expected) => {
  expect(isAskedFor(text, facts('ops.issue.delete', 'destroy'))).toBe(expected)
})

test('isAskedFor() reads a verb that is written with a hyphen', () => {
  expect(isAskedFor('un-publish 2.2.0', facts('release.unpublish', 'destroy'))).toBe(true)
})

test.each([
  ['scale the worker to 4, no wait, 6', true],
  ['deploy to production, no, sorry, to staging', true],
  ['restart the api. Oh no, make that the web', true],
  ['deploy the api. Scratch that, roll it back', true],
  ['destroy staging, oops, preview', true],
  ['close issue 12, no, 13', true],
  ['destroy staging, actually preview', true],
  ['deploy 1.2.3, or rather 1.2.4', true],
  ['restart the api, no downtime please', false],
  ['restart the api, sorry for the noise', false],
  ['wait for the api, then restart it', false],
  ['there is no way to reach the api', false],
  ['sorry to ask, but restart the api', false],
] as const)('takesBack() of "%s": %s', (text, expected) => {
  expect(takesBack(text)).toBe(expected)
})

test.each([
  ['deploy to staging tomorrow at 9', 'tomorrow at 9'],
  ['on Friday at 18:00 deploy to production', 'on Friday at 18:00'],
  ['restart the api in ten minutes', 'in ten minutes'],
  ['restart the worker every morning', 'every morning'],
  ['restart it at 14:00', 'at 14:00'],
  ['deploy it at 5 pm', 'at 5 pm'],
  ['deploy the api to staging Friday', 'Friday'],
  ['deploy it at 5', 'at 5'],
  ['deploy it around noon', 'around noon'],
  ['deploy it on 2026-12-01', 'on 2026-12-01'],
  ['deploy it soon', 'soon'],
  ['deploy it after the tests', 'after the tests'],
  ['deploy it on every push', 'on every push'],
  ["restart what Friday's deploy broke", undefined],
  ['restart what broke since Friday', undefined],
  ['the demo is tomorrow, so deploy to staging now', undefined],
  ['scale the api to 4 at 80 %', undefined],
  ['open an issue at high priority', undefined],
  ['deploy 1.2.0 at last', undefined],
  ['restart what broke in production', undefined],
] as const)('laterIn() of "%s": %s', (text, said) => {
  expect(laterIn(text)?.said).toBe(said)
})
