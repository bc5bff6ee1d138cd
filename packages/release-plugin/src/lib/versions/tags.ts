import semver from 'semver'
import type { Git } from '../git/git.ts'
import type { TagRef } from '../git/refs.ts'

/** How a project names its tags: the texts before and after the version. */
export interface TagStyle {
  readonly before: string
  readonly after: string
}

/** A tag that names a version. */
export interface VersionTag extends TagRef {
  readonly version: string
}

/** Reads `v{version}` and the like; `{name}` is the package's. */
export function parseTagStyle(template: string, name: string): TagStyle {
  const [before = '', after = ''] = template.replaceAll('{name}', name).split('{version}')
  return { before, after }
}

export function tagName({ before, after }: TagStyle, version: string): string {
  return `${before}${version}${after}`
}

/** The tags of one style, the highest version first. */
export function versionTags(tags: readonly TagRef[], { before, after }: TagStyle): VersionTag[] {
  const found: VersionTag[] = []
  for (const tag of tags) {
    if (!tag.name.startsWith(before) || !tag.name.endsWith(after) || tag.name.length <= before.length + after.length) continue
    const version = tag.name.slice(before.length, tag.name.length - after.length)
    // Strict: "v1.2" is no version, and with the style "{version}" the tag "v1.2.3" is of another style.
    if (semver.valid(version) === version.split('+')[0]) found.push({ ...tag, version })
  }
  return found.sort((a, b) => semver.rcompare(a.version, b.version))
}

/** In the order of liking where no tag tells: a Claude Code plugin's, a package of a monorepo's, a project's. */
function likelyStyles(name: string, kind: 'project' | 'package' | 'claude-plugin'): string[] {
  const all = { 'claude-plugin': '{name}--v{version}', package: '{name}@{version}', project: 'v{version}' }
  const bare = kind === 'project' ? ['{version}'] : []
  return [
    all[kind],
    ...Object.values(all).filter((style) => style !== all[kind] && (kind !== 'package' || style.includes('{name}'))),
    ...bare,
  ].filter((style) => name !== '' || !style.includes('{name}'))
}

/** The style that the tags there are show, else the likeliest. */
export function chooseStyle(tags: readonly TagRef[], name: string, kind: 'project' | 'package' | 'claude-plugin'): string {
  const styles = likelyStyles(name, kind)
  const used = styles.find((style) => versionTags(tags, parseTagStyle(style, name)).length > 0)
  return used ?? styles[0] ?? 'v{version}'
}

/** So many tags are asked about one by one before git is asked for all that HEAD can reach, which reads the whole history. */
const ASKED_ALONE = 4

/**
 * The highest version whose tag HEAD stands on, among those that `wanted` takes. Most often the first one asked about, so that nothing
 * before it is read.
 */
export async function lastRelease(
  git: Git,
  tags: readonly VersionTag[],
  wanted: (tag: VersionTag) => boolean = () => true,
): Promise<VersionTag | undefined> {
  const candidates = tags.filter(wanted)
  for (const tag of candidates.slice(0, ASKED_ALONE)) {
    const { code } = await git.run(['merge-base', '--is-ancestor', tag.target, 'HEAD'], { ok: [0, 1, 128] })
    if (code === 0) return tag
  }
  if (candidates.length <= ASKED_ALONE) return undefined
  const reached = new Set(
    await git.list(['for-each-ref', '--merged=HEAD', '--format=%(refname:lstrip=2)%00', 'refs/tags/']).then(withoutLineEnds),
  )
  return candidates.slice(ASKED_ALONE).find(({ name }) => reached.has(name))
}

const withoutLineEnds = (names: readonly string[]): string[] => names.map((name) => name.replace(/^\n/, ''))
