import { type AST, parseTOML } from 'toml-eslint-parser'
import { type Spot, versionInRange } from './place.ts'

/** pyproject.toml: [project] and Poetry's own table. */
export function inPyproject(text: string): Spot[] {
  const values = valuesOf(text)
  return ['project', 'tool.poetry'].flatMap((table) => ownVersion(text, values, `${table}.version`))
}

/** Cargo.toml: the package's version, the workspace's, and what it asks for of packages that lie beside it. */
export function inCargoToml(text: string): Spot[] {
  const values = valuesOf(text)
  const spots = [...ownVersion(text, values, 'package.version'), ...ownVersion(text, values, 'workspace.package.version')]
  for (const [path, value] of values) {
    const [, table, key] = /^(.*dependencies\.(.+))\.path$/.exec(path) ?? []
    const version = table === undefined ? undefined : values.get(`${table}.version`)
    if (table === undefined || key === undefined || version === undefined) continue
    const [from, to] = inside(text, version)
    const at = versionInRange(text.slice(from, to))
    const name = stringOf(values.get(`${table}.package`)) ?? key
    const folder = stringOf(value)
    // Without an operator Cargo means "^".
    const range = text.slice(from, to).replace(/^(?=\d)/, '^')
    const place = { range, start: from + (at?.[0] ?? 0), end: at === undefined ? to : from + at[1] }
    spots.push({
      label: `${table}.version`,
      role: 'range',
      name,
      isDev: table.includes('dev-dependencies'),
      ...(folder !== undefined && { folder }),
      ...place,
    })
  }
  return spots
}

/** Cargo.lock and uv.lock: each package that comes from nowhere else than here. */
export function inTomlLock(text: string): Spot[] {
  const values = valuesOf(text)
  return [...values.keys()].flatMap((path) => {
    const [, entry] = /^(package\.\d+)\.name$/.exec(path) ?? []
    const version = entry === undefined ? undefined : values.get(`${entry}.version`)
    const name = entry === undefined ? undefined : stringOf(values.get(`${entry}.name`))
    if (entry === undefined || version === undefined || name === undefined) return []
    const isOwn =
      !values.has(`${entry}.source`) && !['registry', 'git', 'url', 'path'].some((kind) => values.has(`${entry}.source.${kind}`))
    if (!isOwn) return []
    const [start, end] = inside(text, version)
    return [{ label: `package "${name}"`, role: 'version', name, start, end } satisfies Spot]
  })
}

/** What the workspace of a Cargo.toml names as its members. */
export function cargoMembers(text: string): string[] {
  return [...valuesOf(text)].flatMap(([path, value]) => {
    const member = /^workspace\.members\.\d+$/.test(path) ? stringOf(value) : undefined
    return member === undefined ? [] : [member]
  })
}

/** The name that a manifest gives its package. */
export function tomlName(text: string): string | undefined {
  const values = valuesOf(text)
  return stringOf(values.get('project.name') ?? values.get('tool.poetry.name') ?? values.get('package.name'))
}

function ownVersion(text: string, values: ReadonlyMap<string, AST.TOMLValue>, path: string): Spot[] {
  const value = values.get(path)
  if (value?.kind !== 'string') return []
  const [start, end] = inside(text, value)
  return [{ label: path, role: 'version', start, end }]
}

const stringOf = (value: AST.TOMLValue | undefined): string | undefined => (value?.kind === 'string' ? value.value : undefined)

/** Between the quotes. */
function inside(text: string, { range: [from, to] }: AST.TOMLValue): [start: number, end: number] {
  const quotes = /^("""|'''|["'])/.exec(text.slice(from, from + 3))?.[1]?.length ?? 0
  return [from + quotes, to - quotes]
}

/** Every plain value by its dotted path; entries of arrays by number. Empty where the text is no TOML. */
function valuesOf(text: string): Map<string, AST.TOMLValue> {
  const values = new Map<string, AST.TOMLValue>()
  let program: AST.TOMLProgram
  try {
    program = parseTOML(text)
  } catch {
    return values
  }
  for (const node of program.body[0].body) {
    if (node.type === 'TOMLKeyValue') addPair(values, [], node)
    else for (const pair of node.body) addPair(values, node.resolvedKey.map(String), pair)
  }
  return values
}

function addPair(values: Map<string, AST.TOMLValue>, path: readonly string[], { key, value }: AST.TOMLKeyValue): void {
  add(values, [...path, ...key.keys.map((part) => (part.type === 'TOMLBare' ? part.name : part.value))], value)
}

function add(values: Map<string, AST.TOMLValue>, path: readonly string[], node: AST.TOMLContentNode): void {
  if (node.type === 'TOMLValue') values.set(path.join('.'), node)
  else if (node.type === 'TOMLArray') for (const [index, element] of node.elements.entries()) add(values, [...path, String(index)], element)
  else for (const pair of node.body) addPair(values, path, pair)
}
