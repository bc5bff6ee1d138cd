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

/** What makes forms of a short word, such as "tune": what is left may have three letters. */
const OF_SHORT = new Set<string>(['ings', 'ing', 'ed', 'es'])
const SHORT = /^[^aeiouy]+[aeiouy][^aeiouy]$/

/** A light stemmer: what is one word to a person mostly meets; names and other languages pass unchanged. */
export function stemOf(word: string): string {
  if (word.length < 4 || !/^[a-z]+$/.test(word)) return word
  if (word.length === 4) return /[^s]s$/.test(word) || (word.endsWith('e') && SHORT.test(word.slice(0, -1))) ? word.slice(0, -1) : word
  for (const ending of ENDINGS) {
    if (!word.endsWith(ending)) continue
    const stem = word.slice(0, -ending.length)
    if (stem.length < 4 && !(OF_SHORT.has(ending) && stem.length === 3 && SHORT.test(stem))) continue
    if (ending === 's' && /(?:ss|us|is)$/.test(word)) return word
    return stem.replace(/([bdfgmnprt])\1$/, '$1')
  }
  return word
}
