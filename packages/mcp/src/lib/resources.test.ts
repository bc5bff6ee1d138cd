import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { findResource, resourcesOf } from './resources.ts'

const read = { summary: 'Read', effect: 'read', output: z.object({}) } as const
const all = resourcesOf({
  name: 'shop',
  version: '1.0.0',
  summary: 'Sells',
  commands: {
    'shelf.show': { ...read, input: z.object({ number: z.number() }), resource: { uri: 'shop://shelves/{number}' } },
    'item.show': { ...read, input: z.object({ id: z.string() }), resource: { uri: 'shop://items/{id}' } },
    'item.best': { ...read, input: z.object({}), resource: { uri: 'shop://items/best' } },
  },
})
const inputOf = (uri: string) => findResource(all, uri)?.input

describe('findResource()', () => {
  it.each([
    ['shop://shelves/7', { number: 7 }],
    ['shop://shelves/-1.5', { number: -1.5 }],
    ['shop://shelves/007', { number: 7 }],
    ['shop://shelves/1e5', { number: '1e5' }],
    ['shop://shelves/seven', { number: 'seven' }],
    ['shop://items/007', { id: '007' }],
    ['shop://items/a%2F..%2Fb', { id: 'a/../b' }],
    ['shop://items/a/b', undefined],
    ['shop://items/%FF', undefined],
    ['shop://items/', undefined],
    ['file:///etc/passwd', undefined],
  ])('reads from %s', (uri, input) => expect(inputOf(uri)).toEqual(input))

  it('prefers what has no variables', () => {
    expect(findResource(all, 'shop://items/best')?.resource.commandId).toBe('shop.item.best')
  })
})
