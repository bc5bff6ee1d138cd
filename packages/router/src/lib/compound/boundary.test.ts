import { describe, expect, it } from 'vitest'
import { boundaryOdds, type Judgement, type Seam } from './boundary.ts'

const judged = (id: string, confidence = 0.99, others: readonly string[] = []): Judgement => ({ id, scope: confidence, confidence, others })
const seam = (more: Partial<Seam>): Seam => ({
  left: 'copy the disk',
  right: 'wipe the cache',
  between: '',
  isOption: false,
  isField: false,
  link: 'and',
  isConditional: false,
  namesAnother: () => false,
  before: judged('disk.copy'),
  behind: judged('cache.wipe'),
  together: () => judged('disk.copy', 0.6),
  ...more,
})

const isApart = (seam: Seam): boolean => boundaryOdds(seam) > 0

describe('boundaryOdds()', () => {
  it('takes apart two likely requests, and not where one of them is none', () => {
    expect(isApart(seam({}))).toBe(true)
    expect(isApart(seam({ behind: judged('cache.wipe', 0.1) }))).toBe(false)
    expect(isApart(seam({ before: judged('disk.copy', 0.1) }))).toBe(false)
  })

  it('counts half that a side asks for something, where it is open for what', () => {
    const open: Judgement = { id: 'cache.wipe', scope: 1, confidence: 0.1, others: ['cache.trim'] }
    expect(isApart(seam({ link: 'then', behind: open }))).toBe(true)
    expect(isApart(seam({ link: 'then', behind: { ...open, scope: 0.1 } }))).toBe(false)
  })

  it('keeps a list of things together, unless what is done to them follows in order', () => {
    expect(isApart(seam({ right: 'cache' }))).toBe(false)
    expect(isApart(seam({ right: 'a cache check', link: 'then' }))).toBe(true)
  })

  it('keeps together what asks one command for one thing, and takes apart what asks it for two', () => {
    const same = { right: 'clone it', behind: judged('disk.copy'), together: () => judged('disk.copy') }
    expect(isApart(seam(same))).toBe(false)
    expect(isApart(seam({ ...same, namesAnother: () => true }))).toBe(true)
    expect(isApart(seam({ ...same, right: 'copy the other one' }))).toBe(true)
  })

  it('asks what both are as one only where that decides', () => {
    const unasked = (): Judgement => {
      throw new Error('asked')
    }
    expect(isApart(seam({ link: 'then', isConditional: true, together: unasked }))).toBe(true)
    expect(isApart(seam({ right: 'cache', behind: judged('cache.wipe', 0.1), together: unasked }))).toBe(false)
  })
})
