import type { Lexeme } from '../arguments/lexeme.ts'
import { isVerb, VERBS } from '../verbs.ts'

/** What joins a stretch of a request to the one before: `and` may be no more than a list of things. */
export type Link = 'start' | 'and' | 'then' | 'sentence'

/** Words that join what stands before them to what stands behind. */
export interface Connective {
  readonly length: number
  readonly link: Link
  /** "otherwise": what follows is for the other case. */
  readonly turns?: boolean
  /** "but before that": what follows is done before what stands before it. */
  readonly swaps?: boolean
}

const BACKWARDS = new Set(['this', 'that', 'which', 'doing'])
const ORDINALS = new Set('second secondly third thirdly fourth fourthly'.split(' '))
const ARROWS = new Set(['→', '⇒', '&&'])
const JOINS = new Set(['and', '&', 'plus', 'but'])

export function connectiveAt(lexemes: readonly Lexeme[], at: number): Connective | undefined {
  const [first = '', second = '', third = ''] = [0, 1, 2].map((i) => lexemes[at + i]?.lower)
  if (JOINS.has(first) && at > 0) {
    const inner = adverbialAt(lexemes, at + 1)
    return inner === undefined ? { length: 1, link: 'and' } : { ...inner, length: inner.length + 1 }
  }
  if (first === 'or' && (second === 'else' || second === 'otherwise')) return { length: 2, link: 'then', turns: true }
  if (ARROWS.has(first) && at > 0) return { length: 1, link: 'then' }
  if (first === 'followed' && second === 'by') return { length: 2, link: 'then' }
  if (first === 'as' && second === 'well' && third === 'as') return { length: 3, link: 'and' }
  return at > 0 || first !== 'then' ? adverbialAt(lexemes, at) : undefined
}

/** What says when something is done, by itself or behind "and". */
function adverbialAt(lexemes: readonly Lexeme[], at: number): Connective | undefined {
  const [first = '', second = '', third = ''] = [0, 1, 2].map((i) => lexemes[at + i]?.lower)
  const previous = lexemes[at - 1]
  const begins = previous !== undefined && (previous.endsClause || JOINS.has(previous.lower))
  if (first === 'otherwise' || first === 'else') return { length: 1, link: 'then', turns: true }
  if (first === 'if' && second === 'not' && (third === '' || lexemes[at + 1]!.endsClause || third === 'then'))
    return { length: 2, link: 'then', turns: true }
  if (ORDINALS.has(first) && begins && (VERBS.has(second) || lexemes[at]!.endsClause)) return { length: 1, link: 'then' }
  if (first === 'then' || (first === 'afterwards' && at > 0)) return { length: 1, link: 'then' }
  if (first === 'after' && BACKWARDS.has(second) && (lexemes[at + 1]!.endsClause || third !== '')) return { length: 2, link: 'then' }
  if (first === 'before' && BACKWARDS.has(second) && begins && third !== '') return { length: 2, link: 'then', swaps: true }
  return undefined
}

export interface Order {
  readonly word: 'before' | 'after'
  readonly length: number
}

/** "before deploying", "after you checked": the beginning of something else to do. */
export function orderAt(lexemes: readonly Lexeme[], at: number): Order | undefined {
  const word = lexemes[at]!.lower
  if (word !== 'before' && word !== 'after') return undefined
  const [second, third] = [lexemes[at + 1], lexemes[at + 2]]
  if (second === undefined) return undefined
  // "before we go into the meeting" only says when.
  if (second.lower === 'you') return third !== undefined && VERBS.has(third.lower) ? { word, length: 2 } : undefined
  return second.lower.endsWith('ing') && isVerb(second.lower) ? { word, length: 1 } : undefined
}

/** What the punctuation behind a word says of what follows. */
export function linkBehind(text: string, { end }: Lexeme): 'and' | 'sentence' | undefined {
  const found = /^[\s"'”’)]*([.,;:!?\n])/.exec(text.slice(end, end + 8))?.[1]
  if (found === ':') return undefined
  return found === undefined || found === ',' ? 'and' : 'sentence'
}
