import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A workspace's data folder: never committed, mode 0700. */
export const DATA_FOLDER = '.switchyard'

/** Makes git pass over the data folder, also where the project's own .gitignore does not name it. */
export function keepFromGit(dataRoot: string): void {
  try {
    writeFileSync(join(dataRoot, '.gitignore'), '*\n', { flag: 'wx', mode: 0o600 })
  } catch {
    // It is there already; or it cannot be written, which is no reason not to open.
  }
}
