import { open, readdir, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { fileBlocks, gzipBlocks } from './blocks.ts'
import { timeOf } from './entry.ts'
import { createScan, type LogQuery, type Scan } from './scan.ts'

/** A log's file or one that it was rotated to. */
interface LogFile {
  readonly path: string
  readonly bytes: number
  readonly changedMs: number
  readonly isGzip: boolean
}

const MAX_ROTATED = 100
/** `app.log.1`, `app.log.2.gz`, `app.log-20261121`, `app.log.2026-11-21.gz`: what logrotate and most loggers make. */
const ROTATED = /^[.-](?:\d{1,4}|\d{4}-?\d\d-?\d\d(?:[-_T.]?\d{1,10})?)(?:\.gz)?$/

/** The log and what it was rotated to, oldest first; empty where nothing is there. */
async function logFiles(path: string): Promise<readonly LogFile[]> {
  const name = basename(path)
  const names = await readdir(dirname(path)).catch(() => [])
  const chosen = names.filter((one) => one === name || (one.startsWith(name) && ROTATED.test(one.slice(name.length))))
  const files = await Promise.all(
    chosen.map(async (one) => {
      const whole = join(dirname(path), one)
      const stats = await stat(whole).catch(() => undefined)
      if (stats?.isFile() !== true) return undefined
      return { path: whole, bytes: stats.size, changedMs: stats.mtimeMs, isGzip: one.endsWith('.gz') && one !== name }
    }),
  )
  const isLive = (file: LogFile): number => (file.path === join(dirname(path), name) ? 1 : 0)
  return files
    .filter((file) => file !== undefined)
    .sort((a, b) => isLive(a) - isLive(b) || a.changedMs - b.changedMs || (a.path < b.path ? 1 : -1))
    .slice(-MAX_ROTATED)
}

export interface FileSearch extends Pick<Scan, 'matches' | 'bytes' | 'hasTimes' | 'entries'> {
  readonly problems: readonly string[]
  /** False where time ran out. */
  readonly isWhole: boolean
}

/** Searches a log with what it was rotated to, oldest first, in bounded memory. `goesOn` is asked between blocks. */
export async function searchFile(
  path: string,
  source: string,
  query: LogQuery,
  { nowMs, goesOn }: { nowMs: number; goesOn: () => boolean },
): Promise<FileSearch> {
  const files = await logFiles(path)
  const problems: string[] = []
  if (files.length === 0) problems.push(`${source} is not there or no file`)
  const scan = createScan(source, query, nowMs)
  let isWhole = true
  for (const file of files) {
    if (query.sinceMs !== undefined && file.changedMs < query.sinceMs) continue
    if (!isWhole) break
    try {
      const from = file.isGzip || query.sinceMs === undefined ? 0 : await offsetOf(file, query.sinceMs, nowMs)
      for await (const block of file.isGzip ? gzipBlocks(file.path) : fileBlocks(file.path, from)) {
        if (scan.add(block)) break
        isWhole = goesOn()
        if (!isWhole) break
      }
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException
      problems.push(`${basename(file.path)} could not be read to its end: ${code ?? message}`)
    }
  }
  const asksTime = query.sinceMs !== undefined || query.untilMs !== undefined
  if (asksTime && scan.bytes > 0 && !scan.hasTimes)
    problems.push(`${source} names no times that are understood, so none was left out by time`)
  return {
    get matches() {
      return scan.matches
    },
    bytes: scan.bytes,
    hasTimes: scan.hasTimes,
    entries: () => scan.entries(),
    problems,
    isWhole,
  }
}

const SEEK_FROM_BYTES = 4 * 1024 * 1024
const PROBE_BYTES = 64 * 1024
const DISORDER_MS = 60_000

/** An offset before which everything is older than `sinceMs`, by halving; entries of a log stand about in the order of their times. */
async function offsetOf({ path, bytes }: LogFile, sinceMs: number, nowMs: number): Promise<number> {
  if (bytes < SEEK_FROM_BYTES) return 0
  const file = await open(path, 'r')
  try {
    const probe = Buffer.alloc(PROBE_BYTES)
    let [low, high] = [0, bytes]
    while (high - low > SEEK_FROM_BYTES) {
      const middle = Math.floor((low + high) / 2)
      const { bytesRead } = await file.read(probe, 0, PROBE_BYTES, middle)
      const lines = probe.toString('latin1', 0, bytesRead).split('\n').slice(1)
      const atMs = lines.map((line) => timeOf(line, nowMs)).find((found) => found !== undefined)
      if (atMs !== undefined && atMs < sinceMs - DISORDER_MS) low = middle
      else high = middle
    }
    // The first block begins with a whole line.
    if (low === 0) return 0
    const { bytesRead } = await file.read(probe, 0, PROBE_BYTES, low)
    const newline = probe.subarray(0, bytesRead).indexOf('\n')
    return newline === -1 ? low : low + newline + 1
  } finally {
    await file.close()
  }
}
