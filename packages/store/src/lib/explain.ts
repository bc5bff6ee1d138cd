import { statfsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { listBackups } from './backup.ts'
import { isBusy, isSqliteError } from './busy.ts'
import { storeBusy, storeDamaged, storeFull, storeOnReadonlyDisk, storeReadonly, storeUnreachable } from './errors.ts'

/** SQLite's result codes, https://sqlite.org/rescode.html, by the low byte. */
const PERM = 3
const READONLY = 8
const IOERR = 10
const CORRUPT = 11
const FULL = 13
const CANTOPEN = 14
const FORMAT = 24
const NOTADB = 26

/** SQLite grows its shared memory a step of this size at a time, and calls it an input/output error when that fails. */
const LEAST_FREE_BYTES = 64 * 1024

/** An error of SQLite or the file system as one of ours, where the store or its disk is at fault; any other as it is. */
export function explain(error: unknown, path: string, busyTimeoutMs: number): unknown {
  if (isBusy(error)) return storeBusy(path, busyTimeoutMs, error)
  if (isSqliteError(error)) {
    switch (error.errcode & 0xff) {
      case CORRUPT:
      case NOTADB:
      case FORMAT:
        return storeDamaged(path, error.errstr, listBackups(path)[0], error)
      case FULL:
        return storeFull(path, error)
      case PERM:
      case READONLY:
        return storeReadonly(path, describeOwner(path) ?? error.errstr, process.getuid?.(), error)
      case IOERR:
      case CANTOPEN:
        return isDiskFull(path) ? storeFull(path, error) : storeUnreachable(path, error.errstr, error)
      default:
        return error
    }
  }
  if (!(error instanceof Error) || !('syscall' in error) || !('code' in error)) return error
  const at = 'path' in error && typeof error.path === 'string' ? error.path : path
  switch (error.code) {
    case 'EACCES':
    case 'EPERM':
      return storeReadonly(at, describeOwner(at) ?? error.code, process.getuid?.(), error)
    case 'EROFS':
      return storeOnReadonlyDisk(at, error)
    case 'ENOSPC':
    case 'EDQUOT':
      return storeFull(path, error)
    default:
      return storeUnreachable(at, String(error.code), error)
  }
}

function describeOwner(path: string): string | undefined {
  const stats = statSync(path, { throwIfNoEntry: false })
  return stats && `it belongs to uid ${stats.uid} and has mode ${(stats.mode & 0o777).toString(8)}`
}

function isDiskFull(path: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(dirname(path))
    return bavail * bsize < LEAST_FREE_BYTES
  } catch {
    return false
  }
}
