import { watch } from 'node:fs'
import { type FileHandle, open, stat } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import type { Clock } from '@switchyard/plugin-kit'
import { createLineSplitter } from './collect.ts'

/** Some file systems tell of no changes, so one looks now and then too. */
const LOOK_MS = 1_000
const READ_BYTES = 256 * 1024

/**
 * Hands over each line that is added to a file, until the signal aborts. A file that is renamed is read to its end before the one
 * that takes its place is begun; one that is cut is begun anew; one that is not there yet is waited for.
 * `onReady` is called once nothing that is written from then on can be missed.
 */
export async function followFile(
  path: string,
  {
    clock,
    signal,
    onLine,
    onReady = () => {},
  }: { clock: Clock; signal: AbortSignal; onLine: (line: string) => void; onReady?: () => void },
): Promise<void> {
  const buffer = Buffer.allocUnsafe(READ_BYTES)
  let file: FileHandle | undefined
  let position = 0
  let lines = createLineSplitter(onLine)
  const bell = createBell(clock)
  signal.addEventListener('abort', bell.ring, { once: true })
  const watcher = watch(dirname(path), (_, name) => {
    if (name === null || name === basename(path)) bell.ring()
  })
  watcher.on('error', () => {})
  try {
    file = await open(path, 'r').catch(() => undefined)
    position = (await file?.stat())?.size ?? 0
    onReady()
    while (!signal.aborted) {
      await bell.next()
      await catchUp()
    }
  } finally {
    watcher.close()
    bell.stop()
    signal.removeEventListener('abort', bell.ring)
    await file?.close()
  }

  async function catchUp(): Promise<void> {
    const there = await stat(path).catch(() => undefined)
    const own = await file?.stat()
    if (file !== undefined && own !== undefined) {
      if (own.size < position) position = 0
      await readOn(file)
      if (there === undefined || (there.ino === own.ino && there.dev === own.dev)) return
      lines.end()
      await file.close()
      file = undefined
    }
    if (there?.isFile() !== true) return
    file = await open(path, 'r').catch(() => undefined)
    position = 0
    lines = createLineSplitter(onLine)
    if (file !== undefined) await readOn(file)
  }

  async function readOn(from: FileHandle): Promise<void> {
    while (!signal.aborted) {
      const { bytesRead } = await from.read(buffer, 0, READ_BYTES, position)
      if (bytesRead === 0) return
      position += bytesRead
      lines.add(buffer.subarray(0, bytesRead))
    }
  }
}

/** Waits until it rings, or the time for a look of one's own has come; a ring that nobody waited for is kept. */
function createBell(clock: Clock): { ring(): void; next(): Promise<void>; stop(): void } {
  let hasRung = false
  let wake: (() => void) | undefined
  let cancelTimer = (): void => {}
  const ring = (): void => {
    hasRung = true
    cancelTimer()
    wake?.()
  }
  return {
    ring,
    next: () =>
      new Promise((resolve) => {
        wake = () => {
          hasRung = false
          wake = undefined
          resolve()
        }
        if (hasRung) return wake()
        cancelTimer = clock.after(LOOK_MS, ring)
      }),
    stop: () => cancelTimer(),
  }
}
