type Test = (char: string) => boolean

/** `*` stands for any run of characters; a test for one. */
type Segment = readonly ('*' | Test)[]

/**
 * Whether a path fits a glob: `*` and `?` stay inside a segment, `**` as a whole segment stands for any number of them.
 * The time it takes is at most the product of the two lengths, as globs come from files that anybody may have written:
 * a regular expression made of them could take for ever.
 */
export function compileGlob(glob: string): (path: string) => boolean {
  const segments = glob.split('/').map((text) => (text === '**' ? '**' : parseSegment(text)))
  return (path) => matchAll(segments, path.split('/'))
}

/** At the end of a glob `**` wants something that it could stand for, as in git. */
function matchAll(segments: readonly ('**' | Segment)[], parts: readonly string[]): boolean {
  return matchRuns(
    segments,
    parts.length,
    (segment) => segment === '**',
    (segment, index) => matchSegment(segment as Segment, parts[index] ?? ''),
    segments.at(-1) === '**' && segments.length > 1,
  )
}

function matchSegment(segment: Segment, text: string): boolean {
  const chars = [...text]
  return matchRuns(
    segment,
    chars.length,
    (token) => token === '*',
    (token, index) => (token as Test)(chars[index] ?? ''),
  )
}

/** The wildcard match of textbooks: only the last run needs to be tried again, so nothing multiplies. */
function matchRuns<token>(
  pattern: readonly token[],
  length: number,
  isRun: (token: token) => boolean,
  fits: (token: token, index: number) => boolean,
  lastRunTakesOne = false,
): boolean {
  let [at, index, run, runIndex] = [0, 0, -1, 0]
  while (index < length) {
    const token = pattern[at]
    if (token !== undefined && isRun(token)) {
      run = at++
      runIndex = index
    } else if (token !== undefined && fits(token, index)) {
      at++
      index++
    } else if (run !== -1) {
      at = run + 1
      index = ++runIndex
    } else return false
    if (lastRunTakesOne && at === pattern.length && index < length) return true
  }
  if (lastRunTakesOne) return false
  while (at < pattern.length && isRun(pattern[at] as token)) at++
  return at === pattern.length
}

function parseSegment(text: string): Segment {
  const tokens: ('*' | Test)[] = []
  const chars = [...text]
  for (let index = 0; index < chars.length; index++) {
    const char = chars[index] as string
    if (char === '*') {
      if (tokens.at(-1) !== '*') tokens.push('*')
    } else if (char === '?') tokens.push(() => true)
    else if (char === '\\' && index + 1 < chars.length) tokens.push(literal(chars[++index] as string))
    else if (char === '[') {
      const set = parseSet(chars, index)
      tokens.push(set?.test ?? literal('['))
      index = set?.end ?? index
    } else tokens.push(literal(char))
  }
  return tokens
}

const literal =
  (wanted: string): Test =>
  (char) =>
    char === wanted

/** A set such as `[a-z]` or `[!ab]`, and where its bracket closes; undefined where none does. */
function parseSet(chars: readonly string[], start: number): { test: Test; end: number } | undefined {
  const isNegated = chars[start + 1] === '!' || chars[start + 1] === '^'
  const first = start + (isNegated ? 2 : 1)
  const ranges: (readonly [from: string, to: string])[] = []
  for (let index = first; index < chars.length; index++) {
    let char = chars[index] as string
    if (char === ']' && index > first)
      return { test: (given) => ranges.some(([from, to]) => given >= from && given <= to) !== isNegated, end: index }
    if (char === '\\' && index + 1 < chars.length) char = chars[++index] as string
    const to = chars[index + 2]
    if (chars[index + 1] === '-' && to !== undefined && to !== ']') {
      ranges.push([char, to])
      index += 2
    } else ranges.push([char, char])
  }
  return undefined
}
