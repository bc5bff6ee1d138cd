import { resolve } from 'node:path'
import { redact } from '@switchyard/plugin-kit/redact'
import type { LogSource } from '../definition.ts'
import { createCollector } from './collect.ts'
import { readContainerLogs } from './container-logs.ts'
import type { LogEntry } from './entry.ts'
import { searchFile } from './files.ts'
import { readJournal } from './journal.ts'
import type { LogQuery } from './scan.ts'

export interface SearchSurroundings {
  readonly workspace: string
  readonly engineSocket: string | undefined
  readonly signal: AbortSignal
  readonly nowMs: number
  /** Milliseconds that are left; the search ends a little before, with what it has. */
  remainingMs(): number
}

interface SourceSearch {
  readonly source: string
  readonly matches: number
  readonly bytes: number
  readonly problems: readonly string[]
  readonly entries: readonly LogEntry[]
  readonly isWhole: boolean
}

export interface LogSearch {
  /** The last ones of all sources, oldest first, without secrets. */
  readonly entries: readonly LogEntry[]
  readonly matches: number
  readonly sources: readonly Omit<SourceSearch, 'entries'>[]
  readonly isWhole: boolean
}

const NEEDED_TO_ANSWER_MS = 1_000

export const sourceName = (source: LogSource): string =>
  'file' in source ? source.file : 'unit' in source ? source.unit : source.container

/** Searches every source, one after another so that memory stays bounded, and puts what was found in order of time. */
export async function searchLogs(sources: readonly LogSource[], query: LogQuery, around: SearchSurroundings): Promise<LogSearch> {
  const found: SourceSearch[] = []
  for (const source of sources) {
    around.signal.throwIfAborted()
    found.push(await searchSource(source, query, around))
  }
  const entries = found
    .flatMap((one) => one.entries)
    .map((entry, index) => ({ entry, index }))
    .sort((a, b) => (a.entry.atMs ?? 0) - (b.entry.atMs ?? 0) || a.index - b.index)
    .slice(-query.limit)
    .map(({ entry }) => ({ ...entry, text: redact(entry.text) }))
  return {
    entries,
    matches: found.reduce((sum, { matches }) => sum + matches, 0),
    sources: found.map(({ entries: _, ...told }) => told),
    isWhole: found.every(({ isWhole }) => isWhole),
  }
}

async function searchSource(source: LogSource, query: LogQuery, around: SearchSurroundings): Promise<SourceSearch> {
  const { workspace, engineSocket, signal, nowMs } = around
  const name = sourceName(source)
  if ('file' in source) {
    const goesOn = (): boolean => {
      signal.throwIfAborted()
      return around.remainingMs() > NEEDED_TO_ANSWER_MS
    }
    const { matches, bytes, problems, isWhole, entries } = await searchFile(resolve(workspace, source.file), name, query, { nowMs, goesOn })
    return { source: name, matches, bytes, problems, isWhole, entries: entries() }
  }
  const collector = createCollector(query)
  const problem =
    'unit' in source
      ? await readJournal(source.unit, query, collector.add, { signal })
      : await readContainerLogs(engineSocket, source.container, query, collector.add, { signal, nowMs })
  const problems = problem === undefined ? [] : [problem]
  return { source: name, matches: collector.matches, bytes: 0, problems, isWhole: true, entries: collector.entries() }
}
