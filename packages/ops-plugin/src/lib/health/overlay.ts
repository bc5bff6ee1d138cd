import { posix } from 'node:path'
import type { Edit } from './fix.ts'
import { createIgnoreRules } from './ignore.ts'
import type { Snapshot } from './snapshot.ts'

/** The project as it would be with the edits made. */
export function overlay(base: Snapshot, edits: readonly Edit[]): Snapshot {
  const changed = new Map(edits.map((edit) => [edit.path, edit]))
  const files = new Map(base.files)
  for (const { path, text, executable } of edits) {
    if (text === undefined) files.delete(path)
    else files.set(path, { path, bytes: Buffer.byteLength(text), executable: executable ?? base.files.get(path)?.executable ?? false })
  }
  const sorted = new Map([...files].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
  const folders = new Set<string>()
  for (const path of sorted.keys()) {
    for (let folder = posix.dirname(path); folder !== '.' && !folders.has(folder); folder = posix.dirname(folder)) folders.add(folder)
  }
  const clean = (path: string): string => posix.normalize(path).replace(/^\.\/|\/$/g, '')
  return {
    ...base,
    files: sorted,
    has: (path) => (changed.has(clean(path)) ? sorted.has(clean(path)) : base.has(path)),
    hasFolder(path) {
      const isEmptied =
        base.files.size > 0 && [...changed.values()].some(({ path: at, text }) => text === undefined && at.startsWith(`${clean(path)}/`))
      return folders.has(clean(path)) || (!isEmptied && base.hasFolder(path))
    },
    ignores: (path) => !changed.has(clean(path)) && ignoredBy(base, changed, path),
    text: (path) => (changed.has(clean(path)) ? changed.get(clean(path))?.text : base.text(path)),
    async inspect(visit, signal) {
      const left = await base.inspect((file) => {
        if (!changed.has(file.path)) visit(file)
      }, signal)
      for (const { path, text } of edits) {
        if (text !== undefined) visit({ path, text, executable: sorted.get(path)?.executable ?? false, isUtf8: true })
      }
      return left.filter(({ path }) => !changed.has(path))
    },
  }
}

/** A changed .gitignore at the root counts with its new rules; deeper ones are not changed by any fix. */
function ignoredBy(base: Snapshot, changed: ReadonlyMap<string, Edit>, path: string): boolean {
  const text = changed.get('.gitignore')?.text
  if (text === undefined) return base.ignores(path)
  const rules = createIgnoreRules()
  rules.add('', text)
  return base.ignores(path) || rules.ignores(path)
}
