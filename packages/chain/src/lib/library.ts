import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { ChainDefinition } from './definition.ts'
import { invalidChain } from './errors.ts'
import { readShape } from './shape.ts'
import { readSource } from './source.ts'

const FOLDER = new URL('../../library/', import.meta.url)

/** Names of the chains that come along. */
export function libraryNames(): readonly string[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => file.slice(0, -'.yaml'.length))
    .sort()
}

/** The text of a chain that comes along; undefined where there is none of that name. */
export function libraryText(name: string): string | undefined {
  return libraryNames().includes(name) ? readFileSync(fileURLToPath(new URL(`${name}.yaml`, FOLDER)), 'utf8') : undefined
}

/** A definition from YAML or JSON. @throws CHAIN_INVALID for what has no valid shape; references are checked when it is started */
export function parseChain(text: string): ChainDefinition {
  const source = readSource(text)
  if (source.problems.length > 0) throw invalidChain('?', source.problems)
  const shape = readShape(source.value)
  if ('definition' in shape) return shape.definition
  const problems = shape.mistakes.map(({ path, message }) => ({
    severity: 'error' as const,
    code: 'SHAPE',
    message,
    path,
    ...source.positionOf(path),
  }))
  throw invalidChain('?', problems)
}
