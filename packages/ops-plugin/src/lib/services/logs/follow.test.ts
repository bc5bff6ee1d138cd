import { appendFileSync, mkdtempSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTestYard, type TestYard } from '@switchyard/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { followFile } from './follow.ts'

let kit: TestYard
let dir: string
beforeEach(async () => {
  kit = await createTestYard({ plugins: [] })
  dir = mkdtempSync(join(tmpdir(), 'ops-follow-'))
})
afterEach(async () => {
  rmSync(dir, { recursive: true, force: true })
  await kit[Symbol.asyncDispose]()
})

/** Follows a file; `next` resolves with the next line. */
async function following(path: string) {
  const controller = new AbortController()
  const lines: string[] = []
  const waiting: ((line: string) => void)[] = []
  const ready = Promise.withResolvers<void>()
  const onLine = (line: string): void => {
    const first = waiting.shift()
    if (first === undefined) lines.push(line)
    else first(line)
  }
  const ended = followFile(path, { clock: kit.clock, signal: controller.signal, onLine, onReady: ready.resolve })
  await ready.promise
  const next = (): Promise<string> => {
    const line = lines.shift()
    return line === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(line)
  }
  const stop = (): Promise<void> => {
    controller.abort()
    return ended
  }
  return { next, lines, stop }
}

describe('followFile()', () => {
  it('hands over what is added, whole lines only, and nothing that was there before', async () => {
    const path = join(dir, 'app.log')
    writeFileSync(path, 'old\n')
    const { next, lines, stop } = await following(path)
    appendFileSync(path, 'one\ntw')
    expect(await next()).toBe('one')
    appendFileSync(path, 'o\nthree\n')
    expect([await next(), await next()]).toEqual(['two', 'three'])
    await stop()
    expect(lines).toEqual([])
  })

  it('reads a renamed file to its end before the one that takes its place', async () => {
    const path = join(dir, 'app.log')
    writeFileSync(path, '')
    const { next, stop } = await following(path)
    renameSync(path, `${path}.1`)
    appendFileSync(`${path}.1`, 'last of the old\n')
    writeFileSync(path, 'first of the new\n')
    expect([await next(), await next()]).toEqual(['last of the old', 'first of the new'])
    appendFileSync(path, 'second\n')
    expect(await next()).toBe('second')
    await stop()
  })

  it('begins anew with a file that was cut', async () => {
    const path = join(dir, 'app.log')
    writeFileSync(path, 'a long line that was there\n')
    const { next, stop } = await following(path)
    truncateSync(path, 0)
    appendFileSync(path, 'new\n')
    expect(await next()).toBe('new')
    await stop()
  })

  it('waits for a file that is not there yet', async () => {
    const path = join(dir, 'app.log')
    const { next, stop } = await following(path)
    writeFileSync(path, 'hello\n')
    expect(await next()).toBe('hello')
    await stop()
  })
})
