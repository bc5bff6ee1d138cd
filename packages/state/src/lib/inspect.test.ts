import { crdt } from '@switchyard/plugin-kit'
import { describe, expect, it } from 'vitest'
import { applyUpdate, encodeStateAsUpdate, encodeStateVector } from 'yjs'
import { z } from 'zod'
import { FIRST_EPOCH, SEQUENCES, StateDocument } from './document.ts'
import { inspectUpdate } from './inspect.ts'

const fields = { sizes: crdt.list(z.number()), names: crdt.list(z.string()), notes: crdt.text() }

/** A document of the sender's, and what the receiver has of it. */
function createPair() {
  const theirs = new StateDocument(SEQUENCES, FIRST_EPOCH)
  const ours = new StateDocument(SEQUENCES, FIRST_EPOCH)
  return {
    theirs,
    ours,
    share: () => applyUpdate(ours.doc, encodeStateAsUpdate(theirs.doc)),
    inspect: () => inspectUpdate(encodeStateAsUpdate(theirs.doc, encodeStateVector(ours.doc)), ours, fields),
  }
}

describe('inspectUpdate() of lists and texts', () => {
  it('[S4] takes what fits the list that it is in', () => {
    const { theirs, inspect, share } = createPair()
    theirs.list('sizes').push([1, 2])
    theirs.list('names').push(['a'])
    theirs.text('notes').insert(0, 'fine')
    expect(inspect()).toBeUndefined()
    share()
    theirs.list('sizes').insert(1, [3])
    theirs.list('names').insert(0, ['b'])
    theirs.text('notes').insert(2, 'x')
    theirs.list('names').delete(1)
    expect(inspect()).toBeUndefined()
  })

  it.each<[string, (document: StateDocument) => void]>([
    ['at the end', (theirs) => theirs.list('sizes').push(['text'])],
    ['at the start', (theirs) => theirs.list('sizes').insert(0, ['text'])],
    ['in between', (theirs) => theirs.list('sizes').insert(1, ['text'])],
    [
      'behind what was removed',
      (theirs) => {
        theirs.list('sizes').push([3])
        theirs.list('sizes').insert(3, ['text'])
        theirs.list('sizes').delete(2)
      },
    ],
  ])('[S4] refuses what fits another list only: %s', (_, change) => {
    const fresh = createPair()
    const known = createPair()
    for (const { theirs } of [fresh, known]) theirs.list('sizes').insert(0, [1, 2])
    known.share()
    for (const { theirs, inspect } of [fresh, known]) {
      change(theirs)
      expect(inspect()).toMatch(/does not fit the field "(sizes|notes)"/)
    }
  })

  it('[S4] refuses values in a text and letters in a list', () => {
    const [values, letters] = [createPair(), createPair()]
    values.theirs.list('notes').push([5])
    letters.theirs.text('names').insert(0, 'text')
    expect(values.inspect()).toBe('a value does not fit the field "notes"')
    expect(letters.inspect()).toBe('a value does not fit the field "names"')
  })

  it('[S4] finds the list of what follows many others, each the neighbour of the one before', () => {
    const { theirs, inspect } = createPair()
    for (let n = 0; n < 20_000; n++) theirs.list('sizes').insert(0, [n])
    expect(inspect()).toBeUndefined()
    theirs.list('sizes').insert(0, ['text'])
    expect(inspect()).toMatch(/"sizes"/)
  })
})
