import type { LogEntry } from './entry.ts'
import type { LogSearch } from './search.ts'

/** An entry as commands give it out. */
export const entryOut = ({ atMs, level, source, text }: LogEntry) => ({
  ...(atMs !== undefined && { at: new Date(atMs).toISOString() }),
  ...(level !== undefined && { level }),
  source,
  text,
})

/** An answer must fit into one message of the bus, where each entry stands twice: as data and as text. */
const MAX_ANSWER_CHARS = 300_000

export function newestThatFit(entries: readonly LogEntry[]): readonly LogEntry[] {
  let chars = 0
  const first = entries.findLastIndex(({ text }) => {
    chars += text.length
    return chars > MAX_ANSWER_CHARS
  })
  return entries.slice(first + 1)
}

/** The entries as they stand in the log, with the source where there are several, then what there is to know about the search. */
export function renderLogs({ entries, matches, sources, isWhole }: LogSearch): string {
  const isOne = sources.length === 1
  const lines = entries.map(({ source, text }) => printable(isOne ? text : `${source}: ${text}`))
  if (matches > entries.length) lines.push(`The last ${entries.length} of ${matches} entries`)
  if (matches === 0) lines.push('No entries')
  for (const { source, problems } of sources) lines.push(...problems.map((problem) => `${source}: ${problem}`))
  if (!isWhole) lines.push('Time ran out before all was searched')
  return lines.join('\n')
}

/** Whoever writes a log must not steer the terminal of who reads it. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that steer
export const printable = (text: string): string => text.replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '\ufffd')
