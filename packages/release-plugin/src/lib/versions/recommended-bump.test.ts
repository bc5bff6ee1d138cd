import { ConventionalGitClient } from '@conventional-changelog/git-client'
import createPreset from 'conventional-changelog-conventionalcommits'
import { filterRevertedCommitsSync } from 'conventional-commits-filter'
import type { Commit } from 'conventional-commits-parser'
import { Bumper } from 'conventional-recommended-bump'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type MadeCommit, type MadeRepository, makeRepository } from '../../../test/made-repository.ts'
import { parseCommit } from '../commits/commit.ts'
import { readHistory, withoutReverted } from '../commits/history.ts'
import { openGit } from '../git/git.ts'
import { askOf, askOfAll } from './bump.ts'

// All histories lie beside each other in one repository, each between two tags of its own, so that a thousand of them are cheap.
const HISTORIES = 1_000
const ALONE = 40
const SEED = 20_261_121
const FORMAT = '%B%n-hash-%n%H'

interface Recommended {
  readonly releaseType?: string
}

const type = fc.constantFrom(
  'feat',
  'feat',
  'feat',
  'fix',
  'perf',
  'docs',
  'chore',
  'refactor',
  'test',
  'ci',
  'build',
  'style',
  'revert',
  'feature',
  'wip',
  'Merge',
)
const words = fc.constantFrom(
  'brew tea',
  'pour: slowly',
  'close #12',
  '$(rm -rf /)',
  'naïve ☕',
  "it's (a) test",
  'a!: b',
  '"quoted"',
  'BREAKING CHANGE',
  '',
)
const scope = fc.constantFrom('', '(api)', '(api,web)', '(a b)', '()', '(*)', '(@x/y)')
const footer = fc.constantFrom(
  ...Array<string>(24).fill(''),
  'BREAKING CHANGE: the pot is gone',
  'BREAKING-CHANGE: use the cup',
  'breaking change: in small letters',
  'BREAKING CHANGES: no keyword',
  'BREAKING CHANGE no colon',
  '* BREAKING CHANGE: in a list of a squash merge',
  'Closes #7',
  'Reviewed-by: Bob <bob@example.org>\nBREAKING CHANGE: after another footer',
  'Co-authored-by: Bob <bob@example.org>',
  '* feat: one of a squash merge\n* fix: another',
)
const conventional = fc
  .tuple(
    type,
    scope,
    fc.constantFrom(...Array<string>(11).fill(''), '!'),
    fc.constantFrom(': ', ': ', ': ', ':', ' : ', ' '),
    words,
    footer,
  )
  .map(([type, scope, bang, colon, words, footer]) => `${type}${scope}${bang}${colon}${words}\n\n${footer}`)
const other = fc.constantFrom(
  "Merge branch 'topic'",
  'Merge pull request #4 from a/b\n\nfeat: title of the request',
  'wip',
  'Update README.md',
  'feat',
  'Revert "feat: of long ago"\n\nThis reverts commit 0123456789abcdef0123456789abcdef01234567.',
)
const message = fc
  .oneof(
    { weight: 6, arbitrary: conventional },
    { weight: 2, arbitrary: other },
    { weight: 1, arbitrary: fc.string({ unit: 'grapheme', maxLength: 60 }) },
  )
  .map(cleaned)
/** A message, or the taking back of an earlier commit of the same history. */
const step = fc.record({
  message,
  reverts: fc.oneof({ weight: 5, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: fc.nat() }),
  merges: fc.boolean(),
})
const history = fc.array(step, { maxLength: 9, size: 'max' })

