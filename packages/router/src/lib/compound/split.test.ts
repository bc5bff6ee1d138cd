import { describe, expect, it } from 'vitest'
import { type Judges, splitRequest } from './split.ts'

/** Takes the first word of any piece for its command, and is as sure of one as of another. */
const judges = (more: Partial<Judges> = {}): Judges => ({
  judge: (text) => ({ id: text.split(' ')[0], scope: 0.99, confidence: 0.99, others: [] }),
  isOption: () => false,
  isField: () => false,
  tells: () => false,
  namesAnother: () => false,
  ...more,
})
const read = (text: string, more?: Partial<Judges>): string[] => splitRequest(text, judges(more)).parts.map((part) => part.text)

describe('splitRequest()', () => {
  it('makes a part of each piece that asks for something of its own', () => {
    expect(read('copy the disk, then wipe the cache')).toEqual(['copy the disk', 'wipe the cache'])
    expect(read('copy the disk')).toEqual(['copy the disk'])
  })

  it('leaves an option with its command, and the condition that the option has', () => {
    const isOption: Judges['isOption'] = (text, command) => command === 'copy' && text.startsWith('check')
    expect(read('copy the disk and check it if it fails', { isOption })).toEqual(['copy the disk and check it if it fails'])
    expect(read('copy the disk and check it if it fails')).toEqual(['copy the disk', 'check it'])
    // What is said to follow is done by itself.
    expect(read('copy the disk and then check it', { isOption })).toEqual(['copy the disk', 'check it'])
  })

  it('joins what is the matter to what is to be done about it', () =>
    expect(read('the disk is full: copy it, then wipe the cache')).toEqual(['the disk is full: copy it', 'wipe the cache']))

  it('looks first for what nothing before a condition tells', () => {
    const request = 'if the disk is ready, copy the logs'
    expect(read(request, { tells: (_, command) => command === 'the' })).toEqual(['the disk is ready', 'copy the logs'])
    expect(read(request)).toEqual([request])
    expect(read('if it is ready, copy the logs', { tells: () => true })).toEqual(['if it is ready, copy the logs'])
  })

  it('says where it is open whether something of its own begins', () => {
    const unclear = (text: string, confidence: number): readonly string[] =>
      splitRequest(text, judges({ judge: (piece) => ({ id: piece.split(' ')[0], scope: confidence, confidence, others: [] }) })).unclear
    expect(unclear('copy the disk, then wipe the cache', 0.99)).toEqual([])
    expect(unclear('copy the disk and wipe the cache', 0.7)).toEqual(['wipe the cache'])
    expect(unclear('copy the disk', 0.3)).toEqual([])
  })

  it('keeps apart what is not to be done', () => {
    const { parts, refused } = splitRequest('copy the disk but do not wipe the cache', judges())
    expect([parts, refused].map((all) => all.map((part) => part.text))).toEqual([['copy the disk'], ['do not wipe the cache']])
  })
})
