import { type Lexeme, lexemesOf } from '../arguments/lexeme.ts'
import { VERBS } from '../verbs.ts'
import { type Condition, negated } from './condition.ts'
import { askedAt, conditionAt } from './conditional.ts'
import { connectiveAt, type Link, linkBehind, orderAt } from './connective.ts'
import { isReport } from './report.ts'

/** A stretch of a request that may ask for something of its own. */
export interface Clause {
  readonly start: number
  readonly end: number
  /** With the condition that stands before or behind it. */
  readonly outer: { readonly start: number; readonly end: number }
  readonly link: Link
  readonly condition?: Condition
  /** It says what is not to be done. */
  readonly refused: boolean
}

/** Before "please" these ask themselves. */
const ASKING = new Set('can could you will would i we to and but so then now just also'.split(' '))
const LEADS = new Set('and then also now next finally afterwards please just first but so lastly'.split(' '))
const REFUSALS =
  /^(?:(?:and|but)\s+)?(?:please\s+)?(?:do not|don['’]?t|dont|never|under no circumstances?|on no account|by no means|in no case|refrain from|no need to|you (?:must not|mustn['’]?t|should not|shouldn['’]?t|need not|needn['’]?t)|there is no need to)\s/iu

const FAILED: Condition = { said: 'it is not so', at: 0, kind: 'outcome', good: false, word: 'not' }

interface Draft {
  start: number
  end: number
  outer: { start: number; end: number }
  link: Link
  condition: Condition | undefined
  /** It is done before the one that stands before it, or after the one that stands behind it. */
  swaps: 'none' | 'previous' | 'next'
}

