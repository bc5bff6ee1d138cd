import { posix } from 'node:path'
import type { Context } from '@switchyard/plugin-kit'
import semver from 'semver'
import { parseChangelog, sectionBody, withSection } from '../changelog/changelog.ts'
import { entriesOf } from '../changelog/entry.ts'
import { renderEntries } from '../changelog/render.ts'
import { changelogUnreadable, noCommits, noVersion } from '../errors.ts'
import { fileEdit, rewritePlaces } from '../map/edit.ts'
import { type Place, versionInRange } from '../map/place.ts'
import { expectedVersions, findDrift, takes } from '../map/version-map.ts'
import { type NotesOf, notesForPeople } from '../notes/notes.ts'
import { visible } from '../notes/visible.ts'
import { askOps } from '../readiness/facts.ts'
import { judgeReadiness } from '../readiness/policy.ts'
import { testsCommand } from '../readiness/tests-command.ts'
import { reasonsOf } from '../versions/bump.ts'
import { nextVersion } from '../versions/next-version.ts'
import { publishSteps } from './publish-steps.ts'
import { type Bump, type FileEdit, type PlannedRelease, planId, type ReleasePlan } from './release-plan.ts'
import { renderPlan } from './render-plan.ts'
import { openRepository, type Repository } from './repository.ts'
import { modeOf, readUnits, tagOf, type Unit, type Wish } from './units.ts'

export interface PlanInput extends Wish {
  readonly project: string
  /** @default false */
  readonly strict?: boolean
}

/** More reasons than these are counted, and not listed. */
const MAX_REASONS = 200

const BUMP_RANK: Readonly<Record<Bump, number>> = { none: 0, prerelease: 1, patch: 2, minor: 3, major: 4 }

/**
 * Works out a whole release and writes nothing.
 * @throws NOT_A_REPOSITORY, NO_COMMITS, NO_VERSION, VERSION_INVALID, PACKAGE_UNKNOWN, HISTORY_INCOMPLETE, RELEASE_CONFIG_INVALID,
 * CHANGELOG_UNREADABLE
 */
export async function makePlan(input: PlanInput, ctx: Pick<Context, 'workspace' | 'signal' | 'call' | 'clock'>): Promise<ReleasePlan> {
  const repository = await openRepository(input.project, ctx)
  const { git, tree, map, path, config, status } = repository
  // The others may take their time while git is asked.
  const asking = askOps(ctx, repository.folder)
  asking.catch(() => undefined)
  if (status.head === undefined) throw noCommits(git.root)
  const mode = modeOf(repository)
  const units = withDependents(repository, await readUnits(repository, mode, input))
  const date = new Date(ctx.clock.now()).toISOString().slice(0, 10)

  const released = units.filter((unit): unit is Unit & { next: NonNullable<Unit['next']> } => unit.next !== null)
  const first = released[0]
  if (first !== undefined && released.some(({ last, declared }) => last === null && declared === null) && input.version === undefined)
    throw noVersion(repository.folder)
  const texts = new Map<string, string>()
  const notes = new Map<string, string>()
  const releases = released.map((unit) => planRelease(repository, unit, date, texts, notes, input))
  const versions = new Map(releases.flatMap((release) => release.packages.map((one) => [one.path, release.to])))
  for (const [file, text] of rewritePlaces(tree, map.places, (place) => newVersion(place, versions))) texts.set(file, text)
  const files: FileEdit[] = [...texts].map(([file, text]) => fileEdit(tree, file, text)).sort((a, b) => (a.path < b.path ? -1 : 1))

  const tests = testsCommand(tree, path, config)
  const readiness = judgeReadiness(
    {
      ...(await asking),
      config,
      bump: releases.map(({ bump }) => bump).sort((a, b) => BUMP_RANK[b] - BUMP_RANK[a])[0] ?? 'none',
      status,
      isPreRelease: releases.length > 0 && releases.every(({ to }) => semver.prerelease(to) !== null),
      tags: releases.map(({ tag: { name } }) => ({ name, isTaken: repository.tags.some((tag) => tag.name === name) })),
      drift: findDrift(map, expectedVersions(map, mode)),
      behind: releases.flatMap(({ name, to, from, packages }) =>
        packages
          .filter((one) => from !== null && semver.valid(one.from) !== null && semver.gt(one.from, to))
          .map((one) => ({ name: one.name || name, declared: one.from, to })),
      ),
      unmet: unmetRanges(map.places, versions),
      tests,
    },
    { strict: input.strict ?? false },
  )
  const plan: ReleasePlan = {
    format: 1,
    id: '',
    root: git.root,
    path,
    date,
    mode,
    head: status.head,
    branch: status.branch ?? null,
    remote: repository.remote,
    version: first === undefined ? null : { from: first.last, to: first.next.version },
    releases,
    files,
    commit: { message: commitMessage(config.commit, releases) },
    tests: tests === null ? null : { path, argv: [...tests] },
    publish: publishSteps(repository, releases, notes),
    readiness,
    warnings: warningsOf(repository, releases),
    text: '',
  }
  const sealed = { ...plan, id: planId(plan) }
  return { ...sealed, text: renderPlan(sealed) }
}

