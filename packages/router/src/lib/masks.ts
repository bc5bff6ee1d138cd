import type { SlotValues } from './candidate.ts'
import { stem } from './stem.ts'
import { type Token, tokenize } from './tokens.ts'

/** Values of slots by their first word, the longest first. */
export interface MaskTable {
  readonly byFirstWord: ReadonlyMap<string, readonly MaskEntry[]>
  /** Stems the commands describe themselves with: a value that is one is masked only where it stands as a value. */
  readonly ownWords: ReadonlySet<string>
}

interface MaskEntry {
  readonly words: readonly string[]
  readonly mask: string
}

/** Before these words stands a verb or nothing, after them a value: "deploy to test" against "test the api". */
const BEFORE_A_VALUE = new Set(['to', 'on', 'in', 'into', 'onto', 'at', 'from', 'for', 'against', 'of', 'off'])

export const isMask = (word: string): boolean => word.startsWith('<')

/** A table of all values; where one value belongs to two slots, the first counts. */
export function createMaskTable(slots: readonly SlotValues[], ownWords: ReadonlySet<string>): MaskTable {
  const byFirstWord = new Map<string, MaskEntry[]>()
  for (const values of slots)
    for (const [slot, names] of Object.entries(values))
      for (const name of names) {
        const words = tokenize(name).map(({ word }) => word)
        if (words.length === 0) continue
        const entries = byFirstWord.get(words[0]!) ?? []
        const key = words.join(' ')
        if (!entries.some((entry) => entry.words.join(' ') === key)) entries.push({ words, mask: `<${slot}>` })
        byFirstWord.set(words[0]!, entries)
      }
  for (const entries of byFirstWord.values()) entries.sort((a, b) => b.words.length - a.words.length)
  return { byFirstWord, ownWords }
}

/** The tokens with every value replaced by one token that names its slot and covers the same text. */
export function applyMasks(tokens: readonly Token[], table: MaskTable): readonly Token[] {
  if (table.byFirstWord.size === 0) return tokens
  const masked: Token[] = []
  for (let at = 0; at < tokens.length; ) {
    const found = findValue(tokens, at, table)
    const last = tokens[at + (found?.words.length ?? 1) - 1]!
    masked.push(found ? { word: found.mask, start: tokens[at]!.start, end: last.end } : last)
    at += found?.words.length ?? 1
  }
  return masked
}

function findValue(tokens: readonly Token[], at: number, { byFirstWord, ownWords }: MaskTable): MaskEntry | undefined {
  const afterPreposition = BEFORE_A_VALUE.has(tokens[at - 1]?.word ?? '')
  return byFirstWord
    .get(tokens[at]!.word)
    ?.find(
      ({ words }) =>
        words.every((word, i) => tokens[at + i]?.word === word) && (words.length > 1 || afterPreposition || !ownWords.has(stem(words[0]!))),
    )
}
