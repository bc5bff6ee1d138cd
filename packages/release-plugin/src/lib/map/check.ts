import type { Context } from '@switchyard/plugin-kit'
import { visible } from '../notes/visible.ts'
import { openRepository } from '../plan/repository.ts'
import { modeOf } from '../plan/units.ts'
import { chooseStyle, parseTagStyle, versionTags } from '../versions/tags.ts'
import type { CheckReport } from './commands.ts'
import type { Place } from './place.ts'
import { expectedVersions, findDrift } from './version-map.ts'

/** Compares what every place of a project says. @throws NOT_A_REPOSITORY, PROJECT_OUTSIDE, RELEASE_CONFIG_INVALID */
export async function checkVersions(project: string, ctx: Pick<Context, 'workspace' | 'signal'>): Promise<CheckReport> {
  const repository = await openRepository(project, ctx)
  const { map, config, tags } = repository
  const mode = modeOf(repository)
  const expected = expectedVersions(map, mode)
  const names = new Map(map.packages.map(({ path, name }) => [path, name]))
  const shown = ({ file, line, label, of, role, found }: Place): CheckReport['places'][number] => ({
    file,
    line,
    where: label,
    package: names.get(of) ?? of,
    role,
    found,
  })
  const drift = findDrift(map, expected).map(({ place, expected }) => ({ ...shown(place), expected }))
  const leader = map.packages[0]
  const released = (name: string, kind: 'project' | 'package' | 'claude-plugin'): string | null =>
    versionTags(tags, parseTagStyle(config.tag ?? chooseStyle(tags, name, kind), name))[0]?.version ?? null
  const shared = leader !== undefined && mode !== 'independent' ? released(leader.name, leader.kind) : null
  const packages = map.packages.map(({ name, path, kind }) => ({
    name,
    path,
    version: expected.get(path) ?? null,
    released: mode === 'independent' ? released(name, kind) : shared,
  }))
  const report = { inStep: drift.length === 0, mode, packages, drift, places: map.places.map(shown) }
  return { ...report, text: render(report) }
}

function render({ inStep, packages, drift, places }: Omit<CheckReport, 'text'>): string {
  const files = new Set(places.map(({ file }) => file)).size
  const counted = `${places.length} place${places.length === 1 ? '' : 's'} in ${files} file${files === 1 ? '' : 's'}`
  if (places.length === 0) return 'No file says a version.'
  const versions = [...new Set(packages.flatMap(({ version }) => (version === null ? [] : [version])))]
  if (inStep) return `${counted} are in step${versions.length === 1 ? `, at ${versions[0]}` : ''}.`
  return [
    `${drift.length} of ${counted} ${drift.length === 1 ? 'is' : 'are'} out of step:`,
    ...drift.flatMap(({ file, line, where, found, expected }) => [
      `  ${visible(file)}:${line}`,
      `    ${visible(where)} says ${visible(found)}, not ${visible(expected)}`,
    ]),
  ].join('\n')
}
