import { z } from 'zod'
import { closest } from './closest.ts'
import { configSchema } from './config.ts'
import type { ConfigProblem } from './config-problem.ts'

const PREFIX = 'SWITCHYARD_'

interface Variable {
  readonly name: string
  readonly path: readonly string[]
  readonly type: 'text' | 'number' | 'list' | 'object'
}

/**
 * The variable that overrides a key: `store.busyTimeoutMs` is SWITCHYARD_STORE_BUSY_TIMEOUT_MS. Lists are separated by
 * commas; `guard` is JSON.
 */
export function variableName(path: readonly string[]): string {
  return PREFIX + path.map((key) => key.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toUpperCase()).join('_')
}

export interface EnvironmentLayer {
  readonly value: Record<string, unknown>
  readonly problems: readonly ConfigProblem[]
  /** The variable that a key comes from. */
  variableOf(path: readonly PropertyKey[]): string
}

/** The keys that variables override. Empty ones count as not set; a name that is nearly right is a problem, others are left alone. */
export function readEnvironment(env: Readonly<Record<string, string | undefined>>): EnvironmentLayer | undefined {
  const set = Object.keys(env).filter((name) => name.startsWith(PREFIX) && env[name] !== '')
  if (set.length === 0) return undefined
  const variables = new Map(listVariables().map((variable) => [variable.name, variable]))
  const value: Record<string, unknown> = {}
  const problems: ConfigProblem[] = []
  const used: Variable[] = []
  for (const name of set) {
    const variable = variables.get(name)
    if (variable === undefined) {
      const meant = closest(
        name.slice(PREFIX.length),
        [...variables.keys()].map((known) => known.slice(PREFIX.length)),
      )
      if (meant !== undefined) problems.push({ source: name, key: '', message: `is no setting: did you mean ${PREFIX}${meant}` })
      continue
    }
    const parsed = parseText(env[name]!, variable.type)
    if (parsed === undefined) {
      problems.push({ source: name, key: variable.path.join('.'), message: 'must be a JSON object' })
      continue
    }
    used.push(variable)
    setAt(value, variable.path, parsed)
  }
  return {
    value,
    problems,
    variableOf: (path) => used.find((variable) => variable.path.every((key, index) => key === path[index]))?.name ?? '',
  }
}

/** Every variable that counts. */
export function listVariables(): readonly Variable[] {
  return variablesOf(z.toJSONSchema(configSchema, { io: 'input' }) as SchemaNode, [])
}

interface SchemaNode {
  readonly type?: string
  readonly properties?: Readonly<Record<string, SchemaNode>>
}

function variablesOf(schema: SchemaNode, path: readonly string[]): Variable[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, child]) => {
    if (key === '$schema') return []
    const childPath = [...path, key]
    if (child.properties !== undefined) return variablesOf(child, childPath)
    return [{ name: variableName(childPath), path: childPath, type: typeOf(child) }]
  })
}

function typeOf({ type }: SchemaNode): Variable['type'] {
  if (type === 'integer' || type === 'number') return 'number'
  if (type === 'array') return 'list'
  return type === 'object' ? 'object' : 'text'
}

function parseText(text: string, type: Variable['type']): unknown {
  if (type === 'number') return Number.isFinite(Number(text)) && text.trim() !== '' ? Number(text) : text
  if (type === 'text') return text
  if (type === 'list') return text.split(',').flatMap((part) => part.trim() || [])
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function setAt(target: Record<string, unknown>, [key, ...rest]: readonly string[], value: unknown): void {
  if (key === undefined) return
  if (rest.length === 0) {
    target[key] = value
    return
  }
  const inner = (target[key] as Record<string, unknown> | undefined) ?? {}
  target[key] = inner
  setAt(inner, rest, value)
}
