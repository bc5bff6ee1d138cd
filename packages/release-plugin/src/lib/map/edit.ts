import { createHash } from 'node:crypto'
import { createTwoFilesPatch } from 'diff'
import { visible } from '../notes/visible.ts'
import type { FileEdit } from '../plan/release-plan.ts'
import { type Place, versionInRange } from './place.ts'
import type { Tree } from './tree.ts'

/** The new text of every file in which a place is to say another version; all else in it stays, to the byte. */
export function rewritePlaces(tree: Tree, places: readonly Place[], versionOf: (place: Place) => string | undefined): Map<string, string> {
  const byFile = Map.groupBy(places, ({ file }) => file)
  const texts = new Map<string, string>()
  for (const [file, inFile] of byFile) {
    const before = tree.text(file)
    if (before === undefined) continue
    let [after, at] = ['', 0]
    for (const place of inFile.toSorted((a, b) => a.start - b.start)) {
      const version = versionOf(place)
      // A range that is not simple is somebody's decision: it is checked, never rewritten.
      if (version === undefined || (place.range !== undefined && versionInRange(place.range) === undefined)) continue
      after += before.slice(at, place.start) + version
      at = place.end
    }
    after += before.slice(at)
    if (after !== before) texts.set(file, after)
  }
  return texts
}

/** One file as it is and as it will be. */
export function fileEdit(tree: Tree, path: string, after: string): FileEdit {
  const before = tree.bytes(path)
  const name = visible(path)
  const patch = createTwoFilesPatch(`a/${name}`, `b/${name}`, before?.toString('utf8') ?? '', after, undefined, undefined, { context: 2 })
  return {
    path,
    before: before === undefined ? null : createHash('sha256').update(before).digest('hex'),
    after,
    diff: patch.replace(/^=+\n/, ''),
  }
}
