import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { localHost } from '../hosts/local.ts'
import { readLock, releaseLock, removeLock, takeLock } from './lock.ts'

const host = localHost('local')
let folder: string
let path: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'switchyard-lock-'))
  path = join(folder, 'lock.json')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const take = (run: string): Promise<void> => takeLock(host, path, { run, who: 'ada', nowMs: 0 })

/** A lock as a process wrote it that has ended since. */
async function lockOfTheDead(change: object = {}): Promise<void> {
  const child = spawn('sleep', ['60'], { stdio: 'ignore' })
  await new Promise((resolve) => child.once('spawn', resolve))
  await take('1')
  const held = JSON.parse(readFileSync(path, 'utf8')) as object
  const started = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[19]
  const gone = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await gone
  writeFileSync(path, JSON.stringify({ ...held, pid: child.pid, started, ...change }))
}

describe('the lock of an environment', () => {
  it("is one run's alone, until it is given back", async () => {
    await take('1')
    await take('1')
    await expect(take('2')).rejects.toMatchObject({ code: 'DEPLOY_LOCKED', data: { holder: expect.stringContaining('ada') } })
    await releaseLock(host, path, '2')
    await expect(take('2')).rejects.toMatchObject({ code: 'DEPLOY_LOCKED' })
    await releaseLock(host, path, '1')
    await take('2')
  })

  it('is broken only where its holder is dead', async () => {
    await lockOfTheDead()
    await take('2')
    expect(await readLock(host, path)).toMatchObject({ run: '2', pid: process.pid })
    await expect(removeLock(host, path)).rejects.toMatchObject({ code: 'DEPLOY_LOCK_ALIVE' })
    // The same number, given to another process since, is not the holder.
    writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, 'utf8')), started: '1' }))
    await take('3')
  })

  it('of another machine is left to a person', async () => {
    await lockOfTheDead({ machine: 'another' })
    await expect(take('2')).rejects.toMatchObject({ code: 'DEPLOY_LOCKED', next: expect.stringContaining('switchyard deploy unlock') })
    expect(await removeLock(host, path)).toMatchObject({ machine: 'another' })
    await take('2')
  })

  it('goes to one of many who break it at once', async () => {
    await lockOfTheDead()
    const answers = await Promise.allSettled(Array.from({ length: 8 }, (_, index) => take(`r${index}`)))
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(readdirSync(folder)).toEqual(['lock.json'])
  })
})
