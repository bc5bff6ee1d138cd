import { type PlanStep, printable } from '@switchyard/plugin-kit'
import { count, table } from '../files/table.ts'
import type { Written } from './create.ts'
import type { LeakSearch } from './leaks.ts'
import { indented } from './list.ts'

export { count }

/** What a search of the history came to; no value is in it. */
export function renderLeaks({ leaks: listed, found, secrets, commits, envFiles }: LeakSearch): string {
  const looked = `${count(commits, 'commit')} looked through`
  if (found === 0 && envFiles.length === 0) return `No secret was found. ${looked}.`
  const rows = listed.map(({ commit, file, line, kind, secret }) => [String(secret), commit.slice(0, 10), kind, `${file}:${line}`])
  const blocks = rows.length === 0 ? [] : [table(['Secret', 'Commit', 'Kind', 'Place'], rows)]
  if (envFiles.length > 0) blocks.push(`Env files that were committed\n${indented(printableLines(envFiles.join('\n')))}`)
  blocks.push(`${count(secrets, 'secret')} in ${count(found, 'place')}, ${looked}. Change each secret first, then clean the history.`)
  return blocks.join('\n\n')
}

/** Secret files show no diff: only which names come to them. */
export function stepsOf({ changes, files }: Written): PlanStep[] {
  return changes.map(({ path, before }) => {
    const added = files.find(({ file }) => file === path)?.added
    return {
      does: before === undefined ? 'create' : 'change',
      target: path,
      ...(added !== undefined && { detail: added.map((name) => `+${name}`).join('\n') }),
    }
  })
}

/** Which variables came to which file, and what is left to do. */
export function renderWritten(files: Written['files']): string {
  if (files.every(({ added }) => added.length === 0)) return 'Nothing was missing.'
  return files
    .filter(({ added }) => added.length > 0)
    .map(({ file, added, toFill }) => {
      const open = toFill.length === 0 ? '' : `\n${indented(`Still to fill in: ${toFill.join(', ')}`)}`
      return `${file}: ${count(added.length, 'variable')} added${open}`
    })
    .map(printableLines)
    .join('\n')
}

/** The same, with what the schema does not know. */
export const renderSynced = (files: Written['files'], extra: readonly { file: string; names: readonly string[] }[]): string =>
  [renderWritten(files), ...extra.map(({ file, names }) => printableLines(`Not in the schema, in ${file}: ${names.join(', ')}`))].join(
    '\n\n',
  )

const printableLines = (text: string): string => text.split('\n').map(printable).join('\n')
