import { describe, expect, it } from 'vitest'
import { spelledOut } from './referent.ts'

const ROWS: readonly (readonly [text: string, before: string | undefined, spelled: string])[] = [
  ['publish it', 'cut a minor release', 'publish a minor release'],
  ['close it', 'please show me issue 12', 'close issue 12'],
  ['triage them', 'import the issues from github', 'triage the issues'],
  ['resolve it', 'note on incident 5 that the cache was flushed', 'resolve incident 5'],
  ['publish it', undefined, 'publish it'],
  ['publish the release', 'cut a minor release', 'publish the release'],
  ['publish it', 'the weather', 'publish it'],
  ['tell everybody in the company that it is what we wanted', 'cut a release', 'tell everybody in the company that it is what we wanted'],
]

describe('spelledOut()', () => {
  for (const [text, before, spelled] of ROWS)
    it(`reads "${text}" behind "${before ?? ''}" as "${spelled}"`, () => expect(spelledOut(text, before)).toBe(spelled))
})
