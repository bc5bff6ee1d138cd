import { type Lexeme, lexemesOf } from '../arguments/lexeme.ts'
import { isVerb, VERBS } from '../verbs.ts'
import { type Condition, negated, readCondition } from './condition.ts'

/** A stretch of a request that may ask for something of its own. */
export interface Clause {
  readonly start: number
  readonly end: number
  /** What joins it to the one before: `and` may be no more than a list of things. */
  readonly link: 'start' | 'and' | 'then' | 'sentence'
  readonly condition?: Condition
  /** It says what is not to be done. */
  readonly refused: boolean
}

/** Behind these, "if" asks a question instead of setting a condition. */
const ASKS = new Set('check see tell know verify find out ask test wonder determine me us sure decide whether'.split(' '))
const LEADS = new Set('and then also now next finally afterwards please just first but so lastly'.split(' '))
const CONDITIONS = new Set(['if', 'unless', 'once', 'when', 'whenever', 'provided', 'assuming'])
const INVERTS = new Set('it that this they anything something one any all everything'.split(' '))
const PLACES = new Set('in on of for from with by at'.split(' '))
const REFUSALS =
  /^(?:(?:and|but)\s+)?(?:please\s+)?(?:do not|don['’]?t|dont|never|under no circumstances?|on no account|by no means|in no case|refrain from|no need to|you (?:must not|mustn['’]?t|should not|shouldn['’]?t|need not|needn['’]?t)|there is no need to)\s/iu

const FAILED: Condition = { kind: 'outcome', good: false, word: 'fails' }

interface Draft {
  start: number
  end: number
  link: Clause['link']
  condition: Condition | undefined
  /** It is done before the one that stands before it, or after the one that stands behind it. */
  swaps: 'none' | 'previous' | 'next'
}

/** Takes a request apart where its words and its punctuation join things; what the pieces mean is somebody else's to find out. */
export function clausesOf(text: string): readonly Clause[] {
  const lexemes = lexemesOf(text)
  const isQuoted = quotedIn(text)
  const drafts: Draft[] = []
  let draft: Draft | undefined
  let link: Clause['link'] = 'start'
  let pending: Condition | undefined
  /** The condition that "otherwise" turns round. */
  let last: Condition | undefined
  let swaps: Draft['swaps'] = 'none'

  const close = (): void => {
    if (draft !== undefined) drafts.push(draft)
    draft = undefined
  }

  for (let at = 0; at < lexemes.length; at++) {
    const lexeme = lexemes[at]!
    if (!isQuoted(lexeme)) {
      const words = connectorAt(lexemes, at)
      if (words !== undefined) {
        close()
        // "check it, otherwise ...": the other case is that it did not work.
        if (words.turns === true) pending = last !== undefined ? negated(last) : drafts.length > 0 ? FAILED : undefined
        link = words.link === 'then' || link === 'start' ? words.link : link === 'sentence' ? 'sentence' : words.link
        at += words.length - 1
        continue
      }
      const found = conditionAt(text, lexemes, at)
      if (found !== undefined) {
        const isPostfix = draft !== undefined
        if (isPostfix) draft!.condition = found.condition
        else pending = found.condition
        last = found.condition
        at = found.last
        if (isPostfix) {
          close()
          link = linkBehind(text, lexemes[at]!) ?? 'and'
        }
        continue
      }
      const order = orderAt(lexemes, at)
      if (order !== undefined) {
        swaps = order.word === 'before' ? (draft === undefined ? 'next' : 'none') : draft === undefined ? 'none' : 'previous'
        close()
        link = 'then'
        at += order.length - 1
        continue
      }
    }
    if (draft === undefined) {
      if (LEADS.has(lexeme.lower) && !lexeme.endsClause && lexemes[at + 1] !== undefined) {
        if (lexeme.lower === 'then' || lexeme.lower === 'afterwards') link = 'then'
        continue
      }
      draft = { start: lexeme.start, end: lexeme.end, link: drafts.length === 0 ? 'start' : link, condition: pending, swaps }
      swaps = 'none'
    } else draft.end = lexeme.end
    if (lexeme.endsClause && !isQuoted(lexeme)) {
      const behind = linkBehind(text, lexeme)
      if (behind === undefined) continue
      close()
      link = link === 'then' && behind === 'and' ? 'then' : behind
      if (behind === 'sentence') pending = undefined
    }
  }
  close()
  return inOrder(drafts).map(({ start, end, link, condition }) => ({
    ...withQuotes(text, start, end),
    link,
    ...(condition !== undefined && { condition }),
    refused: REFUSALS.test(text.slice(start, end)),
  }))
}

/** What is done first, first: "deploy after checking the health" is checked and then deployed. */
function inOrder(drafts: readonly Draft[]): readonly Draft[] {
  const ordered = [...drafts]
  for (const [at, draft] of drafts.entries()) {
    const other = draft.swaps === 'next' ? drafts[at + 1] : draft.swaps === 'previous' ? drafts[at - 1] : undefined
    if (other === undefined) continue
    const [here, there] = [ordered.indexOf(draft), ordered.indexOf(other)]
    if (here > there)
      [ordered[here], ordered[there]] = [
        { ...other, link: 'then' },
        { ...draft, link: other.link },
      ]
    else
      [ordered[here], ordered[there]] = [
        { ...other, link: draft.link },
        { ...draft, link: 'then' },
      ]
  }
  return ordered
}

