import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '@switchyard/contracts'
import { isLeastLevel, type LeastLevel } from './log-line.ts'

const LEVEL_FILE = 'level.json'

/** How long a process goes on with the level that it has seen. */
const LOOK_AFTER_MS = 1_000

/** What somebody set while processes run. */
export interface LevelOverride {
  readonly level: LeastLevel
  /** Until then; absent: until somebody sets another. Wall time. */
  readonly untilMs?: number
}

/** The level from which on lines are kept: the one that was set while we run, else the configured one. Looked for only when somebody asks. */
export function createLiveLevel({ folder, level, clock }: { folder: string; level: LeastLevel; clock: Clock }): () => LeastLevel {
  const path = join(folder, LEVEL_FILE)
  let lookedAtMs = Number.NEGATIVE_INFINITY
  let seen = ''
  let override: LevelOverride | undefined

  return () => {
    const nowMs = clock.monotonicMs()
    if (nowMs - lookedAtMs >= LOOK_AFTER_MS) {
      lookedAtMs = nowMs
      const found = statSync(path, { throwIfNoEntry: false })
      const mark = found === undefined ? '' : `${found.ino} ${found.mtimeMs}`
      if (mark !== seen) {
        seen = mark
        override = levelOverride(folder)
      }
    }
    if (override === undefined) return level
    return override.untilMs !== undefined && clock.now() >= override.untilMs ? level : override.level
  }
}

/** What was set; undefined where the configuration holds. */
export function levelOverride(folder: string): LevelOverride | undefined {
  try {
    const { level, untilMs } = JSON.parse(readFileSync(join(folder, LEVEL_FILE), 'utf8')) as Readonly<Record<string, unknown>>
    if (!isLeastLevel(level)) return undefined
    return { level, ...(typeof untilMs === 'number' && { untilMs }) }
  } catch {
    return undefined
  }
}

/** Sets the level of all processes of the workspace, within a second; undefined goes back to the configuration. */
export function setLevelOverride(folder: string, override: LevelOverride | undefined): void {
  const path = join(folder, LEVEL_FILE)
  if (override === undefined) {
    rmSync(path, { force: true })
    return
  }
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const draft = `${path}.${process.pid}`
  writeFileSync(draft, `${JSON.stringify(override)}\n`, { mode: 0o600 })
  renameSync(draft, path)
}
