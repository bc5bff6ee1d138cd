import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseCommit } from '../commits/commit.ts'
import { webLinks } from '../notes/web-links.ts'
import { parseChangelog, sectionBody, withSection } from './changelog.ts'
import { entriesOf } from './entry.ts'
import { renderEntries } from './render.ts'

const HAND = `# Changes of the pot

Some words by hand.

## [Unreleased]

### Added

- A lid, written by hand

### Security

- Hot water is *hot*

## [1.1.0] - 2026-01-02

### Fixed

- The spout (abc1234)

\`\`\`md
## [9.9.9] - in a code block
\`\`\`

## 1.0.0

First.

[unreleased]: https://example.org/compare/v1.1.0...HEAD
[1.1.0]: https://example.org/compare/v1.0.0...v1.1.0
[tea]: https://tea.example.org
`
const body = '### Added\n\n- a handle (1111111)\n\n### Fixed\n\n- the drip (2222222)'
const section = { version: '1.2.0', date: '2026-11-21', body }
const links = { version: 'https://example.org/compare/v1.1.0...v1.2.0', unreleased: 'https://example.org/compare/v1.2.0...HEAD' }

describe('withSection()', () => {
  it('moves what stands under Unreleased below the new heading and adds to it; every line by hand stays', () => {
    const text = withSection(HAND, { ...section, links })
    expect(sectionBody(parseChangelog(text), '1.2.0')).toBe(
      '### Added\n\n- A lid, written by hand\n- a handle (1111111)\n\n### Security\n\n- Hot water is *hot*\n\n### Fixed\n\n- the drip (2222222)',
    )
    expect(text).toContain('## [Unreleased]\n\n## [1.2.0] - 2026-11-21\n')
    expect(text).toContain(`[unreleased]: ${links.unreleased}\n[1.2.0]: ${links.version}\n[1.1.0]: `)
    const lines = text.split('\n')
    for (const line of HAND.split('\n')) if (!line.startsWith('[unreleased]')) expect(lines).toContain(line)
  })

  it('begins a file where there is none', () => {
    const text = withSection(undefined, { ...section, links })
    expect(text).toMatch(/^# Changelog\n\n.*Keep a Changelog[\s\S]*\n## \[Unreleased\]\n\n## \[1\.2\.0\] - 2026-11-21\n\n### Added\n/)
    expect(text.endsWith(`[Unreleased]: ${links.unreleased}\n[1.2.0]: ${links.version}\n`)).toBe(true)
    expect(withSection('', section)).toBe(withSection(undefined, section))
  })

  it('adds nothing twice: the second time changes nothing', () => {
    for (const before of [undefined, HAND, '# Log\n', 'No heading at all', HAND.replaceAll('\n', '\r\n')]) {
      const once = withSection(before, { ...section, links })
      expect(withSection(once, { ...section, links })).toBe(once)
    }
  })

  it('knows a change again by its commit, or by its words', () => {
    const before = '# Log\n\n## [1.2.0] - 2026-11-20\n\n### Added\n\n- **A Handle** for the pot, [by Bob](x)\n- Other (2222222)\n'
    expect(withSection(before, section)).toBe(before)
  })

  it('takes no other change for the same because it begins alike', () => {
    const before = '# Log\n\n## [1.2.0] - 2026-11-20\n\n### Added\n\n- A handlebar, and more\n- the drip tray\n- A handle for the pot\n'
    const text = withSection(before.replace('- A handle for the pot\n', ''), section)
    expect(text).toContain('- the drip tray\n- a handle (1111111)\n')
    expect(text).toContain('### Fixed\n\n- the drip (2222222)\n')
  })

  it('finds its place among headings of either level, as some tools write them', () => {
    const before = '# Change Log\n\n# [1.1.0](https://x.example) (2026-01-02)\n\n* b\n\n## [1.0.1](https://x.example) (2026-01-01)\n\n* a\n'
    const text = withSection(before, section)
    expect(parseChangelog(text).sections.map(({ version }) => version)).toEqual(['1.2.0', '1.1.0', '1.0.1'])
    expect(sectionBody(parseChangelog(text), '1.1.0')).toBe('* b')
  })

  it('reads a section past the links that somebody defined inside it', () => {
    const before =
      '# Log\n\n## [1.1.0] - 2026-01-01\n\n- see [#12]\n\n[#12]: https://x.example\n\n### Fixed\n\n- b\n\n[1.1.0]: https://x.example\n'
    expect(sectionBody(parseChangelog(before), '1.1.0')).toBe('- see [#12]\n\n[#12]: https://x.example\n\n### Fixed\n\n- b')
  })

  it('leaves links between two sections to neither', () => {
    const before = '# Log\n\n## [1.1.0] - 2026-01-02\n\n- b\n\n[1.1.0]: https://x.example\n\n## [1.0.0] - 2026-01-01\n\n- a\n'
    expect(sectionBody(parseChangelog(before), '1.1.0')).toBe('- b')
  })

  it('finds an item without a heading below any', () => {
    const before = '# Log\n\n## [1.2.0] - 2026-11-20\n\n### Added\n\n- A handle\n'
    expect(withSection(before, { ...section, body: '- a handle' })).toBe(before)
  })

  it('keeps to the line ends of the file', () => {
    const text = withSection(HAND.replaceAll('\n', '\r\n'), { ...section, links })
    expect(text.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/)
    expect(text.replaceAll('\r\n', '\n')).toBe(withSection(HAND, { ...section, links }))
  })

  it('puts the fix of an older line below the newer ones, and leaves Unreleased alone', () => {
    const text = withSection(HAND, { version: '1.0.1', date: '2026-11-21', body })
    expect(parseChangelog(text).sections.map(({ version }) => version)).toEqual([null, '1.1.0', '1.0.1', '1.0.0'])
    expect(text).toContain('## [Unreleased]\n\n### Added\n\n- A lid, written by hand\n\n### Security\n')
  })

  it('loses no line of any file', () => {
    const line = fc.constantFrom(
      '',
      '# Log',
      '## [Unreleased]',
      '## [1.1.0] - 2026-01-01',
      '## 0.9.0',
      '### Added',
      '### Fixed',
      '- a',
      '- b (2222222)',
      '  more',
      '```',
      'words',
      '[1.1.0]: https://x.example',
      '## Other',
    )
    fc.assert(
      fc.property(fc.array(line, { maxLength: 20 }), fc.constantFrom('1.2.0', '1.0.0', '1.1.0'), (lines, version) => {
        const before = lines.join('\n')
        const after = withSection(before, { ...section, version })
        const left = after.split('\n')
        for (const one of lines) {
          if (one === '' || before.trim() === '') continue
          const at = left.indexOf(one)
          expect(at, JSON.stringify({ before, after })).not.toBe(-1)
          left.splice(at, 1)
        }
      }),
      { numRuns: 2_000 },
    )
  })
})

describe('entriesOf()', () => {
  const read = (message: string): ReturnType<typeof parseCommit> =>
    parseCommit({ id: 'c0ffee1'.padEnd(40, '0'), parents: [], author: { name: 'Ada', email: 'a@example.org' }, date: '', message })
  const web = webLinks('git@github.com:tea/pot.git')
  const render = (...messages: string[]): string => renderEntries(entriesOf(messages.map(read).reverse()), web)

  it('groups what users notice, what breaks first, with links', () => {
    expect(
      render(
        'fix(spout): no drip (#4)',
        'docs: write',
        'feat: a lid',
        'perf: boil faster',
        'refactor!: other cup\n\nBREAKING CHANGE: cups are\nround',
      ),
    ).toBe(
      [
        '### Added\n\n- a lid ([c0ffee1](https://github.com/tea/pot/commit/c0ffee1000000000000000000000000000000000))',
        '### Changed\n\n- **Breaking:** other cup ([c0ffee1](https://github.com/tea/pot/commit/c0ffee1000000000000000000000000000000000))\n  cups are\n  round\n- boil faster ([c0ffee1](https://github.com/tea/pot/commit/c0ffee1000000000000000000000000000000000))',
        '### Fixed\n\n- **spout:** no drip ([#4](https://github.com/tea/pot/issues/4), [c0ffee1](https://github.com/tea/pot/commit/c0ffee1000000000000000000000000000000000))',
      ].join('\n\n'),
    )
  })

  it('lets no text of a commit be more than text', () => {
    const text = render('feat: <script>alert(1)</script> [x](javascript:y) `<b>` \u202Egpj.exe \x1b[31m &lt;', 'fix(a](http://evil): b')
    expect(text).toContain('&lt;script>alert(1)&lt;/script> \\[x\\](javascript:y) `<b>` \\\\u{202e}gpj.exe \\\\u{1b}\\[31m &amp;lt;')
    for (const hidden of ['\x1b', '\u202e']) expect(text).not.toContain(hidden)
    // What only looks like code, as its marks have no partner, or one outside of it.
    expect(render('feat: a ``<b>` c')).toContain('a \\`\\`&lt;b>\\` c')
    expect(render('feat(x`): `<i>`')).toContain('**x\\`:** `<i>` ')
    expect(render('feat: ``a`<b>`` <i>')).toContain('``a`<b>`` &lt;i>')
  })
})

describe('webLinks()', () => {
  it.for([
    ['git@github.com:tea/pot.git', 'https://github.com/tea/pot'],
    ['https://user:s3cret@github.com/tea/pot.git', 'https://github.com/tea/pot'],
    ['https://ghp_abcdefghijklmnopqrstuvwxyz@github.com/tea/pot', 'https://github.com/tea/pot'],
    ['ssh://git@git.example.org:2222/tea/pot', 'https://git.example.org/tea/pot'],
    ['http://localhost:3000/tea/pot.git', 'http://localhost:3000/tea/pot'],
    ['/srv/git/pot.git', undefined],
    ['../pot.git', undefined],
    ['file:///srv/git/pot.git', undefined],
    ['javascript:alert(1)', undefined],
    ['ext::sh -c x', undefined],
    [undefined, undefined],
  ] as const)('reads %s as %s', ([url, base]) => {
    expect(webLinks(url).base).toBe(base)
  })
})
