import { describe, expect, test } from 'vitest'
import { applyMasks, createMaskTable } from './masks.ts'
import { tokenize } from './tokens.ts'

const table = createMaskTable([{ env: ['production', 'test', 'eu west'], service: ['billing-api', 'eu'] }], new Set(['test', 'deploi']))
const mask = (text: string): string =>
  applyMasks(tokenize(text), table)
    .map(({ word }) => word)
    .join(' ')

describe('applyMasks()', () => {
  test.each([
    ['restart it on Production', 'restart it on <env>'],
    ['restart billing-api', 'restart <service>'],
    ['restart the billingApi', 'restart the <service>'],
    ['deploy to eu west', 'deploy to <env>'],
    ['deploy to eu', 'deploy to <service>'],
    ['deploy to test', 'deploy to <env>'],
    ['test the api on test', 'test the api on <env>'],
    ['productions', 'productions'],
  ])('%s -> %s', (text, expected) => {
    expect(mask(text)).toBe(expected)
  })

  test('covers all the text of a value', () => {
    const text = 'go to EU-west now'
    const value = applyMasks(tokenize(text), table).find(({ word }) => word === '<env>')!
    expect(text.slice(value.start, value.end)).toBe('EU-west')
  })
})
