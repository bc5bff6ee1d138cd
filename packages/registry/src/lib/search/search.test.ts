import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Capabilities, Entry } from '../entry.ts'
import { type Figures, figuresOf, NO_FIGURES } from '../figures.ts'
import { type SearchFacts, type SearchQuery, search } from './search.ts'
import { stemOf } from './stem.ts'
import { createTextIndex, isOneOff } from './text-index.ts'
import { wordsOf } from './words.ts'

const entry = (name: string, summary: string, more: Partial<Entry> = {}): Entry => ({
  id: `p::${name}`,
  kind: 'agent',
  plugin: 'p',
  name,
  summary,
  keywords: [],
  examples: [],
  invoke: `use ${name}`,
  ...more,
})

const AGENTS: readonly Entry[] = [
  entry('react-component-specialist', 'Builds React components with tests', { keywords: ['component', 'frontend'] }),
  entry('accessibility-auditor', 'Audits user interfaces and components for accessibility'),
  entry('chakra-component-generator', 'Generates Chakra components for React'),
  entry('code-reviewer', 'Reviews code for mistakes, React code among it'),
  entry('db-migrator', 'Migrates database schemas', { category: 'data' }),
  entry('fastapi-backend', 'Builds FastAPI endpoints', { kind: 'skill', plugin: 'q', id: 'q:fastapi-backend' }),
]

const NOTHING: Capabilities = { domains: [], contexts: [], patterns: [] }

function find(query: SearchQuery, { entries = AGENTS, ...facts }: Partial<SearchFacts> & { entries?: readonly Entry[] } = {}) {
  return search(
    createTextIndex(entries),
    entries,
    { healthOf: () => ({ state: 'ready' }), figuresOf: () => NO_FIGURES, capabilitiesOf: () => NOTHING, ...facts },
    query,
  )
}
const names = (query: SearchQuery, facts?: Parameters<typeof find>[1]): string[] => find(query, facts).map(({ entry: { name } }) => name)

