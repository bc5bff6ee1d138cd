import { expect, test } from 'vitest'
import { visitAct } from './act.ts'
import { stem } from './stem.ts'

function seenIn(text: string): readonly string[] {
  const words = text.split(' ').filter((word) => word !== '')
  const seen: string[] = []
  visitAct(words, words.map(stem), (...pieces) => seen.push(pieces.join('')))
  return seen
}

test.each([
  ['please drop issue 7', '?do', '!remove'],
  ['can you annul the release', '?do', '!undo'],
  ['show issue 7', '?look', '!look'],
  ['is issue 7 closed', '?ask', '.close'],
  ['issue 7', '?say', '?say issu'],
])('visitAct() tells how "%s" is put, and what kind of thing it asks for', (text, mood, kind) => {
  expect(seenIn(text)).toEqual(expect.arrayContaining([mood, kind]))
})

test('visitAct() sees two verbs of a kind alike, and each beside what it is done to', () => {
  expect(seenIn('delete the branch')).toEqual(seenIn('scrap the branch'))
  expect(seenIn('delete the branch')).toContain(`!remove ${stem('branch')}`)
})

test('visitAct() reads a request without words, and one of politeness alone', () => {
  expect(seenIn('')).toEqual([])
  expect(seenIn('please')).toContain('?say')
})
