import type { SwitchyardError } from '@switchyard/contracts'
import type { z } from 'zod'
import type { Mistake } from './errors.ts'

/** The value as its schema makes it, or the error that `refuse` builds from all mistakes at once. */
export function parseWith<value>(
  schema: z.ZodType<value>,
  value: unknown,
  refuse: (mistakes: readonly Mistake[]) => SwitchyardError,
): value {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  throw refuse(result.error.issues.map(({ path, message }) => ({ path: path.join('.'), message })))
}
