import type { View } from './features.ts'
import { isMask } from './masks.ts'
import { NUMBER_WORD } from './tokens.ts'

/** A view as people call what it looks at. */
export const VIEW_NAMES: Readonly<Record<View, string>> = {
  words: 'words',
  letters: 'letters',
  pairs: 'words together',
  meaning: 'meaning',
  act: 'what is asked',
  match: 'the command’s own words',
}

const MOODS: Readonly<Record<string, readonly [alone: string, about: (what: string) => string]>> = {
  ask: ['a question', (what) => `a question about ${what}`],
  look: ['to be shown something', (what) => `to be shown something about ${what}`],
  do: ['an order', (what) => `an order about ${what}`],
  say: ['no verb', (what) => `${what}, without a verb`],
}

/** A word as the model reads it, in words for people. */
export function tellWord(word: string): string {
  if (word === NUMBER_WORD) return 'a number'
  if (!isMask(word)) return word
  const slot = word.slice(1, -1)
  return `${/^[aeiou]/.test(slot) ? 'an' : 'a'} ${slot}`
}

/** A feature's label in words for people; `written` gives the word of a stem. */
export function tellFeature(view: View, label: string, written: (stemmed: string) => string): string {
  if (view === 'words') return tellWords(label, written)
  if (view === 'letters') return `${label.startsWith('_') ? '' : '…'}${label.replaceAll('_', '')}${label.endsWith('_') ? '' : '…'}`
  if (view === 'pairs') return label.split(' + ').map(written).join(' … ')
  if (view === 'meaning') return tellMeaning(label, written)
  return view === 'act' ? tellAct(label, written) : written(label)
}

function tellWords(label: string, written: (stemmed: string) => string): string {
  const [before = '', here] = label.split(' ')
  if (here === undefined) return written(before)
  if (before === '^') return `${written(here)} at the beginning`
  return here === '$' ? `${written(before)} at the end` : `${written(before)} ${written(here)}`
}

function tellMeaning(label: string, written: (stemmed: string) => string): string {
  const [group = '', near] = label.slice(1).split(' + ')
  return `another word for ${group}${near === undefined ? '' : ` near ${written(near)}`}`
}

function tellAct(label: string, written: (stemmed: string) => string): string {
  const [what = '', stemmed] = label.slice(1).split(' ')
  if (label.startsWith('.')) return `also to ${what}`
  if (label.startsWith('!')) return `to ${written(what)}${stemmed === undefined ? '' : ` ${written(stemmed)}`}`
  const [alone, about] = MOODS[what]!
  return stemmed === undefined ? alone : about(written(stemmed))
}
