import { findNodeAtLocation, type JSONPath, type Node, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser'
import { parse as parseToml, TomlError } from 'smol-toml'
import { isMap, isScalar, LineCounter, parseDocument } from 'yaml'
import type { Snapshot } from './snapshot.ts'

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }
export type JsonObject = { readonly [key: string]: Json }

/** A parsed file that still knows where its values stand. */
export interface Document {
  readonly path: string
  readonly value: Json | undefined
  /** Why it could not be parsed, and where. */
  readonly mistake: { readonly message: string; readonly line: number } | undefined
  /** The line of a value, or of the closest value around it. */
  lineOf(...path: JSONPath): number
}

export const isObject = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value)
export const isText = (value: unknown): value is string => typeof value === 'string' && value.trim() !== ''
export const objectAt = (value: unknown, key: string): JsonObject => {
  const inner = isObject(value) ? value[key] : undefined
  return isObject(inner) ? inner : {}
}

/** Parses JSON; comments and trailing commas are mistakes unless `lenient`. Undefined where the file has no text. */
export function readJson(snapshot: Snapshot, path: string, { lenient = false }: { lenient?: boolean } = {}): Document | undefined {
  const text = snapshot.text(path)
  if (text === undefined) return undefined
  const strict = parseStrictly(text)
  let tree: Node | undefined
  const errors: ParseError[] = []
  const parseLazily = (): Node | undefined => {
    tree ??= parseTree(text, errors, { disallowComments: !lenient, allowTrailingComma: lenient })
    return tree
  }
  if (strict === undefined) parseLazily()
  const [error] = errors
  return {
    path,
    value: strict === undefined ? (tree === undefined ? undefined : jsonOf(tree)) : strict.value,
    mistake:
      strict === undefined && (error !== undefined || tree === undefined)
        ? { message: error === undefined ? 'is empty' : words(printParseErrorCode(error.error)), line: lineAt(text, error?.offset ?? 0) }
        : undefined,
    lineOf(...location) {
      const parsed = parseLazily()
      for (let length = location.length; parsed !== undefined && length > 0; length--) {
        const node = findNodeAtLocation(parsed, location.slice(0, length))
        if (node !== undefined) return lineAt(text, (node.parent?.type === 'property' ? node.parent : node).offset)
      }
      return 1
    },
  }
}

export function readToml(snapshot: Snapshot, path: string): Document | undefined {
  const text = snapshot.text(path)
  if (text === undefined) return undefined
  const lines = text.split('\n')
  const lineOf = (...location: JSONPath): number => {
    const key = location.at(-1)
    const line = lines.findIndex((candidate) =>
      new RegExp(`^\\s*"?${String(key)}"?\\s*[=.]|^\\s*\\[+.*\\b${String(key)}\\]`).test(candidate),
    )
    return line + 1 || 1
  }
  try {
    return { path, value: parseToml(text) as unknown as Json, mistake: undefined, lineOf }
  } catch (error) {
    const line = error instanceof TomlError ? error.line : 1
    return { path, value: undefined, mistake: { message: 'is no valid TOML', line }, lineOf }
  }
}

/** A Markdown file's YAML head; undefined where it has none. */
export interface Frontmatter {
  readonly fields: JsonObject
  readonly mistake: { readonly message: string; readonly line: number } | undefined
  readonly body: string
  lineOf(key: string): number
}

export function parseFrontmatter(text: string): Frontmatter | undefined {
  const head = /^---[ \t]*\r?\n([\s\S]*?)(?:\r?\n)?^---[ \t]*(?:\r?\n|$)/m.exec(text)
  if (head === null || head.index !== 0) return undefined
  const yaml = head[1] ?? ''
  const counter = new LineCounter()
  const document = parseDocument(yaml, { lineCounter: counter, logLevel: 'silent' })
  const [error] = document.errors
  const value: unknown = error === undefined ? document.toJS({ maxAliasCount: 50 }) : undefined
  const notAMap = error === undefined && value !== null && !isObject(value)
  return {
    fields: isObject(value) ? value : {},
    mistake:
      error !== undefined
        ? { message: 'is no valid YAML', line: counter.linePos(error.pos[0]).line + 1 }
        : notAMap
          ? { message: 'must be keys and values', line: 1 }
          : undefined,
    body: text.slice(head[0].length),
    lineOf(key) {
      if (!isMap(document.contents)) return 1
      for (const { key: node } of document.contents.items) {
        if (isScalar(node) && node.value === key && node.range) return counter.linePos(node.range[0]).line + 1
      }
      return 1
    },
  }
}

export function readYaml(snapshot: Snapshot, path: string): unknown {
  const text = snapshot.text(path)
  if (text === undefined) return undefined
  const document = parseDocument(text, { logLevel: 'silent' })
  return document.errors.length > 0 ? undefined : document.toJS({ maxAliasCount: 50 })
}

/** The line, from 1, that a character stands on. */
export function lineAt(text: string, offset: number): number {
  let line = 1
  for (let at = text.indexOf('\n'); at !== -1 && at < offset; at = text.indexOf('\n', at + 1)) line++
  return line
}

function parseStrictly(text: string): { value: Json } | undefined {
  try {
    return { value: JSON.parse(text) as Json }
  } catch {
    return undefined
  }
}

function jsonOf(node: Node): Json {
  if (node.type === 'array') return (node.children ?? []).map(jsonOf)
  if (node.type !== 'object') return node.value as Json
  const value: Record<string, Json> = {}
  for (const property of node.children ?? []) {
    const [key, inner] = property.children ?? []
    if (key !== undefined && inner !== undefined) value[String(key.value)] = jsonOf(inner)
  }
  return value
}

const words = (code: string): string => code.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase()
