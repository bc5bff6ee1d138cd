import { lstatSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { BUILT_IN } from './built-in.ts'
import { runbookUnknown } from './errors.ts'
import { parseRunbook, type Runbook } from './markdown.ts'

const FOLDERS = ['runbooks', 'docs/runbooks', '.github/runbooks'] as const
const FILES = ['RUNBOOK.md', 'docs/RUNBOOK.md'] as const
const MAX_BYTES = 1024 * 1024

export interface RunbookFile {
  readonly name: string
  /** Relative to the project. */
  readonly file: string
  readonly runbook: Runbook
}

/** The Markdown runbooks of a project, by name; links are not followed. */
export function runbookFiles(root: string): RunbookFile[] {
  const paths = FILES.map((path): string => path)
  for (const folder of FOLDERS) {
    for (const entry of entriesOf(join(root, folder)))
      if (/\.md$/i.test(entry) && !/^readme\.md$/i.test(entry)) paths.push(`${folder}/${entry}`)
  }
  return paths.flatMap((file) => {
    const text = textOf(join(root, file))
    return text === undefined ? [] : [{ name: basename(file).replace(/\.md$/i, '').toLowerCase(), file, runbook: parseRunbook(text, file) }]
  })
}

/** By name or by path. @throws RUNBOOK_UNKNOWN */
export function findRunbook(root: string | null, name: string): RunbookFile {
  const files = root === null ? [] : runbookFiles(root)
  const wanted = name.replace(/^\.\//, '')
  const found = files.find(({ file }) => file === wanted) ?? files.find((one) => one.name === wanted.toLowerCase())
  if (found === undefined) throw runbookUnknown(name, [...Object.keys(BUILT_IN), ...files.map((one) => one.name)])
  return found
}

function entriesOf(folder: string): string[] {
  try {
    if (!lstatSync(folder).isDirectory()) return []
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name }) => name)
      .sort()
  } catch {
    return []
  }
}

function textOf(path: string): string | undefined {
  try {
    const found = lstatSync(path)
    return found.isFile() && found.size <= MAX_BYTES ? readFileSync(path, 'utf8') : undefined
  } catch {
    return undefined
  }
}
