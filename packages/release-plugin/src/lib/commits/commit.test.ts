import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Commit, parseCommit } from './commit.ts'
import { withoutReverted } from './history.ts'

const read = (message: string, id = 'a'.repeat(40)): Commit =>
  parseCommit({ id, parents: [], author: { name: 'Ada', email: 'ada@example.org' }, date: '2026-01-02T03:04:05Z', message })

describe('parseCommit()', () => {
  it.for([
    ['feat: brew tea', { type: 'feat', scope: null, subject: 'brew tea', breaking: false }],
    ['fix(pot): pour slowly', { type: 'fix', scope: 'pot', subject: 'pour slowly', breaking: false }],
    ['feat(api)!: drop the cup', { type: 'feat', scope: 'api', subject: 'drop the cup', breaking: true, breakingNotes: [] }],
    ['fix: a\n\nBREAKING CHANGE: the lid\nis gone', { breaking: true, breakingNotes: ['the lid\nis gone'] }],
    ['fix: a\n\nBREAKING-CHANGE: lid', { breaking: true, breakingNotes: ['lid'] }],
    ['Brew tea', { type: null, scope: null, subject: 'Brew tea', breaking: false }],
    ['feat:brew', { type: null, subject: 'feat:brew' }],
    ["Merge branch 'topic'", { type: null }],
    ['feat: brew tea (#12)\n\n* fix: pour\n* docs: write', { type: 'feat', references: [{ action: null, repository: null, issue: '12' }] }],
    ['fix: b\n\nCloses a/b#7', { references: [{ action: 'closes', repository: 'a/b', issue: '7' }] }],
    ['fix: b\n\nCo-authored-by: Bob <bob@example.org>', { coAuthors: [{ name: 'Bob', email: 'bob@example.org' }] }],
    [`Revert "feat: a"\n\nThis reverts commit ${'b'.repeat(40)}.`, { type: null, reverts: 'b'.repeat(40) }],
    ['', { header: '', type: null, subject: '', breaking: false }],
    ['\n \n', { header: '', type: null }],
  ] as const)('reads %j', ([message, expected]) => {
    expect(read(message)).toMatchObject(expected)
  })

  it('is not told by a line of a body what its type or its notes are', () => {
    expect(read('docs: a\n\n-type-\nfeat\n-notes-\nx\n-__proto__-\ny')).toMatchObject({ type: 'docs', breaking: false })
  })

  it('takes any text, and none takes long', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (message) => {
        expect(read(message).id).toHaveLength(40)
      }),
      { numRuns: 500 },
    )
    const long = 200_000
    const hostile = [
      `revert: ${' '.repeat(long)}`,
      `fix${' '.repeat(long)}\u2028x`,
      `fix: a\n\nfixes${'\t'.repeat(long)}\rb`,
      `feat(${'('.repeat(long)}`,
      `feat(${')'.repeat(long)}: x`,
      `fix: ${'#'.repeat(long)}`,
      `fix: ${'a/'.repeat(long / 2)}#1`,
      `fix: ${'fix '.repeat(long / 4)}`,
      `fix: ${'@a'.repeat(long / 2)}`,
      `fix: ${'https://'.repeat(long / 8)}`,
      `${'BREAKING CHANGE:'.repeat(long / 16)}`,
      `fix: a\n\n${'a-'.repeat(long / 2)}:`,
      `fix: a\n\n${'Co-authored-by: a <'.repeat(long / 20)}`,
      `fix: a${'\n'.repeat(long)}b`,
    ]
    for (const message of hostile) {
      const started = performance.now()
      read(message)
      expect(performance.now() - started, `${message.slice(0, 20)}...`).toBeLessThan(10_000)
    }
  })
})

describe('withoutReverted()', () => {
  const id = (letter: string): string => letter.repeat(40)
  const revert = (own: string, target: string): Commit => read(`Revert "x"\n\nThis reverts commit ${target}.`, id(own))

  it('cancels a revert and what it takes back, also by a short id', () => {
    const [kept, gone] = [read('fix: a', id('1')), read('feat: b', id('2'))]
    expect(withoutReverted([revert('3', id('2')), gone, kept])).toEqual([kept])
    expect(withoutReverted([revert('3', id('2').slice(0, 7)), gone, kept])).toEqual([kept])
  })

  it('lets what is reverted twice stand again', () => {
    const first = read('feat: b', id('1'))
    expect(withoutReverted([revert('3', id('2')), revert('2', id('1')), first])).toEqual([first])
  })

  it('keeps a revert of what is not there, and of what several ids begin with', () => {
    const twins = [read('fix: a', `abcdef1${'0'.repeat(33)}`), read('fix: b', `abcdef1${'1'.repeat(33)}`)]
    const [lost, vague] = [revert('3', id('9')), revert('4', 'abcdef1')]
    expect(withoutReverted([lost, vague, ...twins])).toEqual([lost, vague, ...twins])
  })
})
