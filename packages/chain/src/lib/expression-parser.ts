import type { Comparison, Expression } from './expression.ts'

const MAX_DEPTH = 40
const MAX_LENGTH = 4_000

/** Why a text is no expression, and where in it. */
export class ExpressionMistake extends Error {
  readonly at: number

  constructor(message: string, at: number) {
    super(message)
    this.at = at
  }
}

const TOKEN = /\s*(?:(\d+(?:\.\d+)?)|([A-Za-z_][\w-]*)|('(?:[^']|'')*'|"(?:[^"]|"")*")|(\}\}|==|!=|<=|>=|&&|\|\||[<>!().,[\]-]))/y

interface Token {
  readonly kind: 'number' | 'name' | 'text' | 'sign' | 'end'
  readonly text: string
  readonly at: number
}

const COMPARISONS: ReadonlySet<string> = new Set(['==', '!=', '<', '<=', '>', '>='])
const WORDS: ReadonlyMap<string, null | boolean> = new Map([
  ['null', null],
  ['true', true],
  ['false', false],
])

/**
 * Reads one expression from `start` up to the `}}` that ends it; `end` is behind that.
 * @throws ExpressionMistake
 */
export function parseExpression(source: string, start: number): { readonly expression: Expression; readonly end: number } {
  let position = start
  let token = next()
  let depth = 0

  const expression = either()
  if (token.text !== '}}' || token.kind !== 'sign')
    throw unexpected(token.kind === 'end' ? 'it must end with "}}"' : 'an operator or "}}" must be here')
  return { expression, end: position }

  function next(): Token {
    if (position - start > MAX_LENGTH) throw new ExpressionMistake(`an expression has at most ${MAX_LENGTH} characters`, start)
    TOKEN.lastIndex = position
    const match = TOKEN.exec(source)
    if (match === null) {
      const at = position + (/^\s*/.exec(source.slice(position, position + MAX_LENGTH))?.[0].length ?? 0)
      if (at >= source.length) return { kind: 'end', text: '', at }
      throw new ExpressionMistake(`"${source.charAt(at)}" has no meaning here`, at)
    }
    position = TOKEN.lastIndex
    const [, number, name, text, sign = ''] = match
    const found = number ?? name ?? text ?? sign
    const kind = number !== undefined ? 'number' : name !== undefined ? 'name' : text !== undefined ? 'text' : 'sign'
    return { kind, text: found, at: position - found.length }
  }

  function take(): Token {
    const taken = token
    token = next()
    return taken
  }

  function isSign(sign: string): boolean {
    return token.kind === 'sign' && token.text === sign
  }

  function expect(sign: string): void {
    if (!isSign(sign)) throw unexpected(`"${sign}" must be here`)
    take()
  }

  function unexpected(rule: string): ExpressionMistake {
    return new ExpressionMistake(`${rule}: found ${token.kind === 'end' ? 'the end' : `"${token.text}"`}`, token.at)
  }

  function deeper<result>(read: () => result): result {
    if (++depth > MAX_DEPTH) throw new ExpressionMistake(`expressions nest at most ${MAX_DEPTH} deep`, token.at)
    const result = read()
    depth--
    return result
  }

  function either(): Expression {
    return deeper(() => {
      let left = both()
      while (isSign('||')) {
        take()
        left = { kind: 'or', left, right: both() }
      }
      return left
    })
  }

  function both(): Expression {
    let left = comparison()
    while (isSign('&&')) {
      take()
      left = { kind: 'and', left, right: comparison() }
    }
    return left
  }

  function comparison(): Expression {
    const left = unary()
    if (token.kind !== 'sign' || !COMPARISONS.has(token.text)) return left
    const { text, at } = take()
    return { kind: 'compare', operator: text as Comparison, left, right: unary(), at }
  }

  function unary(): Expression {
    if (!isSign('!')) return primary()
    take()
    return deeper(() => ({ kind: 'not', of: unary() }))
  }

  function primary(): Expression {
    if (isSign('(')) {
      take()
      const inner = either()
      expect(')')
      return inner
    }
    if (isSign('-')) {
      take()
      if (token.kind !== 'number') throw unexpected('a number must follow "-"')
      return { kind: 'literal', value: -Number(take().text) }
    }
    if (token.kind === 'number') return { kind: 'literal', value: Number(take().text) }
    if (token.kind === 'text') return { kind: 'literal', value: unquoted(take().text) }
    if (token.kind !== 'name') throw unexpected('a value must be here')
    const { text, at } = take()
    const word = WORDS.get(text)
    if (word !== undefined) return { kind: 'literal', value: word }
    return isSign('(') ? call(text, at) : path(text, at)
  }

  function call(name: string, at: number): Expression {
    take()
    const list: Expression[] = []
    while (!isSign(')')) {
      if (list.length > 0) expect(',')
      list.push(either())
    }
    take()
    return { kind: 'function', name, arguments: list, at }
  }

  function path(root: string, at: number): Expression {
    const keys: Expression[] = []
    for (;;) {
      if (isSign('.')) {
        take()
        if (token.kind !== 'name') throw unexpected('a name must follow "."')
        keys.push({ kind: 'literal', value: take().text })
      } else if (isSign('[')) {
        take()
        keys.push(either())
        expect(']')
      } else return { kind: 'path', root, keys, at }
    }
  }
}

/** Without its quotes; a doubled quote inside stands for one. */
function unquoted(text: string): string {
  const quote = text.charAt(0)
  return text.slice(1, -1).replaceAll(quote + quote, quote)
}
