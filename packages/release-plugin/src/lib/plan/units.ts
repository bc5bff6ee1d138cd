import semver from 'semver'
import type { Commit } from '../commits/commit.ts'
import { readHistory, readHistorySince, withoutReverted } from '../commits/history.ts'
import { historyIncomplete, packageUnknown, versionInvalid } from '../errors.ts'
import { isShallow, resolveRef } from '../git/refs.ts'
import type { Package } from '../map/project.ts'
import { type Ask, askOfAll } from '../versions/bump.ts'
import { bumpBetween, type NextVersion, nextVersion } from '../versions/next-version.ts'
import { chooseStyle, lastRelease, parseTagStyle, type TagStyle, tagName, type VersionTag, versionTags } from '../versions/tags.ts'
import type { Repository } from './repository.ts'

/** What a caller may ask for. */
export interface Wish {
  readonly version?: string | undefined
  readonly bump?: 'major' | 'minor' | 'patch' | undefined
  readonly channel?: string | undefined
  /** A tag or commit to begin after, instead of the last release. */
  readonly since?: string | undefined
  /** One package of a monorepo with independent versions, by name. */
  readonly package?: string | undefined
}

/** Something that gets a version of its own, with all that happened to it since it last got one. */
export interface Unit {
  readonly leader: Package
  /** Those that take its version. */
  readonly packages: readonly Package[]
  readonly style: TagStyle
  /** The version that the next one comes after: of the last release proper that HEAD stands on, or of what `since` names. */
  readonly last: string | null
  readonly declared: string | null
  /** Where the section of the changelog begins: the last release, on a channel the last one of that channel. */
  readonly since: { readonly tag: string; readonly commit: string } | null
  /** All versions that tags name, the highest first. */
  readonly tags: readonly VersionTag[]
  /** Since `since`, children first. */
  readonly commits: readonly Commit[]
  /** Those of them whose effect is still there. */
  readonly effective: readonly Commit[]
  readonly ask: Ask
  readonly next: NextVersion | null
}

export type Mode = 'single' | 'fixed' | 'independent'

/** How a project's packages are versioned: as configured, else as they are now. */
export function modeOf({ config, map: { packages, declared } }: Repository): Mode {
  if (config.mode !== undefined) return config.mode
  if (packages.length === 1) return 'single'
  const versions = new Set([...declared.values()].filter((version) => version !== null))
  return versions.size <= 1 ? 'fixed' : 'independent'
}

/** @throws PACKAGE_UNKNOWN, VERSION_INVALID, HISTORY_INCOMPLETE */
export async function readUnits(repository: Repository, mode: Mode, wish: Wish): Promise<Unit[]> {
  const { packages, declared } = repository.map
  const [project] = packages
  if (project === undefined) return []
  if (mode !== 'independent') {
    if (wish.package !== undefined) throw packageUnknown(wish.package, ['the whole project, as its packages share one version'])
    return [await readUnit(repository, project, packages, wish)]
  }
  const own = packages.filter((one) => declared.get(one.path) !== null && !(one === project && one.isPrivate))
  if (wish.package !== undefined && !own.some(({ name }) => name === wish.package)) {
    throw packageUnknown(
      wish.package,
      own.map(({ name }) => name),
    )
  }
  if (wish.version !== undefined && wish.package === undefined)
    throw versionInvalid(wish.version, 'that of one package: name it with --package')
  const wanted = own.filter(({ name }) => wish.package === undefined || name === wish.package)
  const units: Unit[] = []
  for (const one of wanted) units.push(await readUnit(repository, one, [one], wish))
  return units
}

