import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { CONFIG_FILE } from '@switchyard/yard/config'
import { commentedConfig } from '@switchyard/yard/config-edit'
import { alreadyThere } from './errors.ts'
import { changeFile, createFile, type Written } from './files.ts'

const IGNORED = '.switchyard/'

/** Writes a configuration that says what can be set, and keeps git from seeing the data folder. @throws ALREADY_THERE */
export function initWorkspace(dir: string): readonly Written[] {
  const config = join(dir, CONFIG_FILE)
  if (existsSync(config)) throw alreadyThere(config)
  const written = [createFile(config, commentedConfig())]
  if (isInRepository(dir)) {
    const ignore = join(dir, '.gitignore')
    const text = existsSync(ignore) ? readFileSync(ignore, 'utf8') : ''
    const named = text.split(/\r?\n/).some((line) => /^\/?\.switchyard\/?$/.test(line.trim()))
    if (!named) written.push(changeFile(ignore, () => `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}${IGNORED}\n`))
  }
  return written
}

function isInRepository(dir: string): boolean {
  for (let at = dir; ; at = dirname(at)) {
    if (existsSync(join(at, '.git'))) return true
    if (at === dirname(at)) return false
  }
}
