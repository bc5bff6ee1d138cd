import semver from 'semver'
import { versionInvalid } from '../errors.ts'
import type { Bump } from '../plan/release-plan.ts'
import type { Ask } from './bump.ts'

export interface NextVersionOptions {
  /** The last release proper; null before the first. */
  last: string | null
  /** What the files say, where they do. */
  declared: string | null
  ask: Ask
  /** Pre-release channel, such as beta. */
  channel?: string | undefined
  /** Released versions, to count on a channel. */
  taken: readonly string[]
  /** @default 'keep' */
  zeroMajor?: 'keep' | 'leave'
}

export interface NextVersion {
  readonly version: string
  readonly bump: Bump
}

/**
 * The version that comes after `last` for what the commits ask. Before the first release it is what the files say; 0.0.0 counts as
 * nothing said. Null where nothing asks for a release.
 */
export function nextVersion({ last, declared, ask, channel, taken, zeroMajor = 'keep' }: NextVersionOptions): NextVersion | null {
  const proper = last === null ? firstVersion(declared) : afterBump(last, ask, zeroMajor)
  if (proper === null) return null
  const bump = last === null ? bumpBetween('0.0.0', proper) : bumpBetween(last, proper)
  if (channel === undefined) return { version: proper, bump }
  return { version: onChannel(proper, channel, taken), bump: 'prerelease' }
}

function firstVersion(declared: string | null): string {
  const version = declared === null ? null : semver.parse(declared)
  if (version === null || version.compareMain('0.0.0') === 0) return '0.1.0'
  return `${version.major}.${version.minor}.${version.patch}`
}

function afterBump(last: string, ask: Ask, zeroMajor: 'keep' | 'leave'): string | null {
  if (ask === 'none') return null
  const bump = ask === 'major' && zeroMajor === 'keep' && semver.major(last) === 0 ? 'minor' : ask
  return semver.inc(last, bump)
}

/** Counts from 0, as npm does. */
function onChannel(proper: string, channel: string, taken: readonly string[]): string {
  if (semver.parse(`1.0.0-${channel}.0`) === null || /[.+]|^\d+$/.test(channel))
    throw versionInvalid(`${proper}-${channel}.0`, 'a semantic version: the channel is a word such as beta')
  const numbers = taken.flatMap((version) => {
    const parsed = semver.parse(version)
    if (parsed === null || parsed.compareMain(proper) !== 0 || parsed.prerelease[0] !== channel) return []
    return typeof parsed.prerelease[1] === 'number' ? [parsed.prerelease[1]] : []
  })
  return `${proper}-${channel}.${Math.max(-1, ...numbers) + 1}`
}

/** How far apart two versions are; `none` where the second is not above the first. */
export function bumpBetween(from: string, to: string): Bump {
  if (!semver.gt(to, from)) return 'none'
  const difference = semver.diff(from, to)
  if (difference === 'major' || difference === 'minor' || difference === 'patch') return difference
  return semver.prerelease(to) === null ? properBump(from, to) : 'prerelease'
}

function properBump(from: string, to: string): Bump {
  if (semver.major(from) !== semver.major(to)) return 'major'
  return semver.minor(from) !== semver.minor(to) ? 'minor' : 'patch'
}
