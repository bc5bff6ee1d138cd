/** A text with one slip of the pen in one of its longer words: a letter left out, doubled, swapped with the next or hit beside it. */
export function withTypo(text: string, seed: number): string {
  const words = [...text.matchAll(/[a-z]{4,}/gi)]
  if (words.length === 0) return text
  let state = (seed + 1) * 0x9e3779b1
  const below = (limit: number): number => {
    state = Math.imul(state ^ (state >>> 15), 0x85ebca6b)
    state ^= state >>> 13
    return (state >>> 0) % limit
  }
  const { index, 0: word } = words[below(words.length)]!
  const at = 1 + below(word.length - 2)
  const slips = [
    word.slice(0, at) + word.slice(at + 1),
    word.slice(0, at) + word[at] + word.slice(at),
    word.slice(0, at) + word[at + 1] + word[at] + word.slice(at + 2),
    `${word.slice(0, at)}${'abcdefghijklmnopqrstuvwxyz'[below(26)]}${word.slice(at + 1)}`,
  ]
  return text.slice(0, index) + slips[below(slips.length)] + text.slice(index + word.length)
}
