import { isObject, isText } from '../health/document.ts'

/** One thing wrong with what a server lists. */
export interface ListFinding {
  readonly check: 'tools.names' | 'tools.descriptions' | 'tools.schemas' | 'tools.annotations'
  readonly status: 'warn' | 'fail'
  readonly note: string
}

const MAX_NAME_CHARS = 64
const MAX_DESCRIPTION_CHARS = 2_048
const TYPES = new Set(['object', 'array', 'string', 'number', 'integer', 'boolean', 'null'])
const MAX_DEPTH = 50

/** What clients would stumble over in a list of tools. */
export function toolFindings(tools: readonly unknown[]): readonly ListFinding[] {
  const seen = new Set<string>()
  return tools.flatMap((tool, index): ListFinding[] => {
    if (!isObject(tool) || !isText(tool.name)) return [{ check: 'tools.names', status: 'fail', note: `tool ${index + 1} has no name` }]
    const { name, description, inputSchema, outputSchema, annotations } = tool
    const findings: ListFinding[] = []
    const found = (check: ListFinding['check'], status: ListFinding['status'], note: string): void =>
      void findings.push({ check, status, note: `${name} ${note}` })
    if (seen.has(name)) found('tools.names', 'fail', 'is listed twice')
    seen.add(name)
    if (!/^[A-Za-z0-9_.-]+$/.test(name) || name.length > MAX_NAME_CHARS)
      found('tools.names', 'fail', `must be letters, digits, "_", "-" and ".", ${MAX_NAME_CHARS} characters at most`)
    if (!isText(description)) found('tools.descriptions', 'fail', 'has no description')
    else if (description.length > MAX_DESCRIPTION_CHARS)
      found(
        'tools.descriptions',
        'warn',
        `has a description of ${description.length} characters, of which ${MAX_DESCRIPTION_CHARS} are read`,
      )
    if (!isObject(inputSchema) || inputSchema.type !== 'object') found('tools.schemas', 'fail', 'has an input schema that is no object')
    for (const [field, schema] of Object.entries({ inputSchema, outputSchema })) {
      if (schema === undefined) continue
      for (const mistake of schemaMistakes(schema)) found('tools.schemas', 'fail', `${field}${mistake}`)
    }
    const undescribed = isObject(inputSchema) && isObject(inputSchema.properties) ? undescribedOf(inputSchema.properties) : []
    if (undescribed.length > 0) found('tools.descriptions', 'warn', `says nothing about ${undescribed.join(', ')}`)
    if (!isObject(annotations) || typeof annotations.readOnlyHint !== 'boolean')
      found('tools.annotations', 'warn', 'does not say whether it only reads (annotations.readOnlyHint)')
    else if (annotations.readOnlyHint === false && typeof annotations.destructiveHint !== 'boolean')
      found('tools.annotations', 'warn', 'changes things and does not say whether it destroys (annotations.destructiveHint)')
    return findings
  })
}

const undescribedOf = (properties: Readonly<Record<string, unknown>>): string[] =>
  Object.entries(properties).flatMap(([key, schema]) =>
    isObject(schema) && schema.description === undefined && schema.$ref === undefined ? [key] : [],
  )

/** Each begins with the path inside the schema; what this does not know is left to the client. */
export function schemaMistakes(schema: unknown): readonly string[] {
  const mistakes: string[] = []
  const visit = (value: unknown, path: string, depth: number): void => {
    if (typeof value === 'boolean') return
    if (!isObject(value)) return void mistakes.push(`${path} must be a schema`)
    if (depth > MAX_DEPTH) return void mistakes.push(`${path} is nested deeper than ${MAX_DEPTH}`)
    const types = Array.isArray(value.type) ? value.type : value.type === undefined ? [] : [value.type]
    for (const type of types) if (!TYPES.has(String(type))) mistakes.push(`${path}.type is no type: ${JSON.stringify(type)}`)
    if (value.enum !== undefined && (!Array.isArray(value.enum) || value.enum.length === 0))
      mistakes.push(`${path}.enum must be a list with something in it`)
    if (value.pattern !== undefined && !isPattern(value.pattern)) mistakes.push(`${path}.pattern is no regular expression`)
    if (value.$ref !== undefined && !leadsSomewhere(schema, value.$ref))
      mistakes.push(`${path}.$ref leads nowhere: ${JSON.stringify(value.$ref)}`)
    const properties = isObject(value.properties) ? value.properties : {}
    if (value.required !== undefined) {
      if (!Array.isArray(value.required)) mistakes.push(`${path}.required must be a list`)
      else if (value.properties !== undefined && value.additionalProperties === false)
        for (const key of value.required)
          if (!Object.hasOwn(properties, String(key))) mistakes.push(`${path} requires "${String(key)}", which it does not allow`)
    }
    for (const [key, inner] of Object.entries(properties)) visit(inner, `${path}.${key}`, depth + 1)
    for (const group of ['$defs', 'definitions', 'patternProperties'])
      for (const [key, inner] of Object.entries(isObject(value[group]) ? value[group] : {}))
        visit(inner, `${path}.${group}.${key}`, depth + 1)
    for (const key of ['items', 'additionalProperties', 'not'])
      if (value[key] !== undefined && !Array.isArray(value[key])) visit(value[key], `${path}.${key}`, depth + 1)
    for (const key of ['anyOf', 'oneOf', 'allOf', 'prefixItems']) {
      const list = value[key]
      if (list === undefined) continue
      if (!Array.isArray(list) || list.length === 0) mistakes.push(`${path}.${key} must be a list with something in it`)
      else for (const [index, inner] of list.entries()) visit(inner, `${path}.${key}[${index}]`, depth + 1)
    }
  }
  visit(schema, '', 0)
  return mistakes
}

function isPattern(value: unknown): boolean {
  try {
    return typeof value === 'string' && new RegExp(value, 'u') instanceof RegExp
  } catch {
    return false
  }
}

/** Within the schema; other documents are not asked for. */
function leadsSomewhere(schema: unknown, ref: unknown): boolean {
  if (typeof ref !== 'string') return false
  if (!ref.startsWith('#/')) return true
  let at: unknown = schema
  for (const part of ref.slice(2).split('/')) {
    const key = decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~')
    at = Array.isArray(at) ? at[Number(key)] : isObject(at) ? at[key] : undefined
  }
  return at !== undefined
}
