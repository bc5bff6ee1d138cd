import { readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** Removes all but the newest files of a folder, so that what is kept for later does not grow for ever. */
export function keepNewest(folder: string, count: number): void {
  const names = readdirSync(folder)
  if (names.length <= count) return
  const dated = names.map((name) => ({ name, ms: statSync(join(folder, name), { throwIfNoEntry: false })?.mtimeMs ?? 0 }))
  for (const { name } of dated.sort((a, b) => b.ms - a.ms).slice(count)) rmSync(join(folder, name), { force: true })
}
