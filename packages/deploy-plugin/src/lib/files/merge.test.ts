import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { merge3 } from './merge.ts'

const merged = async (mine: string, base: string, theirs: string, resolution?: 'mine' | 'generated'): Promise<string> => {
  const result = await merge3(mine, base, theirs, resolution)
  return result.kind === 'merged' ? result.text : result.kind
}

describe('merge3()', () => {
  it('[G1] keeps the edits of both where they are apart', async () => {
    expect(await merged('a\nB\nc\nd\ne', 'a\nb\nc\nd\ne', 'a\nb\nc\nd\nE\nf')).toBe('a\nB\nc\nd\nE\nf')
  })

  it('[G2] names the lines where they meet, and merges nothing', async () => {
    expect(await merge3('a\nmine\nc', 'a\nb\nc', 'a\ntheirs\nc')).toEqual({
      kind: 'conflict',
      conflicts: [{ line: 2, lines: 1, mine: ['mine'], theirs: ['theirs'] }],
    })
    expect(await merged('a\nmine\nc', 'a\nb\nc', 'a\ntheirs\nc', 'mine')).toBe('a\nmine\nc')
    expect(await merged('a\nmine\nc', 'a\nb\nc', 'a\ntheirs\nc', 'generated')).toBe('a\ntheirs\nc')
  })

  it('[G3] keeps the line breaks and the mark of the file as it is', async () => {
    expect(await merged('\uFEFFA\r\nb\r\nc\r\nd\r\n', 'a\nb\nc\nd\n', 'a\nb\nc\nD\n')).toBe('\uFEFFA\r\nb\r\nc\r\nD\r\n')
  })

  it('[G4] refuses what would take for ever: one line many times', { timeout: 60_000 }, async () => {
    const many = 'same\n'.repeat(500_000)
    expect((await merge3(`x\n${many}`, many, `${many}y`)).kind).toBe('too-large')
  })

  const text = fc.array(fc.constantFrom('a', 'b', 'c', 'd', ''), { maxLength: 12 }).map((lines) => lines.join('\n'))

  it('is the other side where one side changed nothing, and either where both did the same', async () => {
    await fc.assert(
      fc.asyncProperty(text, text, async (base, changed) => {
        expect(await merged(base, base, changed)).toBe(changed)
        expect(await merged(changed, base, base)).toBe(changed)
        expect(await merged(changed, base, changed)).toBe(changed)
      }),
      { numRuns: 300 },
    )
  })

  it('never makes up a line, nor a marker, and does the same with its sides exchanged', async () => {
    await fc.assert(
      fc.asyncProperty(text, text, text, async (mine, base, theirs) => {
        const one = await merge3(mine, base, theirs)
        const other = await merge3(theirs, base, mine)
        expect(other.kind).toBe(one.kind)
        if (one.kind !== 'merged') return
        expect(other).toEqual(one)
        const known = new Set([...mine.split('\n'), ...theirs.split('\n')])
        expect(one.text.split('\n').filter((line) => !known.has(line))).toEqual([])
      }),
      { numRuns: 300 },
    )
  })

  it('[G1] applies edits of different blocks as if one person had made them', async () => {
    const block = fc.array(fc.stringMatching(/^[a-z]{1,3}$/), { minLength: 1, maxLength: 4 })
    const blocks = fc.array(fc.tuple(block, fc.constantFrom('neither', 'mine', 'theirs'), block), { minLength: 1, maxLength: 6 })
    await fc.assert(
      fc.asyncProperty(blocks, async (parts) => {
        // A line that occurs once between two blocks keeps them apart.
        const build = (changed: readonly string[]): string =>
          parts.flatMap(([lines, who, other], index) => [...(changed.includes(who) ? other : lines), `--- ${index}`, '']).join('\n')
        expect(await merged(build(['mine']), build([]), build(['theirs']))).toBe(build(['mine', 'theirs']))
      }),
      { numRuns: 200 },
    )
  })
})
