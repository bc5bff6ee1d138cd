import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const GUIDE = new URL('../../../docs/guide/bus.md', import.meta.url)

/** Links of the guide to tests; the text of many is the name of one, with the rule's id in front. */
const LINK = /\[((?:\[[A-Z]\d+\])?[^[\]\n]*)\]\(([^)\s]+\.test\.ts)\)/g
const links = [...readFileSync(GUIDE, 'utf8').matchAll(LINK)].map(([, name = '', path = '']) => ({
  name,
  source: readFileSync(fileURLToPath(new URL(path, GUIDE)), 'utf8'),
}))

describe('docs/guide/bus.md', () => {
  it('links every promise to a test that is there', () => {
    const named = links.filter(({ name }) => name.startsWith('['))
    expect(named.length).toBeGreaterThanOrEqual(16)
    expect(named.filter(({ name, source }) => !source.includes(name)).map(({ name }) => name)).toEqual([])
  })
})
