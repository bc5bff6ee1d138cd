import { describe, expect, it } from 'vitest'
import { factsOf } from './command-facts.ts'
import { everyOne, isOption, namesAnother, otherTarget } from './part-arguments.ts'

const text = { type: 'string' }
const facts = (properties: object) =>
  factsOf({ id: 'shop.page.print', summary: 'Print a page', effect: 'write', input: { type: 'object', properties }, output: {} })
const printing = facts({ id: { type: 'integer' }, env: text, push: { type: 'boolean' } })

describe('everyOne()', () => {
  const idsIn = (request: string, id: number): unknown[] => {
    const start = request.indexOf(String(id))
    const part = { text: request, start: 0, end: request.length, waits: false }
    return everyOne(request, part, printing, { id: { value: id, from: [start, start + String(id).length] } }).map(
      ({ id: one }) => one!.value,
    )
  }
  it('takes each number where the command takes one', () => {
    expect(idsIn('print pages 4, 5 and 6', 4)).toEqual([4, 5, 6])
    expect(idsIn('print page 4 and page #12 please', 4)).toEqual([4, 12])
  })

  it('leaves alone what else is counted', () => {
    expect(idsIn('print page 4, 5 minutes late', 4)).toEqual([4])
    expect(idsIn('print page 4 in 3 copies', 4)).toEqual([4])
  })

  it('takes no verb for a name', () => {
    const request = 'restart zorbo and frobnicate its cache'
    const restarting = facts({ service: text })
    const part = { text: request, start: 0, end: request.length, waits: false }
    expect(everyOne(request, part, restarting, { service: { value: 'zorbo', from: [8, 13] } })).toHaveLength(1)
    const other = request.replace(' its cache', '')
    expect(
      everyOne(other, { ...part, text: other, end: other.length }, restarting, { service: { value: 'zorbo', from: [8, 13] } }),
    ).toHaveLength(2)
  })
})

describe('otherTarget()', () => {
  const other = (request: string, value: string, names = {}): string | undefined => {
    const start = request.indexOf(value)
    const part = { text: request, start: 0, end: request.length, waits: false }
    return otherTarget(
      part,
      facts({ service: text, count: { type: 'integer' } }),
      { service: { value, from: [start, start + value.length] } },
      names,
    )
  }

  it('is a second name behind an "and", wherever that stands', () => {
    expect(other('scale zorbo to 3 in the evening and also the blixt to 5', 'zorbo')).toBe('blixt')
    expect(other('show the logs of zorbo since 1h, and of blixt', 'zorbo')).toBe('blixt')
  })

  it('is no everyday word, but also what the workspace does not know', () => {
    expect(other('scale zorbo to 3 and also the blixt to 5', 'zorbo', { service: ['zorbo', 'web'] })).toBe('blixt')
    expect(other('scale zorbo or blixt to 3', 'zorbo')).toBe('blixt')
    expect(other('scale zorbo to 3 and hurry, and tell the others', 'zorbo')).toBeUndefined()
    expect(other('scale zorbo to 3 or ask the others', 'zorbo')).toBeUndefined()
    expect(other('scale zorbo to 3 and the web to 5', 'zorbo', { service: ['zorbo', 'web'] })).toBe('web')
  })
})

describe('isOption()', () => {
  it('knows what begins with a flag of the command', () => {
    expect(isOption('push it', printing)).toBe(true)
    expect(isOption('with a push', printing)).toBe(true)
    expect(isOption('show me all that was pushed', printing)).toBe(false)
    expect(isOption('fold it', printing)).toBe(false)
  })
})

describe('namesAnother()', () => {
  it('compares what two pieces name of a kind', () => {
    const compare = (one: string, other: string): boolean => namesAnother(one, other, printing, { facts: () => printing, nowMs: 0 })
    expect(compare('then production', 'print it in staging')).toBe(true)
    expect(compare('then staging', 'print it in staging')).toBe(false)
    expect(compare('fold it', 'print it in staging')).toBe(false)
  })
})
