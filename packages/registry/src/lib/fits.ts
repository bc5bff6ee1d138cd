import satisfies from 'semver/functions/satisfies.js'

/** Whether a version is in a range; a preview of one that is in it is, too. */
export function fits(version: string, range: string): boolean {
  try {
    return satisfies(version, range, { includePrerelease: true })
  } catch {
    return false
  }
}
