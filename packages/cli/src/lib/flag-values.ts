import { InvalidArgumentError } from 'commander'

/** A moment, or how long ago it was. */
export type Moment = { readonly agoMs: number } | { readonly atMs: number }

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** How long, in milliseconds. */
export function span(text: string): number {
  const [, amount, unit] = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h|d)$/.exec(text) ?? []
  if (amount === undefined || unit === undefined) throw new InvalidArgumentError('it must be a time such as 500ms, 5s, 2h or 7d')
  return Number(amount) * UNIT_MS[unit]!
}

export function moment(text: string): Moment {
  const atMs = /^\d{4}-/.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(atMs) ? { agoMs: span(text) } : { atMs }
}

export function amount(text: string): number {
  const number = Number(text)
  if (Number.isFinite(number) && number > 0 && text.trim() !== '') return number
  throw new InvalidArgumentError('it must be a number above 0')
}

export function count(text: string): number {
  const number = Number(text)
  if (Number.isInteger(number) && number >= 1 && number <= 10_000) return number
  throw new InvalidArgumentError('it must be a whole number from 1 to 10000')
}

export function port(text: string): number {
  const number = Number(text)
  if (Number.isInteger(number) && number >= 1 && number <= 65_535) return number
  throw new InvalidArgumentError('it must be a port from 1 to 65535')
}

/** On the wall clock. */
export function momentMs(moment: Moment, nowMs: number): number {
  return 'agoMs' in moment ? nowMs - moment.agoMs : moment.atMs
}
