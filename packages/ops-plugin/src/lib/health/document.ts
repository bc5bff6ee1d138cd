import { findNodeAtLocation, type JSONPath, type Node, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser'
import { parse as parseToml, TomlError } from 'smol-toml'
import { isMap, isScalar, LineCounter, parseDocument } from 'yaml'
import type { Snapshot } from './snapshot.ts'

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }
export type JsonObject = { readonly [key: string]: Json }

/** A parsed file that still knows where its values stand. */
export interface Document {
  readonly path: string
  readonly value: Json | undefined
  /** Where in the file the value stands, if it is not all of it. */
  readonly base?: JSONPath
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
  if (isTooDeep(text))
    return { path, value: undefined, mistake: { message: `is nested deeper than ${MAX_DEPTH}`, line: 1 }, lineOf: () => 1 }
  const strict = parseStrictly(text)
  const errors: ParseError[] = []
  let parsed: { tree: Node | undefined } | undefined
  const parseLazily = (): Node | undefined => {
    parsed ??= { tree: parseTree(text, errors, { disallowComments: !lenient, allowTrailingComma: lenient }) }
    return parsed.tree
  }
  const tree = strict === undefined ? parseLazily() : undefined
  const [error] = errors
  return {
    path,
    value: strict === undefined ? (tree === undefined ? undefined : jsonOf(tree)) : strict.value,
    mistake:
      strict === undefined && (error !== undefined || tree === undefined)
        ? { message: error === undefined ? 'is empty' : words(printParseErrorCode(error.error)), line: lineAt(text, error?.offset ?? 0) }
        : undefined,
    lineOf(...location) {
      const root = parseLazily()
      for (let length = location.length; root !== undefined && length > 0; length--) {
        const node = findNodeAtLocation(root, location.slice(0, length))
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
  const open = /^---[ \t]*\r?\n/.exec(text)
  if (open === null) return undefined
  const rest = text.slice(open[0].length)
  const close = /^---[ \t]*\r?$/m.exec(rest)
  if (close === null) return undefined
  const yaml = rest.slice(0, close.index)
  const counter = new LineCounter()
  const { value, contents, mistake } = parseYaml(yaml, counter)
  return {
    fields: isObject(value) ? value : {},
    mistake,
    body: rest.slice(close.index + close[0].length),
    lineOf(key) {
      if (isMap(contents)) {
        for (const { key: node } of contents.items) {
          if (isScalar(node) && node.value === key && node.range) return counter.linePos(node.range[0]).line + 1
        }
      }
      return yaml.split('\n').findIndex((line) => line.startsWith(`${key}:`)) + 2
    },
  }
}

const MAX_YAML_CHARS = 16_000

interface ParsedYaml {
  value: unknown
  contents?: unknown
  mistake: Frontmatter['mistake']
}

function parseYaml(yaml: string, counter: LineCounter): ParsedYaml {
  if (yaml.length > MAX_YAML_CHARS) return { value: {}, mistake: { message: `is longer than ${MAX_YAML_CHARS} characters`, line: 1 } }
  try {
    const document = parseDocument(yaml, { lineCounter: counter, logLevel: 'silent' })
    const [error] = document.errors
    if (error !== undefined) {
      return { value: looseFields(yaml), mistake: { message: 'is no valid YAML', line: counter.linePos(error.pos[0]).line + 1 } }
    }
    const value: unknown = document.toJS({ maxAliasCount: 50 })
    const isMapping = value === null || isObject(value)
    return { value, contents: document.contents, mistake: isMapping ? undefined : { message: 'must be keys and values', line: 1 } }
  } catch {
    // An alias without its anchor, or brackets a thousand deep.
    return { value: looseFields(yaml), mistake: { message: 'is no valid YAML', line: 1 } }
  }
}

/** Keys and the rest of their lines, as clients read them that do without YAML: many descriptions hold a bare colon. */
function looseFields(yaml: string): JsonObject {
  const fields: Record<string, Json> = {}
  for (const line of yaml.split('\n')) {
    const [, key, value] = /^([A-Za-z][\w-]*):[ \t]*(.*)$/.exec(line) ?? []
    if (key !== undefined && value !== undefined) fields[key] = value.trim()
  }
  return fields
}

/** One top-level key of a YAML file, parsed without the rest, as lock files can be long. */
export function readYamlKey(snapshot: Snapshot, path: string, key: string): unknown {
  const text = snapshot.text(path)
  if (text === undefined) return undefined
  const start = text.startsWith(`${key}:`) ? 0 : text.indexOf(`\n${key}:`) + 1
  if (!text.startsWith(`${key}:`, start)) return undefined
  const body = start + key.length + 1
  const next = /^\S/m.exec(text.slice(body))
  const section = text.slice(start, next === null ? undefined : body + next.index)
  if (section.length > MAX_SECTION_CHARS) return undefined
  try {
    const value: unknown = parseDocument(section, { logLevel: 'silent' }).toJS({ maxAliasCount: 50 })
    return isObject(value) ? value[key] : undefined
  } catch {
    return undefined
  }
}

const MAX_SECTION_CHARS = 200_000

/** The line, from 1, that a character stands on. */
function lineAt(text: string, offset: number): number {
  let line = 1
  for (let at = text.indexOf('\n'); at !== -1 && at < offset; at = text.indexOf('\n', at + 1)) line++
  return line
}

const MAX_DEPTH = 100

/** No manifest is so deep, and what walks through the value may then call itself without fear. */
function isTooDeep(text: string): boolean {
  let depth = 0
  let isInString = false
  for (let index = 0; index < text.length; index++) {
    const char = text[index]
    if (isInString) {
      if (char === '\\') index++
      else if (char === '"' || char === '\n') isInString = false
    } else if (char === '"') isInString = true
    else if (char === '{' || char === '[') {
      if (++depth > MAX_DEPTH) return true
    } else if (char === '}' || char === ']') depth--
  }
  return false
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
