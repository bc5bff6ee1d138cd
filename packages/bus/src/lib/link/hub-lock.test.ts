import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { tryHubLock } from './hub-lock.ts'

let root: string
let path: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'lock-'))
  path = join(root, 'hub.lock')
})
afterEach(() => rmSync(root, { recursive: true }))

it('tryHubLock() gives the lock to one at a time, in one process too', () => {
  const first = tryHubLock(path)
  expect(first).toBeDefined()
  expect(tryHubLock(path)).toBeUndefined()
  first?.release()
  const second = tryHubLock(path)
  expect(second).toBeDefined()
  second?.release()
})

it('tryHubLock() gets the lock of a process that was killed', async () => {
  const script = `
    import { tryHubLock } from ${JSON.stringify(join(import.meta.dirname, 'hub-lock.ts'))}
    globalThis.lock = tryHubLock(${JSON.stringify(path)})
    process.stdout.write(lock ? 'held' : 'not held')
    setInterval(() => undefined, 1_000)`
  const holder = spawn(process.execPath, ['--conditions=@switchyard/source', '--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [said] = await once(holder.stdout, 'data')
  expect(String(said)).toBe('held')
  expect(tryHubLock(path)).toBeUndefined()
  holder.kill('SIGKILL')
  await once(holder, 'exit')
  const lock = tryHubLock(path)
  expect(lock).toBeDefined()
  lock?.release()
})