describe('search()', () => {
  it('[S1] ranks those that have more of the rarer words first (R9)', () => {
    const found = names({ text: 'react component with accessibility' })
    expect(found[0]).toBe('accessibility-auditor')
    const wanted = names(
      { text: 'component accessibility', wants: { domains: ['frontend', 'ui'], contexts: ['react', 'a11y'] } },
      {
        capabilitiesOf: ({ name }) =>
          name.startsWith('react')
            ? { domains: ['frontend', 'ui'], contexts: ['react'], patterns: [] }
            : name.startsWith('access')
              ? { domains: ['ui'], contexts: ['a11y'], patterns: [] }
              : name.startsWith('chakra')
                ? { domains: ['frontend'], contexts: ['react'], patterns: [] }
                : NOTHING,
      },
    )
    expect(wanted).toEqual(['react-component-specialist', 'accessibility-auditor', 'chakra-component-generator'])
  })

  it('[S2] explains points that add up, and the rank as their product', () => {
    for (const { points, score, reasons, available, success } of find({ text: 'react component' })) {
      expect(reasons.reduce((sum, reason) => sum + reason.points, 0)).toBeCloseTo(points)
      expect(score).toBeCloseTo(points * available * success)
      expect(reasons.length).toBeGreaterThan(0)
    }
    expect(find({ text: 'react' })[0]?.reasons).toEqual([
      { why: 'word', what: 'react', in: ['name', 'summary'], points: expect.any(Number) },
    ])
  })

  it('[S3] finds nothing where nothing fits', () => {
    for (const text of [
      'what is the weather in paris',
      'turn on the living room lights',
      '',
      '   ',
      'the of and',
      '🍕',
      'x'.repeat(100_000),
      '\u0000',
    ])
      expect(names({ text })).toEqual([])
    expect(names({ text: 'paint the garage with react and new colours today' })).toEqual([])
  })

  it('[S4] takes a name however its words are joined, the beginning of a word, a short form and one wrong letter', () => {
    expect(find({ text: 'code reviewer' })[0]).toMatchObject({
      entry: { name: 'code-reviewer' },
      reasons: expect.arrayContaining([{ why: 'name', what: 'code-reviewer', points: 40 }]),
    })
    expect(find({ text: 'p::code-reviewer' })[0]?.entry.name).toBe('code-reviewer')
    expect(names({ text: 'access' })[0]).toBe('accessibility-auditor')
    expect(names({ text: 'a11y' })[0]).toBe('accessibility-auditor')
    expect(names({ text: 'acessibility' })[0]).toBe('accessibility-auditor')
    expect(names({ text: 'database' })).toEqual(['db-migrator'])
  })

  it('[S4] takes several words that have a short form for it, and one of them alone for none', () => {
    const entries = [
      entry('line-ender', 'Handles Windows line ends in pull requests'),
      entry('page-builder', 'Front-end developer'),
      entry('merger', 'Merges each PR'),
    ]
    const find = (text: string): string[] => names({ text }, { entries })
    expect(find('frontend')).toEqual(['page-builder'])
    expect(find('front end')[0]).toBe('page-builder')
    expect(find('pr').sort()).toEqual(['line-ender', 'merger'])
    expect(find('pull request').sort()).toEqual(['line-ender', 'merger'])
    expect(find('request')).toEqual(['line-ender'])
  })

  it('[S4] finds words in a script that puts no spaces between them, and leaves its letters as they are', () => {
    const entries = [entry('レビュアー', 'コードレビューをします'), entry('tester', '运行单元测试'), entry('other', 'Does other things')]
    expect(names({ text: 'レビュー' }, { entries })).toEqual(['レビュアー'])
    expect(names({ text: '单元测试' }, { entries })).toEqual(['tester'])
    expect(find({ text: 'ビュー コードレビュー' }, { entries })[0]?.reasons.map(({ what }) => what)).toContain('コード')
  })

  it('[S5] keeps to the filters', () => {
    expect(names({ text: 'builds', kinds: ['skill'] })).toEqual(['fastapi-backend'])
    expect(names({ text: 'builds', plugins: ['p'] })).toEqual(['react-component-specialist'])
    expect(names({ text: 'schemas', category: 'other' })).toEqual([])
    const capabilitiesOf = ({ name }: Entry): Capabilities => ({ ...NOTHING, domains: name === 'code-reviewer' ? ['quality'] : [] })
    expect(names({ text: 'react', only: { domains: ['quality'] } }, { capabilitiesOf })).toEqual(['code-reviewer'])
    expect(names({ text: '', only: { domains: ['quality'] } }, { capabilitiesOf })).toEqual(['code-reviewer'])
  })

  it('[S6] leaves out what is down, puts the degraded behind, and the proven before what never ran', () => {
    const twins = [entry('one', 'Tests things'), entry('two', 'Tests things')]
    const text = 'tests things'
    expect(names({ text }, { entries: twins })).toEqual(['one', 'two'])
    expect(names({ text }, { entries: twins, healthOf: ({ name }) => ({ state: name === 'one' ? 'down' : 'ready' }) })).toEqual(['two'])
    expect(names({ text }, { entries: twins, healthOf: ({ name }) => ({ state: name === 'one' ? 'degraded' : 'ready' }) })).toEqual([
      'two',
      'one',
    ])
    const proven: Figures = figuresOf({ runs: 100, failures: 4, latencyMs: 1, errorRate: 0 })
    expect(names({ text }, { entries: twins, figuresOf: ({ name }) => (name === 'two' ? proven : NO_FIGURES) })).toEqual(['two', 'one'])
  })

  it('[S7] is not taken over by a manifest that is stuffed with words', () => {
    const stuffed = entry('best', `${'react accessibility deploy destroy test audit '.repeat(60)} use this for everything`)
    expect(names({ text: 'react component' }, { entries: [...AGENTS, stuffed] })[0]).toBe('react-component-specialist')
  })

  it('[S8] finds every entry by its own name among random others, whatever is asked', () => {
    const word = fc.stringMatching(/^[a-z]{5,9}$/)
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(word, word), { minLength: 1, maxLength: 30, selector: (pair) => pair.join('-') }),
        fc.string(),
        (pairs, any) => {
          const entries = pairs.map(([a, b]) => entry(`${a}-${b}`, `does ${b} ${a}`))
          const all = createTextIndex(entries)
          const facts: SearchFacts = { healthOf: () => ({ state: 'ready' }), figuresOf: () => NO_FIGURES, capabilitiesOf: () => NOTHING }
          for (const { name } of entries) expect(search(all, entries, facts, { text: name })[0]?.entry.name).toBe(name)
          for (const { score } of search(all, entries, facts, { text: any })) expect(score).toBeGreaterThan(0)
        },
      ),
      { numRuns: 100 },
    )
  })
})

describe('the words of a text', () => {
  it('meet in their stems and leave names as they are', () => {
    expect(['components', 'component', 'testing', 'tested', 'tests', 'audits', 'auditing'].map(stemOf)).toEqual([
      'component',
      'component',
      'test',
      'test',
      'test',
      'audit',
      'audit',
    ])
    for (const [one, other] of [
      ['tune', 'tuning'],
      ['code', 'coding'],
      ['names', 'naming'],
      ['cover', 'covered'],
      ['logs', 'logging'],
    ] as const)
      expect(stemOf(one)).toBe(stemOf(other))
    expect(['kubernetes', 'redis', 'css', 'aws', 'ci'].map(stemOf).every((stem) => stem.length > 1)).toBe(true)
    expect(wordsOf('The AccessibilityAuditor for K8s, C# and überprüfung').map(({ stem }) => stem)).toContain('uberprufung')
  })

  it('isOneOff() is right beside a naive count', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 6 })
    fc.assert(
      fc.property(letters, letters, (a, b) => isOneOff(a, b) === distanceIsAtMostOne(a, b)),
      { numRuns: 2_000 },
    )
  })
})

/** All that one edit can make of a text. */
function distanceIsAtMostOne(a: string, b: string): boolean {
  if (a === b) return true
  const edits = new Set<string>()
  for (let i = 0; i <= a.length; i++) {
    edits.add(a.slice(0, i) + a.slice(i + 1))
    for (const letter of 'abc') {
      edits.add(a.slice(0, i) + letter + a.slice(i))
      edits.add(a.slice(0, i) + letter + a.slice(i + 1))
    }
    if (i + 1 < a.length) edits.add(a.slice(0, i) + a[i + 1]! + a[i]! + a.slice(i + 2))
  }
  return edits.has(b)
}
