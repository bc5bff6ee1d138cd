import { describe, expect, it } from 'vitest'
import { createFakeClock } from '../testing.ts'

describe('createFakeClock()', () => {
  it('runs what is due in order of time, each at its own time, also what is added on the way', () => {
    const clock = createFakeClock(1_000)
    const ran: [string, number][] = []
    const note = (name: string) => ran.push([name, clock.now()])
    clock.after(30, () => note('c'))
    clock.after(10, () => {
      note('a')
      clock.after(5, () => note('b'))
    })
    clock.after(31, () => note('late'))
    clock.advance(30)
    expect(ran).toEqual([
      ['a', 1_010],
      ['b', 1_015],
      ['c', 1_030],
    ])
    expect(clock.pending).toBe(1)
  })

  it('does not run what was cancelled', () => {
    const clock = createFakeClock()
    let ran = false
    const cancel = clock.after(10, () => {
      ran = true
    })
    cancel()
    clock.advance(20)
    expect(ran).toBe(false)
  })

  it('steps the wall clock without moving time', () => {
    const clock = createFakeClock(1_000)
    clock.jump(-500)
    expect(clock.now()).toBe(500)
    expect(clock.monotonicMs()).toBe(0)
  })
})
