import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { checkSocket, hubSocketPath, openHubPlace } from './hub-place.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'place-'))
})
afterEach(() => rmSync(root, { recursive: true }))

const modeOf = (path: string): number => statSync(path).mode & 0o777
const untrusted = expect.objectContaining({ code: 'HUB_UNTRUSTED', retryable: false })

it('openHubPlace() makes folder and token for this user alone, once', () => {
  const folder = join(root, 'deep', '.switchyard')
  const place = openHubPlace(folder)
  expect([modeOf(folder), modeOf(join(folder, 'hub.token'))]).toEqual([0o700, 0o600])
  expect(place.token).toHaveLength(32)
  expect(openHubPlace(folder)).toEqual(place)
  expect(place.socketPath).toBe(join(folder, 'hub.sock'))
})

it('openHubPlace() closes a folder that others may read', () => {
  chmodSync(root, 0o755)
  openHubPlace(root)
  expect(modeOf(root)).toBe(0o700)
})

it('openHubPlace() refuses a token that others may read or that is too short', () => {
  writeFileSync(join(root, 'hub.token'), Buffer.alloc(32), { mode: 0o644 })
  expect(() => openHubPlace(root)).toThrow(untrusted)
  chmodSync(join(root, 'hub.token'), 0o600)
  expect(openHubPlace(root).token).toEqual(Buffer.alloc(32))
  writeFileSync(join(root, 'hub.token'), 'short')
  expect(() => openHubPlace(root)).toThrow(untrusted)
  expect(readFileSync(join(root, 'hub.token'), 'utf8')).toBe('short')
})

it('openHubPlace() finds the same socket through a symbolic link', () => {
  const folder = join(root, 'real')
  mkdirSync(folder)
  symlinkSync(folder, join(root, 'alias'))
  expect(openHubPlace(join(root, 'alias')).socketPath).toBe(openHubPlace(folder).socketPath)
})

it('hubSocketPath() goes where a short path fits, alike in every process, when the folder is too long for a socket', () => {
  const folder = join(root, 'x'.repeat(60), 'y'.repeat(60))
  mkdirSync(folder, { recursive: true })
  const path = hubSocketPath(folder)
  expect(path).toBe(hubSocketPath(folder))
  expect(path).not.toBe(hubSocketPath(`${folder}z`))
  expect(Buffer.byteLength(path)).toBeLessThan(104)
  expect(modeOf(join(path, '..'))).toBe(0o700)
})

it('hubSocketPath() is a named pipe on Windows', () => {
  expect(hubSocketPath(root, 'win32')).toMatch(/^\\\\\.\\pipe\\switchyard-[0-9a-f]{32}$/)
})

it('checkSocket() refuses what is no socket and says when nothing is there', () => {
  const path = join(root, 'hub.sock')
  expect(checkSocket(path)).toBe(false)
  writeFileSync(path, '')
  expect(() => checkSocket(path)).toThrow(untrusted)
})
