import { describe, expect, test } from 'vitest'
import { paraphrasesOf } from './paraphrases.ts'
import { route } from './route.ts'
import { trainRouter } from './train.ts'

describe('paraphrasesOf()', () => {
  test('says the verb and the noun of an id in other words', () => {
    expect(paraphrasesOf('ops.issue.close')).toEqual(
      expect.arrayContaining(['close issue', 'resolve bug', 'finish ticket', 'mark the issue as done']),
    )
    expect(paraphrasesOf('release.cut')).toContain('ship release')
    expect(paraphrasesOf('change_speed')).toEqual([])
    expect(paraphrasesOf('garden.flower.dance')).toEqual([])
  })

  test('lets commands without examples be told apart', () => {
    const model = trainRouter(
      ['close', 'reopen', 'delete', 'list'].map((verb) => ({ id: `ops.issue.${verb}`, summary: `${verb} issues`, examples: [] })),
    )
    const first = (text: string): string | undefined => route(model, text).ranked[0]?.id
    expect(first('resolve the ticket')).toBe('ops.issue.close')
    expect(first('get rid of that bug')).toBe('ops.issue.delete')
    expect(first('show all problems')).toBe('ops.issue.list')
  })
})
