import { z } from 'zod'

/** Parts of inputs and outputs that commands which generate files share. */
export const conflictsField = z
  .enum(['refuse', 'mine', 'generated'])
  .default('refuse')
  .describe('Where your edits and the new version meet: refuse to write, keep yours, or take the generated lines')

export const fileOutcomes = z.array(
  z.object({ path: z.string(), state: z.enum(['created', 'unchanged', 'updated', 'merged', 'yours', 'conflict']) }),
)
