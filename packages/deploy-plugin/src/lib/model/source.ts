/** A place in a file for people: both numbers from 1, columns in UTF-16 units as editors and SARIF count them. */
export interface Place {
  readonly file: string
  readonly line: number
  readonly column: number
}

/** A piece of a file. Lines are counted only when somebody asks, as most pieces are never reported. */
export interface Spot {
  readonly source: Source
  readonly start: number
  readonly end: number
}

/** The text of one file, with slashes in its path and relative to the project. */
export interface Source {
  readonly path: string
  readonly text: string
  spot(start: number, end?: number): Spot
  placeOf(offset: number): Place
  offsetOf(line: number, column: number): number
}

export function createSource(path: string, text: string): Source {
  let lineStarts: readonly number[] | undefined
  const source: Source = {
    path,
    text,
    spot: (start, end = start) => ({ source, start, end }),
    placeOf(offset) {
      lineStarts ??= startsOf(text)
      const line = lastAtMost(lineStarts, offset)
      return { file: path, line: line + 1, column: offset - (lineStarts[line] ?? 0) + 1 }
    },
    offsetOf(line, column) {
      lineStarts ??= startsOf(text)
      return (lineStarts[line - 1] ?? 0) + column - 1
    },
  }
  return source
}

export const placeOf = ({ source, start }: Spot): Place => source.placeOf(start)

function startsOf(text: string): number[] {
  const starts = [0]
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  return starts
}

/** Index of the last number that is no greater; the list is sorted and begins with 0. */
function lastAtMost(sorted: readonly number[], wanted: number): number {
  let [low, high] = [0, sorted.length - 1]
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if ((sorted[middle] ?? 0) <= wanted) low = middle
    else high = middle - 1
  }
  return low
}
