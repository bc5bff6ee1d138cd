import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import type { Host } from '../hosts/host.ts'
import { runner, runnerHere, runnerState } from '../records/runner.ts'
import { lockAlive, lockHeld } from './errors.ts'

const lock = runner.extend({ run: z.string(), who: z.string(), sinceMs: z.number() })
export type Lock = z.output<typeof lock>

export async function readLock(host: Host, path: string): Promise<Lock | undefined> {
  const bytes = await host.readFile(path)
  if (bytes === undefined) return undefined
  try {
    return lock.parse(JSON.parse(bytes.toString('utf8')))
  } catch {
    // Nobody who lives wrote it: a lock is written whole.
    return { ...runnerHere(), run: '?', who: 'somebody', boot: '', pid: 0, started: '', sinceMs: 0 }
  }
}

export const tellHolder = (held: Lock): string =>
  `${held.who} (process ${held.pid}${runnerState(held) === 'elsewhere' ? ' of another machine or container' : ''}, deployment ${held.run})`

/** Takes the lock for a run, or keeps it where this process has it already; one whose holder is dead is taken over. @throws DEPLOY_LOCKED */
export async function takeLock(host: Host, path: string, { run, who, nowMs }: { run: string; who: string; nowMs: number }): Promise<void> {
  const own: Lock = { ...runnerHere(), run, who, sinceMs: nowMs }
  for (let attempt = 0; attempt < 10; attempt++) {
    const held = await readLock(host, path)
    if (held === undefined) {
      if (await host.writeFile(path, `${JSON.stringify(own)}\n`, { exclusive: true, mode: 0o600 })) return
      continue
    }
    const state = runnerState(held)
    if (state === 'alive' && held.pid === process.pid && held.run === run) return
    if (state !== 'dead') throw lockHeld(tellHolder(held), new Date(held.sinceMs).toISOString(), host.label, state === 'elsewhere')
    await breakLock(host, path, held)
  }
  throw lockHeld('another process', new Date(nowMs).toISOString(), host.label, false)
}

/** Moves a dead holder's lock aside; puts it back where it turns out to be another one, which was taken meanwhile. */
async function breakLock(host: Host, path: string, dead: Lock): Promise<void> {
  const aside = `${path}.${randomBytes(4).toString('hex')}.broken`
  try {
    await host.rename(path, aside)
  } catch {
    // Another one was faster.
    return
  }
  const moved = await readLock(host, aside)
  if (moved !== undefined && (moved.pid !== dead.pid || moved.started !== dead.started || moved.run !== dead.run))
    await host.writeFile(path, JSON.stringify(moved), { exclusive: true, mode: 0o600 })
  await host.removeFile(aside)
}

/** Gives the lock back, if it is this process's own or that of a dead one of the same run. */
export async function releaseLock(host: Host, path: string, run: string): Promise<void> {
  const held = await readLock(host, path)
  if (held !== undefined && held.run === run && (held.pid === process.pid || runnerState(held) === 'dead')) await host.removeFile(path)
}

/** Takes a lock away whose holder is dead, or, on a person's word, on another machine. @throws DEPLOY_LOCK_ALIVE */
export async function removeLock(host: Host, path: string): Promise<Lock | undefined> {
  const held = await readLock(host, path)
  if (held === undefined) return undefined
  if (runnerState(held) === 'alive') throw lockAlive(tellHolder(held))
  await breakLock(host, path, held)
  return held
}