function planRelease(
  repository: Repository,
  unit: Unit & { next: NonNullable<Unit['next']> },
  date: string,
  texts: Map<string, string>,
  notes: Map<string, string>,
  wish: Wish,
): PlannedRelease {
  const { config, links, tree, map } = repository
  const { leader, next, since, effective, commits } = unit
  const tag = tagOf(unit, next.version)
  const path = config.changelog === false ? '' : posix.join(leader.path, config.changelog)
  const before = config.changelog === false ? undefined : tree.text(path)
  // Where somebody wrote down what is new, commits that do not say whether they matter to users add nothing.
  const isWritten = before !== undefined && (sectionBody(parseChangelog(before), null) ?? '') !== ''
  const entries = entriesOf(effective, { all: !isWritten })
  const body = renderEntries(entries, links)
  const changelog = { path, section: body }
  if (config.changelog !== false) {
    if (before === undefined && tree.bytes(path) !== undefined) throw changelogUnreadable(path)
    const compare = { version: since === null ? links.release(tag) : links.compare(since.tag, tag), unreleased: links.compare(tag, 'HEAD') }
    const text = withSection(before, {
      version: next.version,
      date,
      body,
      links: links.base === undefined ? undefined : compare,
    })
    texts.set(path, text)
    changelog.section = sectionBody(parseChangelog(text), next.version) ?? body
  }
  const told: NotesOf = {
    name: leader.name,
    version: next.version,
    from: unit.last,
    tag,
    fromTag: since?.tag ?? null,
    date,
    entries,
    commits: commits.length,
  }
  notes.set(leader.path, notesForPeople(told, links, changelog.section))
  const highest = unit.tags.find(({ version }) => semver.prerelease(version) === null)?.version
  const gone = new Set(commits.filter((commit) => !effective.includes(commit)))
  return {
    name: leader.name,
    path: leader.path,
    from: unit.last,
    to: next.version,
    bump: next.bump,
    channel: wish.channel ?? null,
    isLatest: highest === undefined || semver.gt(next.version, highest),
    since,
    tag: { name: tag, message: `${leader.name} ${next.version}\n\n${changelog.section}`.trimEnd() },
    packages: unit.packages.map(({ name, path, isPrivate }) => ({
      name,
      path,
      from: map.declared.get(path) ?? '',
      to: next.version,
      private: isPrivate,
    })),
    changelog,
    reasons: reasonsOf(commits, gone).slice(0, MAX_REASONS),
    commits: commits.length,
  }
}

/** Packages that ask for a released one in a way that its new version leaves: they are released too, as they change. */
function withDependents(repository: Repository, units: readonly Unit[]): Unit[] {
  const all = [...units]
  for (let changed = true; changed; ) {
    changed = false
    const versions = new Map(all.flatMap(({ packages, next }) => (next === null ? [] : packages.map((one) => [one.path, next.version]))))
    for (const [index, unit] of all.entries()) {
      if (unit.next !== null || unit.last === null || unit.leader.isPrivate) continue
      const left = repository.map.places.find(({ role, by, of, isDev, range, found }) => {
        const version = versions.get(of)
        return (
          role === 'range' &&
          !isDev &&
          by === unit.leader.path &&
          version !== undefined &&
          !takes(range ?? found, version) &&
          range !== version
        )
      })
      const next =
        left === undefined
          ? null
          : nextVersion({ last: unit.last, declared: unit.declared, ask: 'patch', taken: unit.tags.map(({ version }) => version) })
      if (next === null) continue
      all[index] = { ...unit, ask: 'patch', next }
      changed = true
    }
  }
  return all
}

/** What a place is to say. What is asked for of a package that is not released with it changes only where it would not be met. */
function newVersion(place: Place, versions: ReadonlyMap<string, string>): string | undefined {
  const version = versions.get(place.of)
  if (version === undefined || place.role !== 'range' || versions.has(place.by)) return version
  return takes(place.range ?? place.found, version) ? undefined : version
}

function unmetRanges(
  places: readonly Place[],
  versions: ReadonlyMap<string, string>,
): { file: string; line: number; range: string; to: string }[] {
  return places.flatMap(({ file, line, of, range }) => {
    const to = versions.get(of)
    if (to === undefined || range === undefined || versionInRange(range) !== undefined || takes(range, to)) return []
    return [{ file, line, range, to }]
  })
}

function commitMessage(template: string, releases: readonly PlannedRelease[]): string {
  if (releases.length === 0) return ''
  const [only] = releases
  if (releases.length === 1 && only !== undefined) return template.replaceAll('{version}', only.to).replaceAll('{name}', only.name)
  const names = releases.map(({ name, to }) => `${name}@${to}`)
  return `${template.replaceAll('{version}', `${releases.length} packages`).replaceAll('{name}', 'packages')}\n\n${names.map((name) => `- ${name}`).join('\n')}`
}

function warningsOf({ map, config, links }: Repository, releases: readonly PlannedRelease[]): string[] {
  const warnings: string[] = []
  for (const step of config.publish) {
    if ((step.kind === 'github' || step.kind === 'gitea') && (step.repository ?? links.repository) === undefined)
      warnings.push(`No ${step.kind} release is made, as neither the remote nor "repository" says where`)
    if (step.kind === 'npm' && !map.packages.some(({ isNpm, isPrivate }) => isNpm && !isPrivate))
      warnings.push('Nothing goes to npm, as every package is private')
  }
  for (const { name, from, reasons } of releases)
    if (from !== null && reasons.every(({ asks }) => asks === 'none'))
      warnings.push(`${visible(name)} is released although no commit asks for it`)
  return warnings
}
