import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { notCloned } from '../errors.ts'
import { cleanName, cleanText } from '../text.ts'

const TIME_LIMIT_MS = 120_000

/** Whether a source is an address that git can clone, and no folder. */
export function isGitUrl(location: string): boolean {
  return /^(?:https?|ssh|git|file):\/\/[^\s]+$/.test(location) || /^[\w.-]+@[\w.-]+:[^\s]+$/.test(location)
}

/** What a clone is called: the last part of its address. */
export function nameOfUrl(url: string): string {
  return cleanName(basename(url.replace(/\/+$/, '')).replace(/\.git$/, '')) ?? 'source'
}

/**
 * Clones an address into `folder`, in place of what is there; without history, and with no hook, filter or submodule of anybody.
 * @throws REGISTRY_SOURCE, with what was there left as it was
 */
export function fetchSource(url: string, folder: string): void {
  if (/^https?:\/\/[^/]*@/.test(url)) throw notCloned(withoutPassword(url), 'its address may carry no password or token: git keeps those')
  mkdirSync(dirname(folder), { recursive: true, mode: 0o700 })
  const fresh = mkdtempSync(join(dirname(folder), '.clone-'))
  const safe = [
    'core.hooksPath=/dev/null',
    'core.fsmonitor=false',
    'protocol.ext.allow=never',
    'filter.lfs.smudge=',
    'filter.lfs.required=false',
  ]
  const args = [...safe.flatMap((one) => ['-c', one]), 'clone', '--quiet', '--depth', '1', '--no-tags', '--template=', '--', url, fresh]
  const { status, stderr, error } = spawnSync('git', args, {
    timeout: TIME_LIMIT_MS,
    encoding: 'utf8',
    env: { ...process.env, GIT_TERMINAL_PROMPT: '0', GIT_ASKPASS: 'true', GIT_LFS_SKIP_SMUDGE: '1' },
  })
  if (status !== 0) {
    rmSync(fresh, { recursive: true, force: true })
    const said = stderr?.trim().split('\n').at(-1) ?? ''
    throw notCloned(withoutPassword(url), cleanText(withoutPassword(error?.message ?? said), 300))
  }
  rmSync(folder, { recursive: true, force: true })
  renameSync(fresh, folder)
}

/** An address may carry a password or a token. */
export function withoutPassword(text: string): string {
  return text.replace(/(\w+:\/\/)[^\s/@]+@/g, '$1')
}
