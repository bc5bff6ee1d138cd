import { z } from 'zod'
import type { ChainsOptions } from './chain.ts'
import type { ChainDefinition } from './definition.ts'
import { isRecord } from './json.ts'
import { type Path, type Report, stepsWithPaths } from './steps-with-paths.ts'

const MAX_DEPTH = 10

/**
 * What a step is given and returns is kept on disk and shown, so nothing may go through a chain that a schema marks with
 * `.meta({ secret: true })`: the command has to read it where it lies.
 */
export function checkSecrets({ steps }: ChainDefinition, { command }: Pick<ChainsOptions, 'command'>, report: Report): void {
  for (const { step, path } of stepsWithPaths(steps, ['steps'])) {
    if (!('call' in step)) continue
    const { input, output } = command(step.call) ?? {}
    for (const at of givenSecrets(input, step.input ?? {}))
      report(
        'error',
        'SECRET',
        [...path, 'input', ...at],
        `"${at.join('.')}" of "${step.call}" is a secret, and a chain keeps its inputs on disk`,
      )
    for (const at of secretsIn(output))
      report('error', 'SECRET', [...path, 'call'], `"${step.call}" returns a secret, "${at.join('.')}", and a chain keeps outputs on disk`)
    if (!step.undo) continue
    for (const at of givenSecrets(command(step.undo.call)?.input, step.undo.input ?? {}))
      report(
        'error',
        'SECRET',
        [...path, 'undo', 'input', ...at],
        `"${at.join('.')}" of "${step.undo.call}" is a secret, and a chain keeps its inputs on disk`,
      )
  }
}

/** Where a value is given for a secret; what an expression makes of a whole object cannot be told, so it counts as all of it. */
function givenSecrets(schema: z.ZodType | undefined, given: unknown): readonly Path[] {
  return secretsIn(schema).filter((path) => {
    let value: unknown = given
    for (const key of path) {
      if (!isRecord(value)) return value !== undefined && value !== null
      value = value[String(key)]
    }
    return value !== undefined
  })
}

function secretsIn(schema: z.ZodType | undefined, path: Path = []): readonly Path[] {
  if (schema === undefined || path.length > MAX_DEPTH) return []
  if (schema.meta()?.secret === true) return [path]
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable || schema instanceof z.ZodDefault)
    return secretsIn(schema.unwrap() as z.ZodType, path)
  if (schema instanceof z.ZodArray) return secretsIn(schema.element as z.ZodType, path)
  if (!(schema instanceof z.ZodObject)) return []
  return Object.entries(schema.shape as Record<string, z.ZodType>).flatMap(([name, field]) => secretsIn(field, [...path, name]))
}
