import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { hostname } from 'node:os'
import { expect, it } from 'vitest'
import { hostIdentity, processExists } from './processes.ts'

it('processExists() knows a process that lives from one that has ended', async () => {
  const child = spawn(process.execPath, ['-e', ''])
  const { pid } = child
  expect(processExists(pid!)).toBe(true)
  await once(child, 'close')
  expect(processExists(pid!)).toBe(false)
})

it('hostIdentity() names the host, the same each time', () => {
  expect(hostIdentity()).toContain(hostname())
  expect(hostIdentity()).toBe(hostIdentity())
})
