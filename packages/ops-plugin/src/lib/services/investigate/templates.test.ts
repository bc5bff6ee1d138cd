import { createRandom } from '@switchyard/testkit'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createTemplates } from './templates.ts'

describe('createTemplates()', () => {
  it('puts messages that differ in values together, and others apart', () => {
    const templates = createTemplates()
    const random = createRandom(7)
    for (let index = 0; index < 100; index++) {
      templates.add(`ERROR connect to 10.0.0.${index}:5432 failed after ${Math.floor(random() * 900)} ms`, 1_000 + index)
      if (index % 2 === 0) templates.add(`WARN user ${['ann', 'bob', 'eve'][index % 3]} has no permission for order ${index}`)
      if (index % 10 === 0) templates.add(`ERROR out of disk space on /dev/sda${index}`)
    }
    expect(templates.list().map(({ text, count }) => [text, count])).toEqual([
      ['ERROR connect to <ip> failed after <n> ms', 100],
      ['WARN user <*> has no permission for order <n>', 50],
      ['ERROR out of disk space on <*>', 10],
    ])
    expect(templates.list()[0]).toMatchObject({ firstMs: 1_000, lastMs: 1_099, example: expect.stringContaining('10.0.0.0:5432') })
  })

  it('counts every message once, whatever they are, in bounded memory', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 80 }), { maxLength: 200 }), (messages) => {
        const templates = createTemplates()
        for (const message of messages) templates.add(message)
        expect(templates.list().reduce((sum, { count }) => sum + count, 0)).toBe(messages.length)
      }),
    )
    const templates = createTemplates()
    for (let index = 0; index < 5_000; index++)
      templates.add(`${'abcdefghij'[index % 10]}${index.toString(36)}x unlike any other${index}q`.split('').join(' '))
    expect(templates.list().length).toBeLessThanOrEqual(2_001)
  })
})
