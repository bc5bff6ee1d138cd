import { describe, expect, it } from 'vitest'
import { createIds, isOrigin, Numbering, readTraceparent, TraceRoot, writeTraceparent } from './ids.ts'

describe('createIds()', () => {
  it('writes ids as their standards want them, each once', () => {
    const ids = createIds(Math.random)
    const uuids = Array.from({ length: 1_000 }, () => ids.uuid(ids.next()))
    for (const uuid of uuids) expect(uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(new Set(uuids).size).toBe(1_000)
    expect(writeTraceparent(ids, new TraceRoot(ids, ids.next()), ids.next())).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/)
    expect(ids.trace(1)).not.toBe(ids.trace(2))
    expect(isOrigin(ids.origin)).toBe(true)
    expect(createIds(() => 0).uuid(1)).not.toBe(createIds(() => 0.5).uuid(1))
  })
})

describe('Numbering', () => {
  it('writes the same ids in another process that was told the origin', () => {
    const ids = createIds(Math.random)
    const elsewhere = new Numbering(ids.origin)
    expect([elsewhere.uuid(7), elsewhere.span(7), elsewhere.trace(7)]).toEqual([ids.uuid(7), ids.span(7), ids.trace(7)])
    expect(elsewhere.uuid(7).replaceAll('-', '')).toContain(ids.origin)
  })

  it('names a trace by number where its own numbers are understood, else by its id', () => {
    const ids = createIds(Math.random)
    const root = new TraceRoot(ids, 7)
    expect(root.nameFor(ids)).toBe(7)
    expect(root.nameFor(createIds(Math.random))).toBe(root.id)
  })
})

describe('readTraceparent()', () => {
  const ids = createIds(() => 0.5)
  const trace = 'a'.repeat(32)
  const span = 'b'.repeat(16)

  it.each([`00-${trace}-${span}-00`, `01-${trace}-${span}-01-later-parts`])('goes on with %s', (text) => {
    const parent = readTraceparent(ids, text)
    expect([parent?.root.id, parent?.span, parent?.root.flags]).toEqual([trace, span, text.slice(53, 55)])
  })

  it.each([
    undefined,
    '',
    'nonsense',
    `ff-${trace}-${span}-01`,
    `00-${'0'.repeat(32)}-${span}-01`,
    `00-${trace}-${'0'.repeat(16)}-01`,
    `00-${trace.toUpperCase()}-${span}-01`,
    `00-${trace}-${span}-01-more`,
    `00-${trace}-${span}`,
  ])('begins a new trace instead of %s', (text) => {
    expect(readTraceparent(ids, text)).toBeUndefined()
  })
})
