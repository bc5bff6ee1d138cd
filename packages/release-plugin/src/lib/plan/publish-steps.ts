import semver from 'semver'
import type { Place } from '../map/place.ts'
import type { Package } from '../map/project.ts'
import type { PlannedRelease, PublishStep } from './release-plan.ts'
import type { Repository } from './repository.ts'

/** What a configuration asks to be done for the world outside, in its order; packages of npm after those that they need. */
export function publishSteps(
  repository: Repository,
  releases: readonly PlannedRelease[],
  notes: ReadonlyMap<string, string>,
): PublishStep[] {
  const { config, map, links } = repository
  const versionOf = new Map(releases.flatMap((release) => release.packages.map((one) => [one.path, release] as const)))
  return config.publish.flatMap((step): PublishStep[] => {
    if (step.kind === 'command') {
      return [{ kind: 'command', id: step.id, path: step.path, argv: step.run, ...(step.undo !== undefined && { undo: step.undo }) }]
    }
    if (step.kind === 'npm') {
      const published = map.packages.filter(({ path, isNpm, isPrivate }) => isNpm && !isPrivate && versionOf.has(path))
      return inOrder(published, map.places).map(({ name, path }) => {
        const release = versionOf.get(path)
        return {
          kind: 'npm',
          id: `npm:${name}`,
          path,
          name,
          version: release?.to ?? '',
          distTag: distTagOf(release),
          provenance: step.provenance,
          ...(step.access !== undefined && { access: step.access }),
          ...(step.registry !== undefined && { registry: step.registry }),
        }
      })
    }
    const url = step.url ?? apiOf(step.kind, links.base, links.host)
    const name = step.repository ?? links.repository
    if (url === undefined || name === undefined) return []
    return releases.map((release) => ({
      kind: step.kind,
      id: `${step.kind}:${release.tag.name}`,
      url,
      repository: name,
      tag: release.tag.name,
      title: release.tag.message.split('\n')[0] ?? release.tag.name,
      notes: notes.get(release.path) ?? '',
      prerelease: semver.prerelease(release.to) !== null,
      draft: step.draft,
    }))
  })
}

/** npm's `latest` never goes back: an older line has a name of its own, which must not look like a range. */
function distTagOf(release: PlannedRelease | undefined): string {
  if (release === undefined) return 'latest'
  if (release.channel !== null) return release.channel
  const preId = semver.prerelease(release.to)?.[0]
  if (preId !== undefined) return String(preId)
  return release.isLatest ? 'latest' : `release-${semver.major(release.to)}.x`
}

function apiOf(kind: 'github' | 'gitea', base: string | undefined, host: string | undefined): string | undefined {
  if (base === undefined || host === undefined) return undefined
  if (kind === 'github' && host === 'github.com') return 'https://api.github.com'
  return `${new URL(base).origin}/api/${kind === 'github' ? 'v3' : 'v1'}`
}

/** Each package after those that it asks for; a circle is broken where it is entered. */
function inOrder(packages: readonly Package[], places: readonly Place[]): Package[] {
  const needs = new Map(packages.map(({ path }) => [path, new Set<string>()]))
  for (const { role, by, of, isDev } of places) if (role === 'range' && !isDev && by !== of) needs.get(by)?.add(of)
  const sorted: Package[] = []
  const seen = new Set<string>()
  function visit(path: string): void {
    if (seen.has(path)) return
    seen.add(path)
    for (const other of [...(needs.get(path) ?? [])].sort()) visit(other)
    const found = packages.find((one) => one.path === path)
    if (found !== undefined) sorted.push(found)
  }
  for (const { path } of packages) visit(path)
  return sorted
}
