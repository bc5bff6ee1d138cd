import { expect, it } from 'vitest'
import { pageOf } from './page.ts'

it('pageOf() gives everything once, page by page, and takes no cursor of anybody else', () => {
  const all = Array.from({ length: 250 }, (_, index) => index)
  const seen: number[] = []
  for (let cursor: string | undefined; ; ) {
    const page = pageOf(all, cursor)
    seen.push(...page.entries)
    cursor = page.nextCursor
    if (cursor === undefined) break
  }
  expect(seen).toEqual(all)
  expect(pageOf([], undefined)).toEqual({ entries: [] })
  for (const cursor of ['', 'from-0', 'from-50', 'from-300', '100', 'from-1e2', 'from--100']) {
    expect(() => pageOf(all, cursor), cursor).toThrow('must be a cursor that a list returned')
  }
})
