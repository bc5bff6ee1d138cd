import semver from 'semver'
import { versionInvalid } from '../errors.ts'

/** Long enough for every number that SemVer's own library takes. */
const DIGITS = 16

/**
 * A text that stands before that of a higher version wherever texts are compared byte by byte, as SQLite does.
 * @throws VERSION_INVALID
 */
export function versionSortKey(version: string): string {
  const parsed = semver.parse(version)
  if (parsed === null) throw versionInvalid(version, 'a semantic version, such as 1.2.3')
  const main = [parsed.major, parsed.minor, parsed.patch].map(padded).join('')
  if (parsed.prerelease.length === 0) return `${main}~`
  // Numbers stand before words, and what ends before what goes on.
  const parts = parsed.prerelease.map((part) => (typeof part === 'number' ? `0${padded(part)}` : `1${part}`))
  return `${main}!${parts.map((part) => `${part}"`).join('')}!`
}

const padded = (number: number): string => String(number).padStart(DIGITS, '0')
