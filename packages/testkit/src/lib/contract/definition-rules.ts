import { checkManifest } from '@switchyard/contracts/manifest'
import type { Command, Plugin } from '@switchyard/plugin-kit'
import { z } from 'zod'
import { contractBroken } from '../errors.ts'
import { describe } from './bench.ts'

/** [D1] */
export function definitionIsValid(plugin: Plugin): void {
  const mistakes = checkManifest(plugin)
  if (mistakes.length === 0) return
  throw contractBroken(
    'D1',
    plugin.name,
    'its definition must be valid',
    mistakes.map(({ path, message }) => `${path || '(plugin)'}: ${message}`),
  )
}

/** [D2] Tools, help texts and docs are made from the JSON Schema: what it cannot say, they cannot. */
export function schemasBecomeJson(id: string, command: Command): void {
  const must = 'its schemas must become JSON Schema'
  for (const [side, schema] of [
    ['input', command.input],
    ['output', command.output],
  ] as const) {
    let json: Record<string, unknown>
    try {
      json = z.toJSONSchema(schema, { io: side }) as Record<string, unknown>
    } catch (error) {
      throw contractBroken('D2', id, must, [`${side}: ${describe(error)}`], error)
    }
    if (side === 'input' && json.type !== 'object')
      throw contractBroken('D2', id, must, [`${side}: must be an object, as flags and tool arguments have names`])
  }
}

/** [D3] A router cannot tell two commands apart that are asked for in the same words. */
export function examplesAreUnique(plugin: Plugin): void {
  const owners = new Map<string, string>()
  const found: string[] = []
  for (const [name, { examples, internal = false }] of Object.entries(plugin.commands)) {
    if (examples.length === 0 && !internal) found.push(`${name}: has no example`)
    for (const example of examples) {
      const plain = example
        .toLowerCase()
        .replace(/[^\p{L}\p{N}]+/gu, ' ')
        .trim()
      const owner = owners.get(plain)
      if (owner !== undefined) found.push(`${name}: "${example}" is an example of ${owner === name ? 'it twice' : `${owner} too`}`)
      owners.set(plain, name)
    }
  }
  if (found.length > 0) throw contractBroken('D3', plugin.name, 'its examples must be there, each for one command and once', found)
}
