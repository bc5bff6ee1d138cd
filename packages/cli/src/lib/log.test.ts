import { describe, expect, it } from 'vitest'
import { createLog } from './log.ts'

function lines(level: Parameters<typeof createLog>[0]): string[] {
  const written: string[] = []
  const log = createLog(level, (text) => written.push(typeof text === 'string' ? text : text({ columns: 80, color: false })))('ops')
  log.debug('looked', { file: 'a' })
  log.info('found')
  log.warn('odd\u001b[2J', { token: 'abc123', count: 2 })
  log.error('broken')
  return written
}

describe('createLog()', () => {
  it('writes from its level on, with the plugin’s name', () => {
    expect(lines('debug')).toHaveLength(4)
    expect(lines('error')).toEqual(['error ops: broken'])
    expect(lines('silent')).toEqual([])
  })

  it('keeps secrets and what steers a terminal out', () => {
    const [warning] = lines('warn')
    expect(warning).toMatch(/^warn {2}ops: odd \{"token":"[^"]*","count":2\}$/)
    expect(warning).not.toContain('abc123')
  })
})
