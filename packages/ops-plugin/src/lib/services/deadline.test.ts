import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { createTestYard } from '@switchyard/testkit'
import { describe, expect, it } from 'vitest'
import { pause, withDeadline } from './deadline.ts'

const never = new AbortController().signal

describe('withDeadline()', () => {
  it('gives what ended in time, and passes failures on', async () => {
    await using kit = await createTestYard({ plugins: [] })
    const before = kit.clock.pending
    const around = { clock: kit.clock, signal: never }
    expect(await withDeadline(around, 10, async () => 7)).toEqual({ ended: 'in-time', value: 7 })
    await expect(withDeadline(around, 10, () => Promise.reject(new Error('no')))).rejects.toThrow('no')
    expect(kit.clock.pending).toBe(before)
  })

  it('leaves behind what ignores its signal, and aborts it', async () => {
    await using kit = await createTestYard({ plugins: [] })
    let given: AbortSignal | undefined
    const outcome = withDeadline({ clock: kit.clock, signal: never }, 10, (signal) => {
      given = signal
      return new Promise(() => {})
    })
    kit.clock.advance(10)
    expect(await outcome).toEqual({ ended: 'too-late' })
    expect(given?.aborted).toBe(true)
  })

  it('gives up with its caller', async () => {
    await using kit = await createTestYard({ plugins: [] })
    const controller = new AbortController()
    const outcome = withDeadline({ clock: kit.clock, signal: controller.signal }, 10, () => new Promise(() => {}))
    controller.abort(new Error('enough'))
    await expect(outcome).rejects.toThrow('enough')
  })
})

describe('pause()', () => {
  it('keeps the process alive, though the clock does not', async () => {
    const code = `
      import { pause } from ${JSON.stringify(new URL('deadline.ts', import.meta.url).href)}
      const after = (ms, ring) => { const timer = setTimeout(ring, ms).unref(); return () => clearTimeout(timer) }
      console.log(await pause({ after }, 5, new AbortController().signal))`
    const { stdout } = await promisify(execFile)(process.execPath, ['--conditions=@switchyard/source', '--input-type=module', '-e', code])
    expect(stdout).toBe('false\n')
  })

  it('ends at once with its signal', async () => {
    await using kit = await createTestYard({ plugins: [] })
    const controller = new AbortController()
    const before = kit.clock.pending
    const paused = pause(kit.clock, 1_000, controller.signal)
    controller.abort()
    expect([await paused, kit.clock.pending]).toEqual([true, before])
  })
})
