import { existsSync, mkdirSync, readFileSync, realpathSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { notAllowedPath, reportExists } from '../errors.ts'
import { REPORT_MARK } from './report.ts'

/** Where a report goes, relative to the workspace. @throws PATH_OUTSIDE, also where a link leads out */
export function reportPath(workspace: string, id: number, path = join('incidents', `${id}.md`)): string {
  const root = realpathSync(workspace)
  const whole = resolve(root, path)
  let folder = dirname(whole)
  while (!existsSync(folder)) folder = dirname(folder)
  const real = realpathSync(folder)
  const isInside = (one: string): boolean => one === root || one.startsWith(root + sep)
  if (!isInside(whole) || !isInside(real) || whole === root) throw notAllowedPath('report file', path)
  return relative(root, whole)
}

/** Whether a report of ours is there already. @throws REPORT_EXISTS where it is something else */
export function mayWrite(workspace: string, path: string): boolean {
  const whole = join(workspace, path)
  if (!existsSync(whole)) return false
  let text = ''
  try {
    text = readFileSync(whole, 'utf8')
  } catch {
    // A folder, or what may not be read: not ours.
  }
  if (!text.startsWith(REPORT_MARK)) throw reportExists(path)
  return true
}

/** Writes it whole or not at all. @throws REPORT_EXISTS */
export function writeReport(workspace: string, path: string, text: string): void {
  mayWrite(workspace, path)
  const whole = join(workspace, path)
  mkdirSync(dirname(whole), { recursive: true })
  writeFileSync(`${whole}.new`, text)
  renameSync(`${whole}.new`, whole)
}
