import { hashFeature } from './features.ts'

/** Stands for the command where several claim the same words. */
export const CONTESTED = 0xffff

/** What each example means: the command's number, or `CONTESTED`, beside the key of the words, keys ascending. */
export interface Taught {
  readonly keys: Uint32Array
  readonly commands: Uint16Array
}

/** One number for what a request says, whatever its case, punctuation and politeness. */
export const taughtKey = (words: readonly string[]): number => hashFeature(0, words.filter((word) => word !== 'please').join(' '))

export function createTaught(meanings: ReadonlyMap<number, number>): Taught {
  const keys = Uint32Array.from(meanings.keys()).sort()
  return { keys, commands: Uint16Array.from(keys, (key) => meanings.get(key)!) }
}

/** The command that was taught for these very words, `CONTESTED` where that were several, undefined where none was. */
export function taughtCommand({ keys, commands }: Taught, words: readonly string[]): number | undefined {
  const key = taughtKey(words)
  let [low, high] = [0, keys.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (keys[middle]! < key) low = middle + 1
    else high = middle
  }
  return keys[low] === key ? commands[low] : undefined
}
