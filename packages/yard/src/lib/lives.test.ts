import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '@switchyard/contracts'
import { command, definePlugin } from '@switchyard/plugin-kit'
import { expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import { readLives } from './lives.ts'
import { openYard } from './open-yard.ts'

const NAMES = [
  { name: 'gate', commands: ['gate.open'] },
  { name: 'idle', commands: ['idle.wait'] },
]

const gate = definePlugin({
  name: 'gate',
  version: '1.0.0',
  summary: 'Opens the gate',
  guard: { breaker: { failures: 2 }, retry: { maxRetries: 0 } },
  commands: {
    open: command({
      summary: 'Open the gate',
      examples: ['open the gate'],
      effect: 'read',
      input: z.object({ stuck: z.boolean().default(false) }),
      output: z.object({}),
      run({ stuck }) {
        if (stuck) throw new Error('it is stuck')
        return {}
      },
    }),
  },
})

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'switchyard-lives-'))
  onTestFinished(() => rmSync(dir, { recursive: true }))
  return dir
}

it('readLives() tells how plugins are by their runs and breakers, with none of them loaded', async () => {
  const dir = folder()
  expect(readLives(dir, NAMES)).toBeUndefined()
  {
    await using yard = await openYard(dir, { plugins: [gate] })
    await yard.call('gate.open', {})
    for (let run = 0; run < 2; run++) await expect(yard.call('gate.open', { stuck: true })).rejects.toThrow()
  }
  const lives = readLives(dir, NAMES)!
  expect(lives.get('gate')).toMatchObject({
    health: { state: 'down', reason: 'its breaker is open' },
    figures: { runs: 3, failures: 2 },
    processes: [],
  })
  expect(lives.get('idle')).toMatchObject({ health: { state: 'ready' }, figures: { runs: 0, success: 0.9 } })
  // What is open lets a call through again once its time is over, whoever looks.
  const later = { ...systemClock, now: () => Date.now() + 86_400_000 }
  expect(readLives(dir, NAMES, later)?.get('gate')?.health).toMatchObject({ state: 'degraded', sign: 'breaker' })
})

it('readLives() says nothing where the store cannot be read, as the list is wanted then too', () => {
  const dir = folder()
  mkdirSync(join(dir, '.switchyard'))
  writeFileSync(join(dir, '.switchyard/yard.db'), 'no database '.repeat(1_000))
  expect(readLives(dir, NAMES)).toBeUndefined()
})
