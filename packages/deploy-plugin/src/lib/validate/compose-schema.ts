import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'

/** Where a value of a file is not what the Compose specification says. */
export interface SchemaMistake {
  readonly path: readonly string[]
  /** Whether the last part of the path is a key that should not be there. */
  readonly isKey: boolean
  readonly note: string
}

const MAX_MISTAKES = 50
/** Of one file: they are compared with one another. */
const MAX_ERRORS = 1_000
let compiled: ValidateFunction | undefined

/** The JSON Schema that the Compose specification publishes, out of the package that keeps it up to date; a bundle has it beside itself. */
function schemaOf(): ValidateFunction | undefined {
  if (compiled !== undefined) return compiled
  let text: string
  try {
    const beside = new URL('../../compose.schema.json', import.meta.url)
    text = readFileSync(existsSync(beside) ? beside : ofPackage(), 'utf8')
  } catch {
    return undefined
  }
  // The dialect's address has an "s" too many for ajv; draft 07 is what ajv speaks by itself.
  const { $schema: _, ...schema } = JSON.parse(text) as Record<string, unknown>
  compiled = new Ajv({ allErrors: true, strict: false, validateFormats: false, code: { optimize: false } }).compile(schema)
  return compiled
}

function ofPackage(): string {
  const manifest = createRequire(import.meta.url).resolve('dclint/package.json')
  return join(dirname(manifest), 'schemas/compose.schema.json')
}

export const schemaIsHere = (): boolean => schemaOf() !== undefined

/** Every mistake in one Compose file, the deepest first where several say the same; undefined where there is no schema to ask. */
export function schemaMistakes(value: unknown): readonly SchemaMistake[] | undefined {
  const validate = schemaOf()
  if (validate === undefined) return undefined
  if (validate(value)) return []
  return readErrors(validate.errors?.slice(0, MAX_ERRORS) ?? [])
}

/** Of alternatives that all fail, only what is wrong inside of one of them helps, or which types would do. */
function readErrors(errors: readonly ErrorObject[]): SchemaMistake[] {
  const mistakes = new Map<string, SchemaMistake>()
  const alternatives = errors.filter(({ keyword }) => keyword === 'oneOf' || keyword === 'anyOf')
  const isAlternative = ({ schemaPath, instancePath, keyword }: ErrorObject): boolean =>
    keyword === 'oneOf' ||
    keyword === 'anyOf' ||
    (/\/(oneOf|anyOf)\/\d+\//.test(schemaPath) && alternatives.some((one) => instancePath.startsWith(one.instancePath)))
  const add = (error: ErrorObject, note: string): void => {
    const isKey = error.keyword === 'additionalProperties' || error.keyword === 'unevaluatedProperties'
    const path = partsOf(error.instancePath)
    if (isKey) path.push(String((error.params as { additionalProperty?: string }).additionalProperty))
    const id = JSON.stringify([path, isKey])
    if (!mistakes.has(id) && mistakes.size < MAX_MISTAKES) mistakes.set(id, { path, isKey, note })
  }
  for (const error of errors) if (!isAlternative(error)) add(error, wordsOf(error))
  for (const one of alternatives) {
    const inside = errors.filter((error) => error !== one && isBelow(error.instancePath, one.instancePath) && !alternatives.includes(error))
    const deeper = inside.filter(({ instancePath, keyword }) => instancePath !== one.instancePath || keyword === 'additionalProperties')
    const types = inside.flatMap(({ instancePath, keyword, params }) =>
      instancePath === one.instancePath && keyword === 'type' ? [(params as { type: string | string[] }).type].flat() : [],
    )
    if (deeper.length > 0) for (const error of deeper) add(error, wordsOf(error))
    else if (types.length > 0) add(one, `must be ${[...new Set(types)].map(typeName).join(' or ')}`)
    else for (const error of inside.slice(0, 1)) add(error, wordsOf(error))
  }
  return [...mistakes.values()]
}

const isBelow = (path: string, above: string): boolean => path === above || path.startsWith(`${above}/`)

function wordsOf({ keyword, params, message = 'is wrong' }: ErrorObject): string {
  if (keyword === 'additionalProperties') return 'is no key that Compose knows here'
  if (keyword === 'type') return `must be ${[(params as { type: string | string[] }).type].flat().map(typeName).join(' or ')}`
  if (keyword === 'enum') return `must be one of ${(params as { allowedValues: unknown[] }).allowedValues.map(String).join(', ')}`
  if (keyword === 'required') return `must have the key ${(params as { missingProperty: string }).missingProperty}`
  if (keyword === 'uniqueItems') return 'must not hold the same item twice'
  return message.replace('must NOT', 'must not')
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
  object: 'a map',
  array: 'a list',
  null: 'nothing',
}
const typeName = (type: string): string => TYPES[type] ?? type

const partsOf = (pointer: string): string[] =>
  pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
