const CONTEXT = 3
/** Longer runs of changed lines are shown as all out, all in. */
const MAX_COMPARED = 400

/** A change to one file as a patch that people and git read; empty where nothing changed. */
export function unifiedDiff(path: string, before: string | undefined, after: string | undefined, executable?: boolean): string {
  const mode = executable === undefined ? '' : `# ${executable ? 'becomes executable' : 'is executable no more'}: ${path}\n`
  if (before === after) return mode
  const [from, to] = [splitLines(before), splitLines(after)]
  let start = 0
  while (start < from.length && start < to.length && from[start] === to[start]) start++
  let end = 0
  while (end < from.length - start && end < to.length - start && from.at(-1 - end) === to.at(-1 - end)) end++
  const first = Math.max(0, start - CONTEXT)
  const tail = Math.min(CONTEXT, end)
  const head = from.slice(first, start).map((line) => ` ${line}`)
  const middle = compare(from.slice(start, from.length - end), to.slice(start, to.length - end))
  const rest = from.slice(from.length - end, from.length - end + tail).map((line) => ` ${line}`)
  const lengthOf = (lines: readonly string[]): string => {
    const length = lines.length - first - end + tail
    return `${length === 0 ? 0 : first + 1},${length}`
  }
  const lines = [...head, ...middle, ...rest].map((line) => (line.endsWith('\n') ? line : `${line}\n\\ No newline at end of file\n`))
  const names = `--- ${before === undefined ? '/dev/null' : `a/${path}`}\n+++ ${after === undefined ? '/dev/null' : `b/${path}`}\n`
  return `${mode}${names}@@ -${lengthOf(from)} +${lengthOf(to)} @@\n${lines.join('')}`
}

/** Lines with their ends. */
const splitLines = (text = ''): string[] => text.match(/[^\n]*\n|[^\n]+$/g) ?? []

/** The longest lines in common stay, by the textbook's table. */
function compare(from: readonly string[], to: readonly string[]): string[] {
  if (from.length > MAX_COMPARED || to.length > MAX_COMPARED) return [...from.map((line) => `-${line}`), ...to.map((line) => `+${line}`)]
  const common = Array.from({ length: from.length + 1 }, () => new Uint16Array(to.length + 1))
  const at = (i: number, j: number): number => common[i]?.[j] ?? 0
  for (let i = from.length - 1; i >= 0; i--) {
    const row = common[i] as Uint16Array
    for (let j = to.length - 1; j >= 0; j--) row[j] = from[i] === to[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1))
  }
  const lines: string[] = []
  let [i, j] = [0, 0]
  while (i < from.length || j < to.length) {
    if (i < from.length && j < to.length && from[i] === to[j]) {
      lines.push(` ${from[i++]}`)
      j++
    } else if (i < from.length && (j === to.length || at(i + 1, j) >= at(i, j + 1))) lines.push(`-${from[i++]}`)
    else lines.push(`+${to[j++]}`)
  }
  return lines
}
