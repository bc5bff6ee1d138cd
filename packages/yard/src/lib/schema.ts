import type { SwitchyardError } from '@switchyard/contracts'
import type { Plan } from '@switchyard/plugin-kit'
import { z } from 'zod'
import type { Mistake } from './errors.ts'

/** What a person is shown before approving; a plugin that is no TypeScript may return anything. */
export const planSchema: z.ZodType<Plan> = z.object({
  summary: z.string(),
  steps: z.array(
    z.object({
      does: z.enum(['create', 'change', 'remove', 'run', 'send']),
      target: z.string(),
      detail: z.string().exactOptional(),
    }),
  ),
  warnings: z.array(z.string()).exactOptional(),
})

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
