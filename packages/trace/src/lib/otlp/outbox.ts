import { randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { OtlpSignal } from './exporter.ts'

/** A request that a collector did not take before its process ended. */
export interface Unsent {
  readonly signal: OtlpSignal
  /** The whole request as JSON. */
  readonly text: string
  /** How many spans, points or records it has. */
  readonly count: number
}

/** Where requests wait for the next process. */
export interface Outbox {
  /** What waits for this collector; it is nobody else's from now on, and gone with a process that is killed. */
  take(): readonly Unsent[]
  /** Those that there was no room for. Never throws. */
  keep(unsent: readonly Unsent[]): readonly Unsent[]
}

export interface OutboxOptions {
  /** Made when there is something to keep. */
  readonly folder: string
  /** What waits for another collector is not sent to this one. */
  readonly endpoint: string
  readonly pid: number
  /** Wall time. */
  readonly now: () => number
  /** What waits together; more is not kept. @default 16_777_216 */
  readonly maxBytes?: number
}

const WAITING = /^\d{15}-\d+-[0-9a-f]{8}\.jsonl$/

/** Needs no lock: each process leaves a file of its own, and whoever renames one first has it. */
export function createOutbox({ folder, endpoint, pid, now, maxBytes = 16_777_216 }: OutboxOptions): Outbox {
  const waiting = (): readonly string[] => {
    try {
      return readdirSync(folder).filter((name) => WAITING.test(name))
    } catch {
      return []
    }
  }
  const sizeOf = (name: string): number => statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0

  function read(name: string): readonly Unsent[] {
    const mine = join(folder, `${name}.${pid}`)
    try {
      renameSync(join(folder, name), mine)
      const lines = readFileSync(mine, 'utf8').split('\n')
      return lines.flatMap((line) => (line === '' ? [] : unsentIn(line, endpoint)))
    } catch {
      return [] // Another process was first.
    } finally {
      rmSync(mine, { force: true })
    }
  }

  return {
    take: () => waiting().toSorted().flatMap(read),
    keep(unsent) {
      if (unsent.length === 0) return []
      const name = `${String(Math.trunc(now())).padStart(15, '0')}-${pid}-${randomBytes(4).toString('hex')}.jsonl`
      let room = maxBytes - waiting().reduce((sum, one) => sum + sizeOf(one), 0)
      const fits = unsent.filter(({ text }) => {
        if (text.length > room) return false
        room -= text.length
        return true
      })
      try {
        mkdirSync(folder, { recursive: true, mode: 0o700 })
        const written = join(folder, `${name}.new`)
        writeFileSync(written, fits.map((one) => `${JSON.stringify({ endpoint, ...one })}\n`).join(''), { mode: 0o600 })
        renameSync(written, join(folder, name))
        return unsent.filter((one) => !fits.includes(one))
      } catch {
        return unsent
      }
    },
  }
}

/** It came out of a file that may have been cut off. */
function unsentIn(line: string, wanted: string): readonly Unsent[] {
  try {
    const { endpoint, signal, text, count } = JSON.parse(line) as Partial<Unsent & { endpoint: string }>
    const isOne = endpoint === wanted && typeof text === 'string' && typeof count === 'number'
    return isOne && (signal === 'traces' || signal === 'metrics' || signal === 'logs') ? [{ signal, text, count }] : []
  } catch {
    return []
  }
}
