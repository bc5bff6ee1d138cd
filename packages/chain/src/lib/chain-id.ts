import { createShortId, SHORT_ID_LETTERS } from '@switchyard/contracts'

const BASE = SHORT_ID_LETTERS.length
const RANDOM_LETTERS = 5
const HINT_FROM = 'c-'.length + RANDOM_LETTERS

/**
 * An id such as `c-4kq7w2m`, whose end says where in the journal its chain is: an index of ids would be one more page to write at each
 * start. Numbers are given away when a chain is first written, so what is said here may be off by the chains that begin at the same time.
 */
export function createChainId(expectedNumber: number, random: () => number): string {
  const hint = [...expectedNumber.toString(BASE)].map((digit) => SHORT_ID_LETTERS[Number.parseInt(digit, BASE)]).join('')
  return createShortId('c', random).slice(0, HINT_FROM) + hint
}

/** About which number a chain of this id has; undefined for what is no such id. */
export function expectedNumberOf(id: string): number | undefined {
  const digits = [...id.slice(HINT_FROM)].map((letter) => SHORT_ID_LETTERS.indexOf(letter))
  if (digits.length === 0 || digits.length > 7 || digits.includes(-1)) return undefined
  return digits.reduce((number, digit) => number * BASE + digit, 0)
}
