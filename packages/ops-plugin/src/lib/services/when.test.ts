import { describe, expect, it } from 'vitest'
import { parseDuration, parseWhen } from './when.ts'

const NOW = Date.UTC(2026, 10, 21, 12, 30)

describe('parseWhen()', () => {
  it('takes moments, durations ago and the words that people use', () => {
    const texts = [
      '2026-11-20T10:00:00Z',
      '2026-11-20 10:00',
      '2026-11-20T12:00:00+02:00',
      '2026-11-20',
      '90 min',
      '2h ago',
      'yesterday',
      'now',
    ]
    expect(texts.map((text) => new Date(parseWhen('since', text, NOW)).toISOString())).toEqual([
      '2026-11-20T10:00:00.000Z',
      '2026-11-20T10:00:00.000Z',
      '2026-11-20T10:00:00.000Z',
      '2026-11-20T00:00:00.000Z',
      '2026-11-21T11:00:00.000Z',
      '2026-11-21T10:30:00.000Z',
      '2026-11-20T00:00:00.000Z',
      '2026-11-21T12:30:00.000Z',
    ])
  })

  it.each(['', 'soon', '2026-13-45', '5 bananas', '-3h', '11/12/2026'])('refuses %j', (text) => {
    expect(() => parseWhen('since', text, NOW)).toThrow(expect.objectContaining({ code: 'TIME_INVALID' }))
  })
})

describe('parseDuration()', () => {
  it('knows the units', () => {
    expect(['10s', '15m', '1.5 hours', '2 days', '1w', 'x'].map(parseDuration)).toEqual([
      10_000,
      900_000,
      5_400_000,
      172_800_000,
      604_800_000,
      undefined,
    ])
  })
})
