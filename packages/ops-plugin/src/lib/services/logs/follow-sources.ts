import { resolve } from 'node:path'
import type { Clock } from '@switchyard/plugin-kit'
import { redact } from '@switchyard/plugin-kit/redact'
import { withDeadline } from '../deadline.ts'
import type { LogSource } from '../definition.ts'
import { createCollector } from './collect.ts'
import { readContainerLogs } from './container-logs.ts'
import { type LogEntry, levelOf, timeOf } from './entry.ts'
import { followFile } from './follow.ts'
import { readJournal } from './journal.ts'
import { printable } from './render.ts'
import type { LogQuery } from './scan.ts'
import { type LogSearch, type SearchSurroundings, sourceName } from './search.ts'

/** Follows every source for a while; each entry that matches is told as it comes, and the last ones are given back. */
export async function followSources(
  sources: readonly LogSource[],
  query: LogQuery,
  { workspace, engineSocket, signal, nowMs }: SearchSurroundings,
  { clock, forMs, progress }: { clock: Clock; forMs: number; progress: (message: string) => void },
): Promise<LogSearch> {
  const all = createCollector(query)
  const followed = await Promise.all(
    sources.map(async (source) => {
      const name = sourceName(source)
      let matches = 0
      const add = (entry: LogEntry): void => {
        const before = all.matches
        all.add(entry)
        if (all.matches === before) return
        matches++
        progress(printable(redact(sources.length === 1 ? entry.text : `${name}: ${entry.text}`)))
      }
      const outcome = await withDeadline({ clock, signal }, forMs, (own) => follow(source, own, add))
      const problem = outcome.ended === 'in-time' ? outcome.value : undefined
      return { source: name, bytes: 0, problems: problem === undefined ? [] : [problem], isWhole: true, counted: () => matches }
    }),
  )
  return {
    entries: all.entries().map((entry) => ({ ...entry, text: redact(entry.text) })),
    matches: all.matches,
    sources: followed.map(({ counted, ...told }) => ({ ...told, matches: counted() })),
    isWhole: true,
  }

  async function follow(source: LogSource, own: AbortSignal, add: (entry: LogEntry) => void): Promise<string | undefined> {
    if ('unit' in source) return readJournal(source.unit, query, add, { signal: own, follow: true })
    if ('container' in source) return readContainerLogs(engineSocket, source.container, query, add, { signal: own, nowMs, follow: true })
    const onLine = (line: string): void => {
      if (line.trim() !== '') add({ atMs: timeOf(line, nowMs), level: levelOf(line), text: line.trimEnd(), source: source.file })
    }
    const onReady = (): void => progress(`following ${source.file}`)
    await followFile(resolve(workspace, source.file), { clock, signal: own, onLine, onReady })
    return undefined
  }
}
