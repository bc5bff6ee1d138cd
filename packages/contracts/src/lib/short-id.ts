/** Of 31, as those are left out that are easily mistaken for others. */
export const SHORT_ID_LETTERS = '23456789abcdefghjkmnpqrstuvwxyz'

/** A name for something that people type, such as `p-4kq7w2m`; one in 27 thousand million. `random` is in [0, 1). */
export function createShortId(letter: string, random: () => number): string {
  let id = `${letter}-`
  for (let index = 0; index < 7; index++) id += SHORT_ID_LETTERS[Math.floor(random() * SHORT_ID_LETTERS.length)]
  return id
}
