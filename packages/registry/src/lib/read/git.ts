import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { notCloned } from '../errors.ts'
import { cleanId, cleanText } from '../text.ts'

const TIME_LIMIT_MS = 120_000

/** Whether a source is an address, and no folder; git may still refuse it. */
export function isGitUrl(location: string): boolean {
  return /^\w[\w+.-]*:\/\//.test(location) || /^[\w.-]+@[\w.-]+:[^\s]+$/.test(location)
}

/** What a clone is called: the last part of its address. */
export function nameOfUrl(url: string): string {
  return cleanId(basename(url.replace(/\/+$/, '')).replace(/\.git$/, '')) ?? 'source'
}

/**
 * Clones an address into `folder`, in place of what is there; without history, and with no hook, filter or submodule of anybody.
 * @throws REGISTRY_SOURCE, with what was there left as it was
 */
export function fetchSource(url: string, folder: string): void {
  assertGitUrl(url)
  mkdirSync(dirname(folder), { recursive: true, mode: 0o700 })
  const fresh = mkdtempSync(join(dirname(folder), '.clone-'))
  const safe = [
    'core.hooksPath=/dev/null',
    'core.fsmonitor=false',
    'protocol.ext.allow=never',
    'filter.lfs.smudge=',
    'filter.lfs.process=',
    'filter.lfs.required=false',
  ]
  const args = [
    ...safe.flatMap((one) => ['-c', one]),
    'clone',
    '--quiet',
    '--depth',
    '1',
    '--no-tags',
    '--no-recurse-submodules',
    '--template=',
    '--',
    url,
    fresh,
  ]
  const { status, stderr, error } = spawnSync('git', args, {
    timeout: TIME_LIMIT_MS,
    encoding: 'utf8',
    env: { ...environment(), GIT_TERMINAL_PROMPT: '0', GIT_ASKPASS: 'true', GIT_LFS_SKIP_SMUDGE: '1' },
  })
  if (status !== 0) {
    rmSync(fresh, { recursive: true, force: true })
    throw notCloned(withoutPassword(url), cleanText(withoutPassword(error?.message ?? reasonIn(stderr)), 300))
  }
  exchange(fresh, folder)
}

/** What git says up to where it gives up; the advice after that says nothing of why. */
function reasonIn(said: string): string {
  const lines = said.split('\n').flatMap((line) => line.trim() || [])
  const fatal = lines.findIndex((line) => line.startsWith('fatal:'))
  return lines.slice(0, fatal === -1 ? undefined : fatal + 1).join('; ')
}

/** Puts a folder in place of another, which stays where that fails. */
function exchange(fresh: string, folder: string): void {
  const before = `${fresh}.before`
  if (existsSync(folder)) renameSync(folder, before)
  try {
    renameSync(fresh, folder)
  } catch (error) {
    if (existsSync(before)) renameSync(before, folder)
    rmSync(fresh, { recursive: true, force: true })
    throw error
  }
  rmSync(before, { recursive: true, force: true })
}

/** What git, run by a hook, would take for its own repository is not passed on: a clone would be checked out over the work of that. */
function environment(): NodeJS.ProcessEnv {
  const kept = /^GIT_(?:SSH|SSL|HTTP|PROXY|CONFIG_(?:GLOBAL|SYSTEM|NOSYSTEM)|TRACE|EXEC_PATH)/
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_') || kept.test(name)))
}

/**
 * To be asked before anything of an address is shown: passwords and tokens would be kept by git, and by us.
 * @throws REGISTRY_SOURCE
 */
export function assertGitUrl(url: string): void {
  if (!url.includes('://')) return
  const shown = withoutPassword(url.split('?')[0]!)
  if (!/^(?:https?|ssh|git|file):\/\/\S+$/.test(url)) throw notCloned(shown, 'it must be of http, https, ssh, git or file')
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  if (parsed === undefined) throw notCloned(shown, 'it is no address')
  if (parsed.password !== '' || (/^https?:$/.test(parsed.protocol) && parsed.username !== ''))
    throw notCloned(shown, 'its address may carry no password or token: git keeps those')
  if (parsed.search !== '') throw notCloned(shown, 'its address may carry no "?": a token may stand there')
}

/** An address may carry a password or a token. */
export function withoutPassword(text: string): string {
  return text.replace(/(\w+:\/\/)([^\s'"]*)@/g, (whole, scheme: string, before: string) => {
    const isPath = URL.canParse(`${whole}x`) && before.includes('/') && new URL(`${whole}x`).username === ''
    // Else to the last "@": a password may have one, and a slash.
    return isPath ? whole : scheme
  })
}