describe('askOfAll()', () => {
  it('decides as conventional-recommended-bump does, on a thousand histories with merges, reverts, squashes and odd messages', async () => {
    const histories = fc.sample(history, { numRuns: HISTORIES, seed: SEED })
    const { repository: made, commits, ranges, targets } = makeHistories(histories)
    using repository = made
    const git = await openGit(repository.dir)
    const all = await readHistory(git)
    const preset = (await createPreset()) as { parser: object }
    const theirsAll: Commit[] = []
    for await (const commit of new ConventionalGitClient(repository.dir).getCommits({ format: FORMAT, merges: false }, preset.parser))
      theirsAll.push(commit)
    const differing: unknown[] = []
    const seen = new Map<string, number>()
    for (const { commits: own } of ranges) {
      const ids = new Set(own.map((at) => repository.ids[at] ?? ''))
      const ours = askOfAll(withoutReverted(all.filter(({ id }) => ids.has(id))))
      const effective = [...filterRevertedCommitsSync(theirsAll.filter(({ hash }) => ids.has(hash ?? '')))]
      const { releaseType: theirs = 'none' } = (await new Bumper(repository.dir)
        .loadPreset('conventionalcommits')
        .commits(effective)
        .bump()) as Recommended
      seen.set(ours, (seen.get(ours) ?? 0) + 1)
      if (ours !== theirs) differing.push({ ours, theirs, history: own.map((at) => commits[at]?.message), seed: SEED })
    }
    expect(differing).toEqual([])
    expect(targets.length).toBeGreaterThan(HISTORIES / 4)
    // Each decision was put to the test, and often.
    for (const ask of ['major', 'minor', 'patch', 'none']) expect(seen.get(ask), ask).toBeGreaterThan(50)
  }, 60_000)

  it('does so when each reads the repository by itself', async () => {
    const histories = fc.sample(history, { numRuns: ALONE, seed: SEED + 1 })
    const { repository: made, ranges } = makeHistories(histories)
    using repository = made
    const git = await openGit(repository.dir)
    for (const { to } of ranges) {
      const range = { from: repository.ids[0] ?? '', to: repository.ids[to] ?? '' }
      const bumper = new Bumper(repository.dir).loadPreset('conventionalcommits').commits({ ...range, filterReverts: true, format: FORMAT })
      const { releaseType: theirs = 'none' } = (await bumper.bump()) as Recommended
      expect(askOfAll(withoutReverted(await readHistory(git, range)))).toBe(theirs)
    }
  })

  it('takes a type in capital letters for the same, as Conventional Commits asks and conventional-recommended-bump does not', () => {
    const raw = { id: '1', parents: [], author: { name: 'Ada', email: '' }, date: '' }
    expect(askOf(parseCommit({ ...raw, message: 'Feat: brew tea' }))).toBe('minor')
    expect(askOf(parseCommit({ ...raw, message: 'FIX: pour slowly' }))).toBe('patch')
  })
})

/** As `git commit` leaves a message: no white space at the ends of lines, no empty lines around it, and never nothing at all. */
function cleaned(message: string): string {
  return (
    message
      .replace(/[ \t\r\f\v]+$/gm, '')
      .replace(/\n{3,}/g, '\n\n')
      .trim() || 'wip'
  )
}

interface Built {
  readonly commits: MadeCommit[]
  /** Of each history: where its commits are, and which of them is the last; the root where it has none. */
  readonly ranges: { commits: number[]; to: number }[]
  /** Of each revert, in order: where the commit that it takes back is. */
  readonly targets: number[]
}

type History = readonly { message: string; reverts: number | null; merges: boolean }[]

/** Each history is a line of its own from one root; a last commit merges all of them, so that one reading sees everything. */
function build(histories: readonly History[], idOf: (target: number) => string | undefined): Built {
  const commits: MadeCommit[] = [{ message: 'chore: begin' }]
  const ranges: Built['ranges'] = []
  const targets: number[] = []
  for (const steps of histories) {
    const own: number[] = []
    let head = 0
    const add = (message: string, ...merged: number[]): void => {
      commits.push({ message, parents: [head, ...merged], files: { 'changes.txt': `${commits.length}` } })
      head = commits.length - 1
      own.push(head)
    }
    for (const { message, reverts, merges } of steps) {
      const target = reverts === null ? undefined : own[reverts % Math.max(1, own.length)]
      if (target !== undefined) {
        targets.push(target)
        const header = String(commits[target]?.message ?? '').split('\n')[0]
        add(`Revert "${header}"\n\nThis reverts commit ${idOf(target) ?? '0'.repeat(40)}.\n`)
      } else if (merges) {
        const base = head
        add(message)
        const side = head
        head = base
        add("Merge branch 'side'", side)
      } else add(message)
    }
    ranges.push({ commits: own, to: head })
  }
  commits.push({ message: 'chore: end', parents: [0, ...ranges.flatMap(({ to }) => (to === 0 ? [] : [to]))] })
  return { commits, ranges, targets }
}

/** A revert names an id, which its own text changes for all that comes after it: made again until every id is right. */
function makeHistories(histories: readonly History[]): Built & { repository: MadeRepository } {
  let built = build(histories, () => undefined)
  let repository = makeRepository(built.commits)
  for (;;) {
    const { ids } = repository
    const next = build(histories, (target) => ids[target])
    const again = makeRepository(next.commits)
    repository[Symbol.dispose]()
    ;[built, repository] = [next, again]
    if (next.targets.every((target) => again.ids[target] === ids[target])) return { ...built, repository }
  }
}
