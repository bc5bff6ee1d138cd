const VOWEL = /[aeiouy]/
const DOUBLED = /([bdfgmnprt])\1$/

/** The longest ending that leaves a stem of three letters with a vowel goes; nouns of an action meet their verb. */
const ENDINGS: readonly (readonly [ending: string, put: string])[] = [
  ['ization', 'iz'],
  ['ational', 'at'],
  ['fulness', 'ful'],
  ['ication', 'ic'],
  ['ation', 'at'],
  ['ments', ''],
  ['ment', ''],
  ['ness', ''],
  ['tion', 't'],
  ['sion', 's'],
  ['ingly', ''],
  ['edly', ''],
  ['ings', ''],
  ['ing', ''],
  ['ied', 'i'],
  ['ies', 'i'],
  ['ed', ''],
  ['ly', ''],
  ['ers', ''],
  ['er', ''],
]

/**
 * A light stemmer for English: related forms meet ("deploys", "deployed", "deploying", "deployment"), and words that
 * only look alike mostly do not. Words of other languages and names pass almost unchanged.
 */
export function stem(word: string): string {
  if (word.length < 4 || !/^[a-z]+$/.test(word)) return word
  let root = word
  if (root.endsWith('sses')) root = root.slice(0, -2)
  else if (root.endsWith('s') && !/(?:ss|us|is)$/.test(root) && !root.endsWith('ies')) root = root.slice(0, -1)
  for (const [ending, put] of ENDINGS) {
    if (!root.endsWith(ending)) continue
    const rest = root.slice(0, -ending.length)
    if (rest.length < 3 || !VOWEL.test(rest)) continue
    root = (rest + put).replace(DOUBLED, '$1')
    break
  }
  if (root.length > 4 && root.endsWith('e')) root = root.slice(0, -1)
  if (root.length > 3 && root.endsWith('y') && !VOWEL.test(root.at(-2)!)) root = `${root.slice(0, -1)}i`
  return root
}
