import type { SlotValues } from './candidate.ts'
import { applyMasks, createMaskTable, type MaskTable } from './masks.ts'
import type { RouterModel } from './model.ts'
import { hasFeature } from './space.ts'
import { correctSpelling } from './spelling.ts'
import { type Token, tokenize } from './tokens.ts'

/** A request as the model reads it: values masked, slips of the pen corrected, each word still knowing where it stood. */
export function readRequest(
  model: Pick<RouterModel, 'ids' | 'masks' | 'vocabulary' | 'space'>,
  text: string,
  slots?: SlotValues,
): readonly Token[] {
  const tables: MaskTable[] = slots ? [createMaskTable([slots], model.ids), model.masks] : [model.masks]
  // Masked first, so that a name is never "corrected"; and again, so that a misspelt one is still found.
  const knowsStem = (stemmed: string): boolean => hasFeature(model.space, 'words', stemmed)
  return applyMasks(correctSpelling(applyMasks(tokenize(text), tables), model.vocabulary, knowsStem), tables)
}
