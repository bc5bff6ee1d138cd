import { realpathSync } from 'node:fs'
import { posix, relative, resolve, sep } from 'node:path'
import type { Context } from '@switchyard/plugin-kit'
import { projectOutside } from '../errors.ts'
import { decodeBytes, type Git, openGit, splitNul } from '../git/git.ts'
import { listTags, type TagRef } from '../git/refs.ts'
import { readStatus, type Status } from '../git/status.ts'
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
  readonly status: Status
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
  const [tree, tags, status, remotes] = await Promise.all([readTree(git), listTags(git), readStatus(git), readRemotes(git)])
  const remote = remoteOf(remotes, status.branch)
  const map = readVersionMap(tree, path, config)
  return { git, folder, path, config, tree, map, tags, status, remote: remote?.name ?? null, links: webLinks(remote?.url) }
}

interface Remotes {
  readonly urls: ReadonlyMap<string, string>
  /** By branch. */
  readonly followed: ReadonlyMap<string, string>
}

async function readRemotes(git: Git): Promise<Remotes> {
  const { stdout } = await git.run(['config', '-z', '--get-regexp', String.raw`^(remote\..*\.url|branch\..*\.remote)$`], { ok: [0, 1] })
  const [urls, followed] = [new Map<string, string>(), new Map<string, string>()]
  for (const entry of splitNul(stdout).map(decodeBytes)) {
    const [, kind, name, value] = /^(remote|branch)\.(.*)\.(?:url|remote)\n(.*)$/s.exec(entry) ?? []
    if (name === undefined || value === undefined) continue
    if (kind === 'branch') followed.set(name, value)
    else if (!urls.has(name)) urls.set(name, value)
  }
  return { urls, followed }
}

/** The remote that the branch follows, or origin, or the only one. */
function remoteOf({ urls, followed }: Remotes, branch: string | undefined): { name: string; url: string } | undefined {
  const wanted = [followed.get(branch ?? ''), 'origin', ...(urls.size === 1 ? urls.keys() : [])]
  const name = wanted.find((one) => one !== undefined && urls.has(one))
  return name === undefined ? undefined : { name, url: urls.get(name) ?? '' }
}
