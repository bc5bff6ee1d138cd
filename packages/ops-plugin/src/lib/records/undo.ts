import type { Undo } from '@switchyard/plugin-kit'
import { z } from 'zod'

/** In every result of a write: its number in the journal. */
export const changeNumber = z.int().optional().describe('Takes it back with ops.change.revert; absent where nothing was changed')

/** The way back of every write of records. */
export function recordUndo({ change }: { change?: number | undefined }): Undo | undefined {
  return change === undefined ? undefined : { command: 'ops.change.revert', input: { change } }
}
