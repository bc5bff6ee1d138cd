import type { SlotValues } from './candidate.ts'
import { stem } from './stem.ts'
import { type Token, tokenize } from './tokens.ts'

/** Values of slots by their first word, the longest first. */
export interface MaskTable {
  readonly byFirstWord: ReadonlyMap<string, readonly MaskEntry[]>
  /** Stems that also name commands: such a value is masked only where it stands as a value. */
  readonly verbs: ReadonlySet<string>
}

interface MaskEntry {
  readonly words: readonly string[]
  readonly mask: string
}

/** Before these words stands a verb or nothing, after them a value: "deploy to test" against "test the api". */
const BEFORE_A_VALUE = new Set(['to', 'on', 'in', 'into', 'onto', 'at', 'from', 'for', 'against', 'of', 'off'])

export const isMask = (word: string): boolean => word.startsWith('<')

/** A table of all values; `ids` are the commands', whose words may be values by accident. */
export function createMaskTable(slots: readonly SlotValues[], ids: readonly string[]): MaskTable {
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
  return { byFirstWord, verbs: new Set(ids.flatMap((id) => tokenize(id).map(({ word }) => stem(word)))) }
}

/** The tokens with every value replaced by one token that names its slot and covers the same text. */
export function applyMasks(tokens: readonly Token[], tables: readonly MaskTable[]): readonly Token[] {
  if (tables.every(({ byFirstWord }) => byFirstWord.size === 0)) return tokens
  const masked: Token[] = []
  for (let at = 0; at < tokens.length; ) {
    const found = findValue(tokens, at, tables)
    if (!found) {
      masked.push(tokens[at]!)
      at++
      continue
    }
    const last = tokens[at + found.words.length - 1]!
    masked.push({ word: found.mask, start: tokens[at]!.start, end: last.end })
    at += found.words.length
  }
  return masked
}

function findValue(tokens: readonly Token[], at: number, tables: readonly MaskTable[]): MaskEntry | undefined {
  for (const { byFirstWord, verbs } of tables)
    for (const entry of byFirstWord.get(tokens[at]!.word) ?? []) {
      if (!entry.words.every((word, i) => tokens[at + i]?.word === word)) continue
      const single = entry.words.length === 1 && verbs.has(stem(entry.words[0]!))
      if (single && !BEFORE_A_VALUE.has(tokens[at - 1]?.word ?? '')) continue
      return entry
    }
  return undefined
}
