import { expect, test } from 'vitest'
import { stem } from './stem.ts'
import { synonymGroups } from './synonyms.ts'

test.each([
  ['k8s', 'kubernetes'],
  ['auth', 'authentication'],
  ['db', 'databases'],
  ['restart', 'reboots'],
])('%s and %s share a group', (a, b) => {
  expect(synonymGroups(stem(a)).some((group) => synonymGroups(stem(b)).includes(group))).toBe(true)
})

test.each([
  ['build', 'ui'],
  ['feedback', 'db'],
  ['author', 'auth'],
])('%s and %s share none', (a, b) => {
  expect(synonymGroups(stem(a)).filter((group) => synonymGroups(stem(b)).includes(group))).toEqual([])
})
