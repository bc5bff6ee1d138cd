/** Short forms that people write, spelt out; data, so that it can grow without a rule. */
const SHORT_FORMS = `
a11y accessibility; k8s kubernetes; db database; dbs database; auth authentication; authn authentication; authz authorization;
js javascript; ts typescript; py python; ci continuous integration; cd continuous delivery; i18n internationalization;
l10n localization; perf performance; infra infrastructure; docs documentation; doc documentation; repo repository; pg postgres;
postgresql postgres; mongo mongodb; tf terraform; ml machine learning; ui interface; ux experience; sec security; env environment;
envs environment; config configuration; deps dependency; e2e end test; qa quality; pr pull request; gh github; gql graphql;
llm language model; nodejs node; golang go; sre reliability; wcag accessibility; frontend front end; backend back end
`

const SPELT = new Map(
  SHORT_FORMS.split(';').map((line) => {
    const [short = '', ...words] = line.trim().split(/\s+/)
    return [short, words] as const
  }),
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
const MAX_CHARS = 4_000
const MAX_WORD = 40

/** What a word of a text counts as: its stem, under which its other forms are found as well. */
export interface Word {
  /** As written, in lower case. */
  readonly text: string
  readonly stem: string
}

/** The words of a text that count, in order, short forms spelt out; at most `limit`. */
export function wordsOf(text: string, limit = 400): Word[] {
  const words: Word[] = []
  for (const [whole] of text.slice(0, MAX_CHARS).matchAll(WORD)) {
    for (const part of whole.split(HUMP)) {
      const plain = part.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase().slice(0, MAX_WORD)
      for (const word of SPELT.get(plain) ?? [plain]) {
        if (STOP_WORDS.has(word) || (word.length < 2 && !/\p{N}|[^\p{ASCII}]/u.test(word) && word !== 'c' && word !== 'r')) continue
        words.push({ text: plain, stem: stemOf(word) })
        if (words.length >= limit) return words
      }
    }
  }
  return words
}

const ENDINGS = [
  'ations',
  'ation',
  'ments',
  'ment',
  'ings',
  'ing',
  'ions',
  'ion',
  'ers',
  'er',
  'ed',
  'ity',
  'ies',
  'es',
  's',
  'y',
  'e',
] as const

/** A light stemmer: what is one word to a person mostly meets; names and other languages pass unchanged. */
export function stemOf(word: string): string {
  if (word.length < 5 || !/^[a-z]+$/.test(word)) return word.length === 4 && /[^s]s$/.test(word) ? word.slice(0, -1) : word
  for (const ending of ENDINGS) {
    if (!word.endsWith(ending) || word.length - ending.length < 4) continue
    if (ending === 's' && /(?:ss|us|is)$/.test(word)) return word
    return word.slice(0, -ending.length).replace(/([bdfgmnprt])\1$/, '$1')
  }
  return word
}
