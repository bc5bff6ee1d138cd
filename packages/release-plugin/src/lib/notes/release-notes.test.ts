import { describe, expect, it } from 'vitest'
import { type MadeRepository, makeRepository } from '../../../test/made-repository.ts'
import { type NotesInput, tellRelease } from './release-notes.ts'

const tell = ({ dir }: MadeRepository, input: Partial<NotesInput> = {}): ReturnType<typeof tellRelease> =>
  tellRelease({ project: '.', format: 'people', ...input }, { workspace: dir, signal: new AbortController().signal })

const made = (): MadeRepository => {
  const repository = makeRepository([
    { message: 'feat: begin', files: { 'package.json': '{ "name": "pot", "version": "1.0.0" }' }, tags: ['v1.0.0'] },
    { message: 'feat(lid): a lid (#4)\n\nCo-authored-by: Bob <bob@example.org>', tags: ['v1.1.0-beta.0'] },
    { message: 'fix: the drip', author: 'dependabot[bot] <bot@example.org>' },
    { message: 'docs: write', tags: ['v1.1.0'] },
    { message: 'feat!: square cups\n\nBREAKING CHANGE: round ones do not fit' },
  ])
  repository.git('remote', 'add', 'origin', 'git@git.example.org:tea/pot.git')
  return repository
}

describe('tellRelease()', () => {
  it('tells people of a release that was made, with links and thanks', async () => {
    using repository = made()
    const [, lid, drip] = repository.ids
    const { text } = await tell(repository, { version: 'v1.1.0' })
    expect(text).toBe(
      [
        `### Added\n\n- **lid:** a lid ([#4](https://git.example.org/tea/pot/issues/4), [${lid?.slice(0, 7)}](https://git.example.org/tea/pot/commit/${lid}))`,
        `### Fixed\n\n- the drip ([${drip?.slice(0, 7)}](https://git.example.org/tea/pot/commit/${drip}))`,
        '**Thanks to** Ada and Bob',
        '**All changes:** [v1.0.0 to v1.1.0](https://git.example.org/tea/pot/compare/v1.0.0...v1.1.0)',
      ].join('\n\n'),
    )
  })

  it('tells machines, and names no address of mail', async () => {
    using repository = made()
    const { text, notes } = await tell(repository, { version: '1.1.0', format: 'machines' })
    expect(JSON.parse(text)).toEqual(notes)
    expect(notes).toMatchObject({
      name: 'pot',
      version: '1.1.0',
      from: '1.0.0',
      date: '2023-11-14',
      commits: 3,
      breaking: false,
      authors: ['Ada', 'Bob'],
    })
    expect(notes.changes.map(({ category, subject, references }) => [category, subject, references])).toEqual([
      ['Added', 'a lid (#4)', ['#4']],
      ['Fixed', 'the drip', []],
    ])
    expect(text).not.toContain('@example.org')
  })

  it('tells a chat what breaks first, and of the next release what is planned', async () => {
    using repository = made()
    const { text } = await tell(repository, { format: 'chat' })
    expect(text).toBe('pot 2.0.0 is planned: 1 changed\n• BREAKING square cups')
    const out = await tell(repository, { format: 'chat', version: '1.1.0' })
    expect(out.text).toBe(
      'pot 1.1.0 is out: 1 added, 1 fixed\n• lid: a lid (#4)\n• the drip\nhttps://git.example.org/tea/pot/releases/tag/v1.1.0',
    )
  })

  it('tells of a pre-release what is new since the one before', async () => {
    using repository = made()
    expect((await tell(repository, { version: '1.1.0-beta.0' })).notes.changes).toHaveLength(1)
  })

  it('says which release is not there', async () => {
    using repository = made()
    await expect(tell(repository, { version: '9.9.9' })).rejects.toThrow('no tag names it')
    using quiet = makeRepository([{ message: 'feat: begin', files: { 'package.json': '{ "version": "1.0.0" }' }, tags: ['v1.0.0'] }])
    await expect(tell(quiet)).rejects.toThrow('no commit since the last one asks for it')
  })
})
