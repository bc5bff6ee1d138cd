import { printable } from '@switchyard/plugin-kit'
import type { FileState, Outcome } from './generated.ts'
import { table } from './table.ts'

const WORDS: Readonly<Record<FileState, string>> = {
  created: 'new',
  unchanged: 'as it was',
  updated: 'updated',
  merged: 'updated, with your edits in it',
  yours: 'yours: left as it is',
  conflict: 'conflict',
}

/** What became of each file, for people. */
export const settledText = (outcomes: readonly Outcome[]): string =>
  table(
    ['File', 'Now'],
    outcomes.map(({ path, state }) => [path, WORDS[state]]),
  )

/** What a plan warns of: files of others that stay, and edits that meet. Lines are named, never shown. */
export function settledWarnings(outcomes: readonly Outcome[]): string[] {
  return outcomes.flatMap(({ path, state, conflicts, reason }) => {
    if (state === 'yours') return [`${printable(path)} is somebody's own and stays: --conflicts generated would write over it`]
    if (state !== 'conflict') return []
    const where = conflicts.map(({ line }) => `line ${line}`).join(', ')
    return [
      `${printable(path)} was changed on both sides (${where === '' ? (reason ?? 'everywhere') : where}): choose --conflicts mine or --conflicts generated`,
    ]
  })
}
