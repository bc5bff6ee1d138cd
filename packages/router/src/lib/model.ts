import type { Calibration } from './calibrate.ts'
import type { SlotValues } from './candidate.ts'
import { createMaskTable, type MaskTable } from './masks.ts'
import type { Scorer } from './scorer.ts'
import type { Space } from './space.ts'
import type { Vocabulary } from './spelling.ts'
import type { Taught } from './taught.ts'

/** A trained router: plain data, never changed, safe to share between requests. Made by `trainRouter` and `parseRouter`. */
export interface RouterModel {
  /** The commands it knows, in the order they were given. */
  readonly ids: readonly string[]
  readonly slots: readonly SlotValues[]
  readonly masks: MaskTable
  readonly vocabulary: Vocabulary
  readonly space: Space
  readonly scorer: Scorer
  readonly calibration: Calibration
  /** Which command each example means. */
  readonly taught: Taught
}

/**
 * The model, knowing these names too (services, hosts, branches of this workspace), as if they had been declared. Costs a
 * little for each name and nothing at a request; make it once. `serializeRouter` leaves the names out.
 */
export const withNames = (model: RouterModel, names: SlotValues): RouterModel => ({
  ...model,
  masks: createMaskTable([names, ...model.slots], model.masks.ownWords),
})
