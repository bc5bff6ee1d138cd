import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { systemCode } from '@switchyard/yard/config'
import { alreadyThere, cannotWrite } from './errors.ts'

/** What was done to a file. */
export interface Written {
  readonly path: string
  readonly did: 'created' | 'changed'
}

/** Writes a file that must not be there yet; a half-written one is taken away again. @throws ALREADY_THERE, NOT_WRITABLE */
export function createFile(path: string, text: string, mode?: number): Written {
  try {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text, { flag: 'wx', ...(mode !== undefined && { mode }) })
  } catch (error) {
    if (systemCode(error) === 'EEXIST') throw alreadyThere(path)
    if (systemCode(error) === 'ENOSPC') rmSync(path, { force: true })
    throw cannotWrite(path, error)
  }
  return { path, did: 'created' }
}

/** Changes a file's text, or makes the file; on a full disk the old text is still there. @throws NOT_WRITABLE */
export function changeFile(path: string, change: (text: string | undefined) => string): Written {
  const exists = existsSync(path)
  const draft = `${path}.${process.pid}.tmp`
  try {
    const text = change(exists ? readFileSync(path, 'utf8') : undefined)
    writeFileSync(draft, text, { flag: 'wx', ...(exists && { mode: statSync(path).mode }) })
    renameSync(draft, path)
  } catch (error) {
    rmSync(draft, { force: true })
    throw cannotWrite(path, error)
  }
  return { path, did: exists ? 'changed' : 'created' }
}
