import { type Expression, evaluate, type Scope } from './expression.ts'
import { parseExpression } from './expression-parser.ts'
import { MAX_TEXT, textOf } from './functions.ts'
import { isRecord, recordOf } from './json.ts'
import { bounded } from './output.ts'

/** A value whose texts may hold expressions, read once. */
export type Template =
  | { readonly kind: 'constant'; readonly value: unknown }
  | { readonly kind: 'expression'; readonly expression: Expression }
  | { readonly kind: 'text'; readonly parts: readonly (string | Expression)[] }
  | { readonly kind: 'list'; readonly of: readonly Template[] }
  | { readonly kind: 'object'; readonly of: readonly (readonly [string, Template])[] }

const OPEN = '$\u007b{'

/** @throws ExpressionMistake with the place in the text that is wrong */
export function parseTemplate(value: unknown): Template {
  if (typeof value === 'string') return parseText(value)
  if (Array.isArray(value)) {
    const of = value.map(parseTemplate)
    return of.every((one) => one.kind === 'constant') ? { kind: 'constant', value } : { kind: 'list', of }
  }
  if (isRecord(value)) {
    const of = Object.entries(value).map(([key, one]) => [key, parseTemplate(one)] as const)
    return of.every(([, one]) => one.kind === 'constant') ? { kind: 'constant', value } : { kind: 'object', of }
  }
  return { kind: 'constant', value: value ?? null }
}

function parseText(text: string): Template {
  const parts: (string | Expression)[] = []
  let from = 0
  for (let open = text.indexOf(OPEN); open >= 0; open = text.indexOf(OPEN, from)) {
    if (open > from) parts.push(text.slice(from, open))
    const { expression, end } = parseExpression(text, open + OPEN.length)
    parts.push(expression)
    from = end
  }
  if (from < text.length) parts.push(text.slice(from))
  const [only] = parts
  if (parts.length === 0 || (parts.length === 1 && typeof only === 'string')) return { kind: 'constant', value: text }
  if (parts.length === 1 && typeof only === 'object') return { kind: 'expression', expression: only }
  return { kind: 'text', parts }
}

/** The value of a template. @throws STEP_INPUT when it is too large */
export function fill(template: Template, scope: Scope): unknown {
  const value = fillPart(template, scope)
  return template.kind === 'list' || template.kind === 'object' ? bounded(value) : value
}

function fillPart(template: Template, scope: Scope): unknown {
  switch (template.kind) {
    case 'constant':
      return template.value
    case 'expression':
      return evaluate(template.expression, scope)
    case 'text': {
      let text = ''
      for (const part of template.parts) {
        text += typeof part === 'string' ? part : textOf(evaluate(part, scope))
        if (text.length > MAX_TEXT) return null
      }
      return text
    }
    case 'list':
      return template.of.map((one) => fillPart(one, scope))
    case 'object':
      return recordOf(template.of.map(([key, one]) => [key, fillPart(one, scope)]))
  }
}

/** Every expression in a template. */
export function expressionsOf(template: Template): readonly Expression[] {
  switch (template.kind) {
    case 'constant':
      return []
    case 'expression':
      return [template.expression]
    case 'text':
      return template.parts.filter((part) => typeof part !== 'string')
    case 'list':
      return template.of.flatMap(expressionsOf)
    case 'object':
      return template.of.flatMap(([, one]) => expressionsOf(one))
  }
}