interface Order {
  readonly word: 'before' | 'after'
  readonly length: number
}

/** "before deploying", "after you checked": the beginning of something else to do. */
function orderAt(lexemes: readonly Lexeme[], at: number): Order | undefined {
  const word = lexemes[at]!.lower
  if (word !== 'before' && word !== 'after') return undefined
  const [second, third] = [lexemes[at + 1], lexemes[at + 2]]
  if (second === undefined) return undefined
  if (/^(?:you|we|i)$/.test(second.lower)) return third !== undefined && VERBS.has(third.lower) ? { word, length: 2 } : undefined
  return second.lower.endsWith('ing') && isVerb(second.lower) ? { word, length: 1 } : undefined
}

interface Connector {
  readonly length: number
  readonly link: Clause['link']
  /** "otherwise": what follows is for the other case. */
  readonly turns?: boolean
}

function connectorAt(lexemes: readonly Lexeme[], at: number): Connector | undefined {
  const [first = '', second = '', third = ''] = [0, 1, 2].map((i) => lexemes[at + i]?.lower)
  if (first === 'otherwise' || first === 'else') return { length: 1, link: 'then', turns: true }
  if (first === 'or' && (second === 'else' || second === 'otherwise')) return { length: 2, link: 'then', turns: true }
  if (first === 'if' && second === 'not' && (third === '' || lexemes[at + 1]!.endsClause || third === 'then'))
    return { length: 2, link: 'then', turns: true }
  if (first === 'and' && (second === 'then' || second === 'afterwards')) return { length: 2, link: 'then' }
  if (first === 'after' && (second === 'that' || second === 'this') && (lexemes[at + 1]!.endsClause || third !== ''))
    return { length: 2, link: 'then' }
  if (first === 'and' && second === 'after' && third === 'that') return { length: 3, link: 'then' }
  if (first === 'followed' && second === 'by') return { length: 2, link: 'then' }
  if ((first === 'then' || first === 'afterwards') && at > 0) return { length: 1, link: 'then' }
  if ((first === 'and' || first === '&' || first === 'plus' || first === 'but') && at > 0) return { length: 1, link: 'and' }
  if (first === 'as' && second === 'well' && third === 'as') return { length: 3, link: 'and' }
  return undefined
}

interface FoundCondition {
  readonly condition: Condition
  readonly last: number
}

function conditionAt(text: string, lexemes: readonly Lexeme[], at: number): FoundCondition | undefined {
  const { lower } = lexemes[at]!
  const words =
    lower === 'as' && lexemes[at + 1]?.lower === 'soon' && lexemes[at + 2]?.lower === 'as'
      ? 3
      : lower === 'only' && lexemes[at + 1]?.lower === 'if'
        ? 2
        : CONDITIONS.has(lower) || isInverted(lexemes, at)
          ? 1
          : 0
  if (words === 0 || ASKS.has(lexemes[at - 1]?.lower ?? '')) return undefined
  const from = lexemes[at + words]
  if (from === undefined) return undefined
  const read = readCondition(text.slice(from.start))
  if (read === undefined) return undefined
  const end = from.start + read.length
  let next = lexemes.findIndex(({ start }) => start >= end)
  // "there are errors in the logs, ...": what says where belongs to the condition.
  const comma = lexemes.findIndex(({ endsClause }, i) => i >= next && endsClause)
  if (next > 0 && PLACES.has(lexemes[next]!.lower) && !lexemes[next - 1]!.endsClause && comma !== -1 && comma < lexemes.length - 1)
    next = comma + 1
  return { condition: lower === 'unless' ? negated(read.condition) : read.condition, last: (next === -1 ? lexemes.length : next) - 1 }
}

/** "should that fail": a condition without "if". */
const isInverted = (lexemes: readonly Lexeme[], at: number): boolean =>
  lexemes[at]!.lower === 'should' &&
  (at === 0 || lexemes[at - 1]!.endsClause || /^(?:and|but)$/.test(lexemes[at - 1]!.lower)) &&
  INVERTS.has(lexemes[at + 1]?.lower ?? '')

/** A stretch of text with the quotation marks that stand right at its ends. */
function withQuotes(text: string, start: number, end: number): { start: number; end: number } {
  const opens = /["“`']/.test(text[start - 1] ?? '') && !/[\p{L}\p{N}]/u.test(text[start - 2] ?? '')
  return { start: opens ? start - 1 : start, end: /["”`']/.test(text[end] ?? '') ? end + 1 : end }
}

/** What the punctuation behind a word says of what follows. */
function linkBehind(text: string, { end }: Lexeme): 'and' | 'sentence' | undefined {
  const found = /^[\s"'”’)]*([.,;:!?\n])/.exec(text.slice(end, end + 8))?.[1]
  if (found === ':') return undefined
  return found === undefined || found === ',' ? 'and' : 'sentence'
}

function quotedIn(text: string): (lexeme: Lexeme) => boolean {
  const spans = [...text.matchAll(/"[^"]*"|“[^”]*”|`[^`]*`|(?<![\p{L}\p{N}])'[^']*'(?![\p{L}\p{N}])/gu)].map(
    (match) => [match.index, match.index + match[0].length] as const,
  )
  return ({ start, end }) => spans.some(([from, to]) => start >= from && end <= to)
}