/** Takes a request apart where its words and its punctuation join things; what the pieces mean is somebody else's to find out. */
export function clausesOf(text: string): readonly Clause[] {
  const lexemes = lexemesOf(text)
  const isQuoted = quotedIn(text)
  const items = itemsIn(text, lexemes)
  const drafts: Draft[] = []
  let draft: Draft | undefined
  let link: Link = 'start'
  let pending: Condition | undefined
  let pendingStart: number | undefined
  /** The condition that "otherwise" turns round. */
  let last: Condition | undefined
  let swaps: Draft['swaps'] = 'none'

  const close = (): void => {
    if (draft !== undefined) drafts.push(draft)
    draft = undefined
  }

  for (let at = 0; at < lexemes.length; at++) {
    const lexeme = lexemes[at]!
    if (items.has(at)) {
      close()
      // "do the following:" asks for nothing itself.
      if (link !== 'then' && text.slice(0, lexeme.start).trimEnd().endsWith(':')) drafts.length = 0
      link = 'then'
      continue
    }
    if (draft === undefined && !/[\p{L}\p{N}]/u.test(lexeme.text) && !items.has(at + 1)) continue
    if (!isQuoted(lexeme)) {
      const sign = signBefore(text, lexemes, at)
      if (sign !== undefined) {
        close()
        link = sign
      }
      const words = connectiveAt(lexemes, at)
      if (words !== undefined) {
        // "restart it if not": what stands before it depends on the other case.
        if (words.turns === true && draft !== undefined && drafts.length > 0 && lexemes[at]!.lower === 'if') {
          draft.condition = last === undefined ? FAILED : negated(last)
          draft.outer.end = lexemes[at + words.length - 1]!.end
          at += words.length - 1
          close()
          link = linkBehind(text, lexemes[at]!) ?? 'and'
          continue
        }
        close()
        // "check it, otherwise ...": the other case is that it did not work.
        if (words.turns === true) pending = last !== undefined ? negated(last) : drafts.length > 0 ? FAILED : undefined
        if (words.swaps === true) swaps = 'previous'
        link = words.link === 'then' || link === 'start' ? words.link : link === 'sentence' ? 'sentence' : words.link
        at += words.length - 1
        continue
      }
      const found = conditionAt(text, lexemes, at)
      if (found !== undefined) {
        const isPostfix = draft !== undefined
        if (isPostfix) {
          draft!.condition = found.condition
          draft!.outer.end = lexemes[found.last]!.end
        } else {
          pending = found.condition
          pendingStart = lexeme.start
        }
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
      const asked = drafts.length === 0 ? undefined : askedAt(text, lexemes, at)
      if (asked !== undefined) {
        pending = last = asked.condition
        pendingStart = lexeme.start
        at = asked.last
        link = 'sentence'
        continue
      }
      if (LEADS.has(lexeme.lower) && !lexeme.endsClause && lexemes[at + 1] !== undefined) {
        if (lexeme.lower === 'then' || lexeme.lower === 'afterwards') link = 'then'
        continue
      }
      const { start, end } = lexeme
      const outer = { start: pendingStart ?? start, end }
      draft = { start, end, outer, link: drafts.length === 0 ? 'start' : link, condition: pending, swaps }
      swaps = 'none'
      pendingStart = undefined
    } else if (isAskedAnew(lexemes, at)) {
      close()
      link = 'and'
      continue
    } else draft.end = draft.outer.end = lexeme.end
    if (lexeme.endsClause && !isQuoted(lexeme)) {
      // "the release broke: take it back", but not "open an issue: the release broke".
      const behind: Link | undefined = linkBehind(text, lexeme) ?? (isReport(text.slice(draft.start, draft.end)) ? 'sentence' : undefined)
      if (behind === undefined) continue
      close()
      link = link === 'then' && behind === 'and' ? 'then' : behind
      if (behind === 'sentence') pending = undefined
    }
  }
  close()
  return inOrder(drafts).map(({ start, end, outer, link, condition }) => ({
    ...withQuotes(text, start, end),
    outer: withQuotes(text, outer.start, outer.end),
    link,
    ...(condition !== undefined && { condition }),
    refused: REFUSALS.test(text.slice(start, end)),
  }))
}

/** What a sign between words says in place of one: "copy -> wipe", "disk + cache". */
function signBefore(text: string, lexemes: readonly Lexeme[], at: number): Link | undefined {
  const previous = lexemes[at - 1]
  if (previous === undefined) return undefined
  const between = text.slice(previous.end, lexemes[at]!.start)
  if (between.includes('->')) return 'then'
  return /\s\+\s/.test(between) ? 'and' : undefined
}

/** "if I am done please tell me": what is asked for behind something else. */
function isAskedAnew(lexemes: readonly Lexeme[], at: number): boolean {
  const [previous, next] = [lexemes[at - 1], lexemes[at + 1]]
  return lexemes[at]!.lower === 'please' && previous !== undefined && !ASKING.has(previous.lower) && VERBS.has(next?.lower ?? '')
}

/** Where the items of a list begin that is numbered, or lettered, from its beginning on: "1. check the api 2. restart it". */
function itemsIn(text: string, lexemes: readonly Lexeme[]): ReadonlySet<number> {
  const items = new Set<number>()
  for (const [at, { lower, start, end }] of lexemes.entries()) {
    const isNext = lower === String(items.size + 1) || lower === 'abcdefgh'[items.size]
    if (!isNext || !/^[.)]\s/.test(text.slice(end, end + 2))) continue
    if (items.size > 0 || text[end] === ')' || /(?:^|[:\n])\s*$/.test(text.slice(0, start))) items.add(at)
  }
  return items.size > 1 ? items : new Set()
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

/** A stretch of text with the quotation marks that stand right at its ends. */
function withQuotes(text: string, start: number, end: number): { start: number; end: number } {
  const opens = /["“`']/.test(text[start - 1] ?? '') && !/[\p{L}\p{N}]/u.test(text[start - 2] ?? '')
  return { start: opens ? start - 1 : start, end: /["”`']/.test(text[end] ?? '') ? end + 1 : end }
}

function quotedIn(text: string): (lexeme: Lexeme) => boolean {
  const spans = [...text.matchAll(/"[^"]*"|“[^”]*”|`[^`]*`|(?<![\p{L}\p{N}])'[^']*'(?![\p{L}\p{N}])/gu)].map(
    (match) => [match.index, match.index + match[0].length] as const,
  )
  return ({ start, end }) => spans.some(([from, to]) => start >= from && end <= to)
}
