import { definePlugin } from '@switchyard/plugin-kit'
import { openYard } from '@switchyard/yard'
import { describe, expect, it } from 'vitest'
import { examine } from './examine.ts'
import type { Host } from './host.ts'
import { openSession } from './open-session.ts'

const dir = import.meta.dirname
const one = (name: string) => definePlugin({ name, version: '1.0.0', summary: 'Does nothing', commands: {} })
const { session } = openSession(
  { env: {}, platform: 'linux', homeDir: dir } as unknown as Host,
  { word: undefined, json: false, dir },
  new AbortController().signal,
)

describe('examine()', () => {
  it('warns of a plugin whose commands cannot be typed', async () => {
    const hidden = one('plans')
    await using yard = await openYard(dir, { plugins: [hidden], memory: true })
    const findings = await examine({ ...session, dir, plugins: async () => [hidden], yard: async () => yard })
    expect(findings).toContainEqual(expect.objectContaining({ check: 'plugin names', state: 'warning' }))
    expect(findings.at(-1)).toMatchObject({ check: 'plugins', state: 'ok' })
  })

  it('says why the workspace cannot be opened', async () => {
    const full = () => Promise.reject(new Error('no room'))
    const findings = await examine({ ...session, dir, plugins: async () => [], openYard: full })
    expect(findings.at(-1)).toEqual({ check: 'store', state: 'failed', found: 'no room' })
    const twins = [one('a'), one('a')]
    const opened = openYard(dir, { plugins: twins, memory: true })
    const [twice] = (await examine({ ...session, dir, plugins: async () => twins, openYard: () => opened })).slice(-1)
    expect(twice).toMatchObject({ check: 'plugins', state: 'failed', found: expect.stringContaining('"a" is there twice') })
  })
})
