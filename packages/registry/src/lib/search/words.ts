import { stemOf } from './stem.ts'

/** Short forms that people write, spelt out; data, so that it can grow without a rule. */
const SHORT_FORMS = `
a11y accessibility; k8s kubernetes; db database; dbs database; auth authentication; authn authentication; authz authorization;
js javascript; ts typescript; py python; i18n internationalization; l10n localization; perf performance; infra infrastructure;
docs documentation; doc documentation; repo repository; pg postgres; postgresql postgres; mongo mongodb; tf terraform; ui interface;
ux experience; sec security; env environment; envs environment; config configuration; deps dependency; qa quality; gh github; gql graphql;
nodejs node; golang go; sre reliability; wcag accessibility
`
/** Those that stand for several words: one alone of these is something else, so that the short form stands for all of them. */
const PHRASES = `
ci continuous integration; cd continuous delivery; cd continuous deployment; ml machine learning; e2e end to end; pr pull request;
llm language model; frontend front end; backend back end; fullstack full stack
`

const pairsOf = (lines: string): (readonly [string, readonly string[]])[] =>
  lines.split(';').map((line) => {
    const [short = '', ...words] = line.trim().split(/\s+/)
    return [short, words]
  })
const SPELT = new Map(pairsOf(SHORT_FORMS).map(([short, words]) => [short, words[0]!]))
/** By the stem of the last word. */
const BY_LAST = Map.groupBy(
  pairsOf(PHRASES).map(([short, words]) => ({ short, phrase: words.join(' '), stems: words.map((word) => stemOf(word)) })),
  ({ stems }) => stems.at(-1)!,
)

/** Words that say nothing of what is wanted. */
const STOP_WORDS = new Set(
  `a an and any are as at be by can could do does for from get give had has have help how i if in into is it its let me my need of on or
our please should so some that the their them then there these this to us use used uses using want was we what when where which who will with
would you your agent agents plugin plugins skill skills command commands tool tools someone something anything everything user asks ask via
not no never ever only all about also just make like good best proactively must`.split(/\s+/),
)

const WORD = /[\p{L}\p{N}][\p{L}\p{M}\p{N}+#]*/gu
const HUMP = /(?<=[\p{Ll}\p{N}])(?=\p{Lu}\p{Ll})/gu
/** Of letters that are what they are without them; the marks of other scripts make other letters. */
const ACCENTS = /[\u0300-\u036f]/g
const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Khmer}\p{Script=Lao}\p{Script=Myanmar}]/u
const MAX_CHARS = 4_000
const MAX_WORD = 40

/** What a word of a text counts as: its stem, under which its other forms are found as well. */
export interface Word {
  /** As written, in lower case. */
  readonly text: string
  readonly stem: string
}

/**
 * The words of a text that count, in order, short forms spelt out; at most `limit`. Several that have a short form count as that too, and in what
 * is looked for (`phrases: 'alone'`) as nothing else, as what says it in short has the whole of it.
 */
export function wordsOf(text: string, limit = 400, phrases: 'beside' | 'alone' = 'beside'): Word[] {
  const words: Word[] = []
  /** All so far, also those that do not count. */
  const stems: string[] = []
  for (const [whole] of text.slice(0, MAX_CHARS).matchAll(WORD)) {
    for (const part of partsOf(whole)) {
      const written = part.toLowerCase().slice(0, MAX_WORD)
      const plain = written.normalize('NFKD').replace(ACCENTS, '').normalize('NFC')
      const word = SPELT.get(plain) ?? plain
      const stem = stemOf(word)
      stems.push(stem)
      if (!STOP_WORDS.has(word) && (word.length >= 2 || /\p{N}|[^\p{ASCII}]/u.test(word) || word === 'c' || word === 'r'))
        words.push({ text: written, stem })
      for (const { short, phrase, stems: wanted } of BY_LAST.get(stem) ?? []) {
        if (!wanted.every((one, at) => stems.at(at - wanted.length) === one)) continue
        if (phrases === 'alone') while (wanted.includes(words.at(-1)?.stem ?? '')) words.pop()
        words.push({ text: phrase, stem: short })
      }
      if (words.length >= limit) return words.slice(0, limit)
    }
  }
  return words
}

/** A name in its humps, and a text of a script that puts no spaces in its words. */
function partsOf(whole: string): Iterable<string> {
  if (!UNSPACED.test(whole)) return whole.split(HUMP)
  segmenter ??= new Intl.Segmenter('ja', { granularity: 'word' })
  return segmenter
    .segment(whole)
    [Symbol.iterator]()
    .map(({ segment }) => segment)
}

/** Made at the first text that needs it: most never do. */
let segmenter: Intl.Segmenter | undefined
