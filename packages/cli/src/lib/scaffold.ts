import { existsSync, rmSync } from 'node:fs'
import { findPackageJSON } from 'node:module'
import { join, relative } from 'node:path'
import { CONFIG_FILE } from '@switchyard/yard/config'
import { withPlugin } from '@switchyard/yard/config-edit'
import { alreadyThere, badName, kitMissing, nameTaken } from './errors.ts'
import { changeFile, createFile, type Written } from './files.ts'
import { isOwnName } from './own-commands.ts'
import { pluginFiles } from './scaffold-files.ts'

interface Scaffold {
  /** Relative to the workspace. */
  readonly folder: string
  readonly written: readonly Written[]
  /** What to type next. */
  readonly next: readonly string[]
}

const NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/

/**
 * Writes a plugin that works and names it in the configuration. In a checkout of Switchyard it becomes a package like the
 * others, elsewhere a folder of its own.
 * @throws USAGE, ALREADY_THERE, NOT_WRITABLE, KIT_MISSING
 */
export function scaffoldPlugin(dir: string, name: string, otherPlugins: readonly string[]): Scaffold {
  if (!NAME.test(name) || name.length > 50) throw badName(name)
  if (isOwnName(name) || name === 'help' || otherPlugins.includes(name)) throw nameTaken(name)
  const inCheckout = existsSync(join(dir, 'packages/plugin-kit/package.json'))
  if (!inCheckout && !hasKit(dir)) throw kitMissing(dir)
  const folder = inCheckout ? `packages/${name}-plugin` : `${name}-plugin`
  if (existsSync(join(dir, folder))) throw alreadyThere(join(dir, folder))

  const files = pluginFiles(name, inCheckout)
  const written: Written[] = []
  try {
    for (const [path, text] of Object.entries(files)) written.push(createFile(join(dir, folder, path), text))
    written.push(changeFile(join(dir, CONFIG_FILE), (text = '{}\n') => withPlugin(text, `./${folder}/src/index.ts`)))
  } catch (error) {
    rmSync(join(dir, folder), { recursive: true, force: true })
    throw error
  }
  return {
    folder,
    written: written.map(({ path, did }) => ({ path: relative(dir, path), did })),
    next: [`npx vitest run ${folder}`, `npx switchyard ${name} hello --name Ada`, `npx switchyard "say hello to ada with ${name}"`],
  }
}

/** Whether what a plugin imports can be found from a folder. */
function hasKit(dir: string): boolean {
  try {
    return findPackageJSON('@switchyard/plugin-kit', join(dir, 'package.json')) !== undefined
  } catch {
    return false
  }
}
