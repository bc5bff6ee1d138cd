import { findNodeAtLocation, type Node, type ParseError, parse, parseTree, printParseErrorCode } from 'jsonc-parser'
import type { ConfigFormat } from '../format.ts'

/** JSON as editors read it: with comments and trailing commas. */
export const json: ConfigFormat = {
  parse(text) {
    if (text.trim() === '') return {}
    const errors: ParseError[] = []
    const value: unknown = parse(text, errors, LENIENT)
    const [error] = errors
    if (error !== undefined) throw new SyntaxError(`${printParseErrorCode(error.error)} in line ${lineOf(text, error.offset)}`)
    return value
  },
  set(text, key, name, fields) {
    const base = text.trim() === '' ? '{}\n' : text
    if (nodeAt(base, [key]) === undefined) return insert(base, [], key, { [name]: fields })
    if (nodeAt(base, [key, name]) === undefined) return insert(base, [key], name, fields)
    return Object.entries(fields).reduce((changed, [field, value]) => {
      const node = nodeAt(changed, [key, name, field])
      return node === undefined ? insert(changed, [key, name], field, value) : replace(changed, node, value)
    }, base)
  },
  remove(text, key, name) {
    const value = nodeAt(text, [key, name])
    return value?.parent?.parent === undefined ? text : remove(text, value.parent, value.parent.parent)
  },
}

const LENIENT = { allowTrailingComma: true }

const nodeAt = (text: string, path: string[]): Node | undefined => {
  const root = parseTree(text, [], LENIENT)
  return root && findNodeAtLocation(root, path)
}

const endOf = ({ offset, length }: Node): number => offset + length

function replace(text: string, node: Node, value: unknown): string {
  const old = text.slice(node.offset, endOf(node))
  return (
    text.slice(0, node.offset) +
    written(text, value, old.includes('\n') ? indentAt(text, node.offset) : undefined) +
    text.slice(endOf(node))
  )
}

/** Adds a property behind the others of an object, on a line of its own where they have lines of their own. */
function insert(text: string, path: string[], name: string, value: unknown): string {
  const object = nodeAt(text, path)!
  const [first] = object.children ?? []
  const last = object.children?.at(-1)
  const eol = eolOf(text)
  const outer = indentAt(text, object.offset)
  const isSpread = first === undefined || text.slice(object.offset, first.offset).includes('\n')
  const indent = first === undefined ? outer + unitOf(text) : indentAt(text, first.offset)
  const property = `${JSON.stringify(name)}: ${written(text, value, isSpread ? indent : undefined)}`
  if (last === undefined) {
    const rest = text.slice(object.offset + 1)
    const tail = /^\s*\}/.test(rest) ? eol + outer + rest.trimStart() : rest
    return text.slice(0, object.offset + 1) + eol + indent + property + tail
  }
  const { comma, lineEnd } = behind(text, last, object)
  const added = `${isSpread ? eol + indent : ' '}${property}${comma === undefined ? '' : ','}`
  const between = text.slice(endOf(last), lineEnd)
  return `${text.slice(0, endOf(last))}${comma === undefined ? ',' : ''}${between}${added}${text.slice(lineEnd)}`
}

/** Takes a property away with the space before it and the one comma that is then too many. */
function remove(text: string, property: Node, object: Node): string {
  const siblings = object.children!
  const index = siblings.indexOf(property)
  const { comma } = behind(text, property, siblings[index + 1] ?? object)
  const previous = siblings[index - 1]
  const start = text.slice(0, property.offset).search(/\s*$/)
  const head = text.slice(0, start)
  const rest = comma === undefined ? text.slice(endOf(property)) : text.slice(endOf(property), comma) + text.slice(comma + 1)
  if (siblings.length === 1 && head.endsWith('{')) return head + rest.replace(/^\s*(?=\})/, '')
  if (comma !== undefined || previous === undefined) return head + rest
  const between = behind(text, previous, property).comma!
  return text.slice(0, between) + text.slice(between + 1, start) + rest
}

/**
 * What follows a property: its comma, and where its line ends or else the object does. `until` is what comes next, the next
 * property or the object itself.
 */
function behind(text: string, property: Node, until: Node): { comma: number | undefined; lineEnd: number } {
  const end = until.type === 'object' ? endOf(until) - 1 : until.offset
  let comma: number | undefined
  let lineEnd: number | undefined
  for (const { 0: token, index } of text.slice(endOf(property), end).matchAll(/\/\/[^\r\n]*|\/\*[\s\S]*?\*\/|,|\r?\n/g)) {
    if (token === ',') [comma, lineEnd] = [endOf(property) + index, undefined]
    if (token.endsWith('\n')) lineEnd ??= endOf(property) + index
  }
  return { comma, lineEnd: lineEnd ?? endOf(property) + text.slice(endOf(property), end).trimEnd().length }
}

/** A value on lines of its own that begin like this, or on one line. */
function written(text: string, value: unknown, indent: string | undefined): string {
  if (indent !== undefined) return JSON.stringify(value, null, unitOf(text)).replaceAll('\n', eolOf(text) + indent)
  if (Array.isArray(value)) return `[${value.map((item) => JSON.stringify(item)).join(', ')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const fields = Object.entries(value).map(([name, inner]) => `${JSON.stringify(name)}: ${written(text, inner, undefined)}`)
  return fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`
}

const indentAt = (text: string, offset: number): string => /^[ \t]*/.exec(text.slice(text.lastIndexOf('\n', offset - 1) + 1))![0]

/** What one level of indentation looks like. */
const unitOf = (text: string): string => /^([ \t]+)\S/m.exec(text)?.[1] ?? '  '

const eolOf = (text: string): string => (text.includes('\r\n') ? '\r\n' : '\n')

const lineOf = (text: string, offset: number): number => text.slice(0, offset).split('\n').length
