import { applyMasks } from './masks.ts'
import type { RouterModel } from './model.ts'
import { hasFeature } from './space.ts'
import { correctSpelling } from './spelling.ts'
import { type Token, tokenize } from './tokens.ts'

/** A request as the model reads it: values masked, slips of the pen corrected, each word still knowing where it stood. */
export function readRequest({ masks, vocabulary, space }: RouterModel, text: string): readonly Token[] {
  const knowsStem = (stemmed: string): boolean => hasFeature(space, 'words', stemmed)
  // Masked first, so that a name is never "corrected"; and again, so that a misspelt one is still found.
  return applyMasks(correctSpelling(applyMasks(tokenize(text), masks), vocabulary, knowsStem), masks)
}
