import { realpathSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { outsideProject } from './errors.ts'

/** A path inside a folder, as an absolute one; neither `..` nor a link leads out of it. @throws OUTSIDE_PROJECT */
export function insideOf(root: string, path: string): string {
  const target = resolve(root, path)
  const realRoot = realpathSync(root)
  let existing = target
  let rest = ''
  for (;;) {
    try {
      const real = rest === '' ? realpathSync(existing) : join(realpathSync(existing), rest)
      const inside = relative(realRoot, real)
      if (inside === '' || inside === '..' || inside.startsWith('../') || resolve(realRoot, inside) !== real)
        throw outsideProject(path, root)
      return real
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || dirname(existing) === existing) throw error
      rest = rest === '' ? relative(dirname(existing), existing) : join(relative(dirname(existing), existing), rest)
      existing = dirname(existing)
    }
  }
}
