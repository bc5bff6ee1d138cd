import { isSwitchyardError } from '@switchyard/contracts'
import { describe, expect, test } from 'vitest'
import { WORKSPACE } from '../../test/workspace.ts'
import { parseRouter, serializeRouter } from './codec.ts'
import { route } from './route.ts'
import { trainRouter } from './train.ts'

const bytes = serializeRouter(trainRouter(WORKSPACE, { calibrated: false }))
const refusal = (broken: Uint8Array): unknown => {
  try {
    return parseRouter(broken)
  } catch (error) {
    return isSwitchyardError(error, 'ROUTER_MODEL_INVALID') ? 'refused' : error
  }
}

describe('parseRouter()', () => {
  test('gives back a model that routes the same, also from the middle of a larger buffer', () => {
    const model = trainRouter(WORKSPACE, { calibrated: false })
    const shifted = new Uint8Array(bytes.length + 3)
    shifted.set(bytes, 3)
    const again = parseRouter(shifted.subarray(3))
    for (const text of ['restart the api on staging', 'bakcup the db', 'what is the weather'])
      expect(route(again, text)).toEqual(route(model, text))
    expect(parseRouter(Buffer.from(shifted).subarray(3)).ids).toEqual(model.ids)
  })

  test('gives back what serializes to the same bytes', () => {
    expect(Buffer.compare(serializeRouter(parseRouter(bytes)), bytes)).toBe(0)
  })

  test('refuses what was cut, changed, of another kind or of another version', () => {
    const changed = (at: number): Uint8Array => bytes.with(at, bytes[at]! ^ 1)
    expect(refusal(bytes.subarray(0, bytes.length - 4))).toBe('refused')
    expect(refusal(bytes.subarray(0, 7))).toBe('refused')
    expect(refusal(new Uint8Array())).toBe('refused')
    expect(refusal(new TextEncoder().encode('{"not": "a model"}  '))).toBe('refused')
    for (const at of [0, 4, 8, 12, 16, 1_000, bytes.length - 1]) expect(refusal(changed(at))).toBe('refused')
  })
})

describe('serializeRouter()', () => {
  test('is the same, byte for byte, for the same candidates and seed', () => {
    expect(Buffer.compare(serializeRouter(trainRouter(WORKSPACE, { calibrated: false })), bytes)).toBe(0)
  })

  test('stays compact: under 20 kB a command', () => {
    expect(bytes.length).toBeLessThan(20_000 * WORKSPACE.length)
  })
})
