import { asSwitchyardError, SwitchyardError } from '@switchyard/contracts'
import { expect, test } from 'vitest'
import { describeFailure, reasonOf } from './delivery-error.ts'

const thrownHere = (message: string): Error => new Error(message)
const thrownThere = (message: string): Error => new Error(message)

test('[D19] describeFailure() gives errors of one place one hash, whatever they say and however they were wrapped', () => {
  const hashes = ['order 1', 'order 2'].map((message) => {
    const error = thrownHere(message)
    return [describeFailure(error).stackHash, describeFailure(asSwitchyardError(error)).stackHash]
  })
  expect(new Set(hashes.flat()).size).toBe(1)
  const others = ['a'].map((message) => describeFailure(asSwitchyardError(thrownThere(message))).stackHash)
  expect(others[0]).not.toBe(hashes[0]![0])
})

test('[D19] describeFailure() keeps code and message of anything thrown', () => {
  expect(describeFailure(new SwitchyardError('TIMEOUT', 'late'))).toMatchObject({ code: 'TIMEOUT', message: 'late' })
  expect(describeFailure('just text')).toEqual({ code: 'HANDLER_ERROR', message: 'just text', stackHash: '' })
  expect(describeFailure(undefined)).toMatchObject({ code: 'HANDLER_ERROR' })
})

test('[D14] reasonOf() ends deliveries for two codes only', () => {
  const codes = ['SCHEMA_INVALID', 'HANDLER_REJECTED', 'TIMEOUT', 'VALIDATION', 'HANDLER_ERROR']
  expect(codes.map((code) => reasonOf({ code, message: '', stackHash: '' }))).toEqual([
    'SCHEMA_INVALID',
    'HANDLER_REJECTED',
    undefined,
    undefined,
    undefined,
  ])
})
