import { realpathSync } from 'node:fs'
import { posix, relative, resolve, sep } from 'node:path'
import type { Context } from '@switchyard/plugin-kit'
import { projectOutside } from '../errors.ts'
import { type Git, openGit } from '../git/git.ts'
import { listTags, type TagRef } from '../git/refs.ts'
import { readTree, type Tree } from '../map/tree.ts'
import { readVersionMap, type VersionMap } from '../map/version-map.ts'
import { type WebLinks, webLinks } from '../notes/web-links.ts'
import { type ReleaseConfig, readConfig } from './config.ts'

/** A project in its repository, read once. */
export interface Repository {
  readonly git: Git
  /** The project's folder, absolute. */
  readonly folder: string
  /** The same, relative to the root of the repository; "." is the root. */
  readonly path: string
  readonly config: ReleaseConfig
  readonly tree: Tree
  readonly map: VersionMap
  readonly tags: readonly TagRef[]
  /** Name of the remote that releases go to; null where there is none. */
  readonly remote: string | null
  readonly links: WebLinks
}

/**
 * Reads what a release is made of; the history not yet.
 * @throws NOT_A_REPOSITORY, PROJECT_OUTSIDE, RELEASE_CONFIG_INVALID
 */
export async function openRepository(project: string, { workspace, signal }: Pick<Context, 'workspace' | 'signal'>): Promise<Repository> {
  const named = resolve(workspace, project)
  const git = await openGit(named, { signal })
  const folder = realpathSync(named)
  const path = relative(git.root, folder).split(sep).join(posix.sep) || '.'
  if (path.startsWith('..')) throw projectOutside(project, git.root)
  const config = readConfig(folder)
  const [tree, tags, remote] = await Promise.all([readTree(git), listTags(git), findRemote(git)])
  const map = readVersionMap(tree, path, config)
  return { git, folder, path, config, tree, map, tags, remote: remote?.name ?? null, links: webLinks(remote?.url) }
}

/** The remote that the branch follows, or origin, or the only one. */
async function findRemote(git: Git): Promise<{ name: string; url: string } | undefined> {
  const { stdout } = await git.run(['config', '-z', '--get-regexp', String.raw`^(remote\..*\.url|branch\..*\.remote)$`], { ok: [0, 1] })
  const settings = stdout
    .toString('utf8')
    .split('\0')
    .flatMap((entry): [string, string][] => {
      const at = entry.indexOf('\n')
      return at === -1 ? [] : [[entry.slice(0, at), entry.slice(at + 1)]]
    })
  const urls = new Map<string, string>()
  for (const [key, url] of settings) {
    const name = /^remote\.(.*)\.url$/s.exec(key)?.[1]
    if (name !== undefined && !urls.has(name)) urls.set(name, url)
  }
  const head = await git.run(['symbolic-ref', '--quiet', '--short', 'HEAD'], { ok: [0, 1] })
  const followed = settings.find(([key]) => key === `branch.${head.stdout.toString('utf8').trim()}.remote`)?.[1]
  const name = [followed, 'origin', ...(urls.size === 1 ? urls.keys() : [])].find((one) => one !== undefined && urls.has(one))
  return name === undefined ? undefined : { name, url: urls.get(name) ?? '' }
}
