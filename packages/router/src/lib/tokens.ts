import { ALIASES } from './aliases.ts'

/** One word of a request, and where it stood: `text.slice(start, end)` is what the person wrote. */
export interface Token {
  readonly word: string
  readonly start: number
  readonly end: number
}

/** Longer requests are read up to here: what is asked for stands at the start, and work has to be bounded. */
export const MAX_CHARS = 4_000
export const MAX_TOKENS = 256
const MAX_WORD = 40

const VERSION = /(?<![\p{L}\p{N}])(?:v?\d+\.\d+\.\d+(?:[-+][\w.-]*\w)?|v\d+(?:\.\d+)?(?![\p{L}\p{N}]))/u
const URL = /https?:\/\/[^\s"'<>`]+/u
// From here, from home or from the root: "a/b" may be a branch or an alternative.
const PATH = /(?<![\p{L}\p{N}./])(?:\.{1,2}|~)?\/[\w.-]+(?:\/[\w.-]+)*/u
// Letters with their marks, numbers with their dots and colons, and one apostrophe inside a word.
const PLAIN = /\p{N}+(?:[.,:]\p{N}+)+|[\p{L}\p{N}][\p{L}\p{M}\p{N}]*(?:['’][\p{L}]+)?/u
const WORD = new RegExp(`(${VERSION.source})|(${URL.source})|(${PATH.source})|${PLAIN.source}`, 'gu')
// camelCase and HTTPServer break where a capital starts a word.
const HUMP = /(?<=[\p{Ll}\p{N}])(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll})/gu
const NUMBER = /^\p{N}+(?:[.,:]\p{N}+)*$/u
/** Has no marks and no other forms. */
const PLAIN_LATIN = /^[a-z]+$/i
const MARKS = /\p{M}+/gu

/** What people write together, with or without the apostrophe, as the words it stands for. */
const CONTRACTIONS = new Map(
  Object.entries({
    "what's": 'what is',
    whats: 'what is',
    "where's": 'where is',
    wheres: 'where is',
    "who's": 'who is',
    whos: 'who is',
    "how's": 'how is',
    hows: 'how is',
    "when's": 'when is',
    whens: 'when is',
    "that's": 'that is',
    thats: 'that is',
    "it's": 'it is',
    "there's": 'there is',
    theres: 'there is',
    "let's": 'let us',
    lets: 'let us',
    "i'm": 'i am',
    im: 'i am',
    "i'd": 'i would',
    "i'll": 'i will',
    "i've": 'i have',
    ive: 'i have',
    "you're": 'you are',
    youre: 'you are',
    "we're": 'we are',
    "they're": 'they are',
    "we've": 'we have',
    "you've": 'you have',
    "can't": 'can not',
    cant: 'can not',
    cannot: 'can not',
    "don't": 'do not',
    dont: 'do not',
    "doesn't": 'does not',
    doesnt: 'does not',
    "didn't": 'did not',
    didnt: 'did not',
    "isn't": 'is not',
    isnt: 'is not',
    "aren't": 'are not',
    arent: 'are not',
    "won't": 'will not',
    wont: 'will not',
    "wasn't": 'was not',
    wasnt: 'was not',
    "couldn't": 'could not',
    couldnt: 'could not',
    "shouldn't": 'should not',
    shouldnt: 'should not',
    "wouldn't": 'would not',
    wouldnt: 'would not',
    "haven't": 'have not',
    havent: 'have not',
    "hasn't": 'has not',
    hasnt: 'has not',
    gonna: 'going to',
    wanna: 'want to',
    gotta: 'got to',
    gimme: 'give me',
    lemme: 'let me',
    pls: 'please',
    plz: 'please',
    thx: 'thanks',
    ok: 'okay',
    u: 'you',
    ur: 'your',
  }).map(([short, long]) => [short, long.split(' ')] as const),
)

/** A number whatever its digits: what counts for routing is that there is one. */
export const NUMBER_WORD = '#'
/** What is one of these without a doubt, in the order of the groups of `WORD`, as the same word whatever it is; written like the mask of a slot. */
const SHAPES = ['version', 'url', 'path'] as const

/** The words of a request, lower case, identifiers, contractions and short forms spelt out, in order; at most `MAX_TOKENS`. */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = []
  for (const match of text.slice(0, MAX_CHARS).matchAll(WORD)) {
    if (tokens.length >= MAX_TOKENS) break
    let start = match.index
    const shape = SHAPES.find((_, i) => match[i + 1] !== undefined)
    if (shape !== undefined) {
      tokens.push({ word: `<${shape}>`, start, end: start + match[0].length })
      continue
    }
    for (const part of match[0].split(HUMP)) {
      const end = start + part.length
      for (const word of wordsOf(part)) tokens.push({ word, start, end })
      start = end
    }
  }
  return tokens.slice(0, MAX_TOKENS)
}

function wordsOf(part: string): readonly string[] {
  if (NUMBER.test(part)) return [NUMBER_WORD]
  const latin = PLAIN_LATIN.test(part) ? part : part.normalize('NFKD').replace(MARKS, '').replaceAll('’', "'")
  const plain = latin.toLowerCase().slice(0, MAX_WORD)
  const expanded = CONTRACTIONS.get(plain) ?? ALIASES.get(plain)
  if (expanded) return expanded
  const apostrophe = plain.indexOf("'")
  return [apostrophe > 0 ? plain.slice(0, apostrophe) : plain]
}
