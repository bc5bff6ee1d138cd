/** One place in a file that says a version. Whatever is between `start` and `end` is the version, so an edit touches nothing else. */
export interface Place {
  /** Relative to the root of the repository. */
  readonly file: string
  /** From 1. */
  readonly line: number
  /** What kind of place it is, for people: such as `version` or `dependencies.@scope/name`. */
  readonly label: string
  /** Folder of the package whose version it says. */
  readonly of: string
  /** `version` is the package's own; `range` and `pin` are what others ask for of it. */
  readonly role: 'version' | 'range' | 'pin'
  /** Offsets in the file's text. */
  readonly start: number
  readonly end: number
  /** What stands there. */
  readonly found: string
  /** The whole range that it is in, as npm writes ranges. */
  readonly range?: string
  /** Folder of the package that asks; of a version itself, of the package whose file it is in. */
  readonly by: string
  /** Whether only work on the package needs it, so that its users never see it. */
  readonly isDev: boolean
}

/** A place before it is known which file and package it is in. */
export interface Spot {
  readonly label: string
  readonly role: Place['role']
  /** Name of the package that it speaks of; absent: the one whose file it is. */
  readonly name?: string
  /** Folder of the package that it speaks of, relative to the file's own folder or, with a leading slash, to the project. */
  readonly folder?: string
  /** Whether it may be something else than the package's version, and so counts only where it is equal to it. */
  readonly isVague?: boolean
  readonly range?: string
  /** Folder of the package that asks, relative to the file's own; absent: the one whose file it is. */
  readonly by?: string
  readonly isDev?: boolean
  readonly start: number
  readonly end: number
}

/** A version as SemVer writes it, to be found in text; one group. */
export const SEMVER = String.raw`(\d+\.\d+\.\d+(?:-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?)`

const SIMPLE_RANGE = new RegExp(String.raw`^(?:workspace:)?(?:\^|~|>=|==|=|~=)?\s*${SEMVER}$`, 'd')

/** Where the version of a simple range is, such as that of `^1.2.3`, `workspace:~1.2.3` or `1.2.3`; undefined for any other. */
export function versionInRange(range: string): readonly [start: number, end: number] | undefined {
  return SIMPLE_RANGE.exec(range)?.indices?.[1]
}

/** The lines that offsets are in, from 1; the offsets in any order. */
export function createLineFinder(text: string): (offset: number) => number {
  const starts = [0]
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  return (offset) => {
    let [low, high] = [0, starts.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((starts[middle] ?? 0) <= offset) low = middle + 1
      else high = middle
    }
    return low
  }
}
