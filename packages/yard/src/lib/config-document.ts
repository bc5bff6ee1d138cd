import { findNodeAtLocation, type Node, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser'
import { type ConfigProblem, keyText } from './config-problem.ts'

/** A file's text with the places of its values. */
export interface ConfigDocument {
  /** As far as the notation is right: what comes after its first mistake may have been read wrongly and is left out. Of a repeated key, the first. */
  readonly value: unknown
  /** Mistakes of the notation itself: a missing bracket, a key that is there twice. */
  readonly problems: readonly ConfigProblem[]
  /** Where the value of a key stands; the nearest one around it if the key is not there. */
  placeOf(path: readonly PropertyKey[]): Place
  /** Where the key itself stands. */
  placeOfKey(path: readonly PropertyKey[]): Place
}

interface Place {
  readonly line: number
  readonly column: number
}

const OPTIONS = { allowTrailingComma: true, disallowComments: false, allowEmptyContent: true }

/** Reads JSON with comments and trailing commas; never throws. */
export function parseConfigDocument(source: string, text: string): ConfigDocument {
  const errors: ParseError[] = []
  const root = parseTree(text.replace(/^\uFEFF/, ' '), errors, OPTIONS)
  const place = (offset: number): Place => placeAt(text, offset)
  const problems: ConfigProblem[] = errors
    .slice(0, 1)
    .map((error) => ({ source, ...place(error.offset), key: '', message: `must be JSON: ${syntaxText(error)}` }))
  const end = errors[0]?.offset ?? text.length
  const value = root === undefined ? {} : plainValue(root, [])

  return {
    value,
    problems,
    placeOf(path) {
      for (let length = path.length; length > 0; length--) {
        const node = root && findNodeAtLocation(root, path.slice(0, length) as (string | number)[])
        if (node !== undefined) return place(node.offset)
      }
      return place(root?.offset ?? 0)
    },
    placeOfKey(path) {
      const node = root && findNodeAtLocation(root, path as (string | number)[])
      return place((node?.parent ?? node ?? root)?.offset ?? 0)
    },
  }

  function plainValue(node: Node, path: readonly PropertyKey[]): unknown {
    if (node.type === 'array') return (node.children ?? []).filter(isBeforeEnd).map((child, index) => plainValue(child, [...path, index]))
    if (node.type !== 'object') return node.value
    const object: Record<string, unknown> = {}
    for (const { children } of node.children ?? []) {
      const [key, child] = children ?? []
      if (key === undefined || child === undefined || !isBeforeEnd(child)) continue
      const childPath = [...path, key.value as string]
      if (Object.hasOwn(object, key.value)) {
        problems.push({ source, ...place(key.offset), key: keyText(childPath), message: 'must be there once: it is there again' })
        continue
      }
      Object.defineProperty(object, key.value, {
        value: plainValue(child, childPath),
        enumerable: true,
        configurable: true,
        writable: true,
      })
    }
    return object
  }

  /** A list or an object counts as far as it goes. */
  function isBeforeEnd({ type, offset, length }: Node): boolean {
    return type === 'array' || type === 'object' ? offset < end : offset + length <= end
  }
}

function placeAt(text: string, offset: number): Place {
  const before = text.slice(0, offset)
  return { line: before.split('\n').length, column: offset - (before.lastIndexOf('\n') + 1) + 1 }
}

function syntaxText({ error }: ParseError): string {
  const words = printParseErrorCode(error).replace(/([a-z])([A-Z])/g, '$1 $2')
  return words
    .toLowerCase()
    .replace(/^(\w+) expected$/, 'a $1 is missing')
    .replace('a end of file is missing', 'there is text after its end')
}
