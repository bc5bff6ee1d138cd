import type { Calibration } from './calibrate.ts'
import type { SlotValues } from './candidate.ts'
import type { MaskTable } from './masks.ts'
import type { Scorer } from './scorer.ts'
import type { Space } from './space.ts'
import type { Vocabulary } from './spelling.ts'

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
}
