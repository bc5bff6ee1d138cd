import { hashFeature } from './features.ts'

/** One number for what a request says, whatever its case, punctuation and politeness. */
export const taughtKey = (words: readonly string[]): number => hashFeature(0, words.filter((word) => word !== 'please').join(' '))