async function readUnit(repository: Repository, leader: Package, packages: readonly Package[], wish: Wish): Promise<Unit> {
  const { git, config, map } = repository
  const template = config.tag ?? chooseStyle(repository.tags, leader.name, leader.kind)
  const style = parseTagStyle(template, leader.name)
  const tags = versionTags(repository.tags, style)
  const isProper = ({ version }: VersionTag): boolean => semver.prerelease(version) === null
  const highest = wish.since === undefined && leader.path === '.' ? tags.find(isProper) : undefined
  const guessed = highest === undefined ? undefined : await readHistorySince(git, highest.target)
  const proper =
    guessed !== undefined
      ? highest
      : wish.since === undefined
        ? await lastRelease(git, tags, isProper)
        : await namedStart(repository, tags, wish.since)
  const last = proper?.version ?? null
  const declared =
    [...packages].map(({ path }) => map.declared.get(path) ?? null).find((version) => version !== null && semver.valid(version) !== null) ??
    null

  const onChannel = (tag: VersionTag): boolean =>
    semver.prerelease(tag.version)?.[0] === wish.channel && (last === null || semver.gt(tag.version, last))
  const before = wish.channel === undefined ? undefined : await lastRelease(git, tags, onChannel)
  const commits = guessed ?? (await readHistory(git, { from: proper?.target, path: leader.path }))
  if (proper === undefined && commits.length > 0 && (await isShallow(git))) throw historyIncomplete(git.root)
  const effective = withoutReverted(commits)
  const ask = wish.bump ?? askOfAll(effective)

  const fresh =
    before === undefined
      ? undefined
      : new Set(await git.text(['rev-list', '--end-of-options', `${before.target}..HEAD`]).then((ids) => ids.split('\n')))
  const inSection = <commit extends Commit>(list: readonly commit[]): commit[] =>
    list.filter(({ id }) => fresh === undefined || fresh.has(id))
  const section = inSection(effective)
  const isQuiet = before !== undefined && wish.bump === undefined && askOfAll(section) === 'none'
  const start = before ?? proper
  const next = decide(repository, { last, declared, ask, tags, isQuiet: isQuiet || commits.length === 0 }, wish)
  return {
    leader,
    packages,
    style,
    last,
    declared,
    since: start === undefined ? null : { tag: start.name, commit: start.target },
    tags,
    commits: inSection(commits),
    effective: section,
    ask,
    next,
  }
}

function decide(
  { config }: Repository,
  { last, declared, ask, tags, isQuiet }: Pick<Unit, 'last' | 'declared' | 'ask' | 'tags'> & { isQuiet: boolean },
  { version, bump, channel }: Wish,
): NextVersion | null {
  if (version !== undefined) return namedVersion(version, last)
  if (bump === undefined)
    return isQuiet
      ? null
      : nextVersion({ last, declared, ask, channel, taken: tags.map(({ version }) => version), zeroMajor: config.zeroMajor })
  // What a person asks for by name is what they get, counted from what the files say where nothing was released yet.
  return nextVersion({ last: last ?? declared, declared, ask, channel, taken: tags.map(({ version }) => version), zeroMajor: 'leave' })
}

/** A version's tag, or any commit, where the caller wants to begin. */
async function namedStart({ git }: Repository, tags: readonly VersionTag[], since: string): Promise<VersionTag | undefined> {
  const tag = tags.find(({ name, version }) => name === since || version === since)
  if (tag !== undefined) return tag
  const commit = await resolveRef(git, `${since}^{commit}`)
  if (commit === undefined) throw versionInvalid(since, 'a tag or a commit that is there')
  const last = await lastRelease(git, tags, ({ version }) => semver.prerelease(version) === null)
  return { name: since, object: commit, target: commit, isAnnotated: false, version: last?.version ?? '0.0.0' }
}

function namedVersion(version: string, last: string | null): NextVersion {
  if (semver.valid(version) !== version.split('+')[0]) throw versionInvalid(version, 'a semantic version, such as 1.2.3')
  if (last !== null && !semver.gt(version, last)) throw versionInvalid(version, `above the last release, ${last}`)
  return { version, bump: bumpBetween(last ?? '0.0.0', version) }
}

export const tagOf = ({ style }: Unit, version: string): string => tagName(style, version)
