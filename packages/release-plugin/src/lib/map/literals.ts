import { matchesGlob } from 'node:path/posix'
import { SEMVER, type Spot } from './place.ts'

/** A version in code or text, between two fixed texts. */
export interface LiteralPattern {
  /** Relative to the project; `*` is any text. */
  readonly file: string
  /** Holds `{version}` once. */
  readonly pattern: string
}

/** Every place where a pattern's two texts stand around a version. */
export function inText(text: string, { pattern }: LiteralPattern): Spot[] {
  const [before = '', after = ''] = pattern.split('{version}')
  const regex = new RegExp(`${literally(before)}${SEMVER}${literally(after)}`, 'dg')
  return [...text.matchAll(regex)].flatMap((match) => spot(match.indices?.[1], `"${pattern}"`))
}

const literally = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')

const spot = (at: readonly [number, number] | undefined, label: string, isVague = false): Spot[] =>
  at === undefined ? [] : [{ label, role: 'version', isVague, start: at[0], end: at[1] }]

interface KnownLiteral {
  readonly label: string
  /** Of files, relative to their package. */
  readonly files: RegExp
  /** The version is group `version`. */
  readonly regex: RegExp
  readonly isVague: boolean
}

const quoted = `["'](?<version>${SEMVER.slice(1, -1)})["']`
const ENTRY = /^(?:src\/)?(?:lib\/)?(?:index|main|server|cli|plugin|version)\.[cm]?[jt]sx?$/

const KNOWN: readonly KnownLiteral[] = [
  {
    label: '__version__',
    files: /^(?:src\/)?(?:[\w-]+\/)?(?:__init__|_version|version|__about__)\.py$/,
    regex: new RegExp(String.raw`^__version__\s*(?::\s*\w+\s*)?=\s*${quoted}`, 'dgm'),
    isVague: false,
  },
  {
    label: 'definition',
    files: ENTRY,
    regex: new RegExp(String.raw`\b(?:new McpServer|new Server|definePlugin)\(\s*\{[^{}]{0,400}?\bversion:\s*${quoted}`, 'dg'),
    isVague: false,
  },
  {
    label: 'VERSION',
    files: ENTRY,
    regex: new RegExp(String.raw`\b(?:const|let|var)\s+(?:VERSION|version)\s*(?::\s*string\s*)?=\s*${quoted}`, 'dg'),
    isVague: true,
  },
  {
    label: 'Version',
    files: /^(?:[\w-]+\/){0,3}version\.go$/,
    regex: new RegExp(String.raw`\b(?:const|var)\s+Version\s*(?:string\s*)?=\s*${quoted}`, 'dg'),
    isVague: true,
  },
  {
    label: 'badge',
    files: /^README\.(?:md|rst)$/i,
    regex: new RegExp(
      String.raw`img\.shields\.io/badge/version-v?(?<version>${SEMVER.slice(1, -1).replaceAll('[0-9A-Za-z-]', '[0-9A-Za-z]')})-\w`,
      'dg',
    ),
    isVague: false,
  },
]

/** Whether a file, named as seen from its package, may say the version in its code. */
export const mayHaveLiterals = (path: string): boolean => KNOWN.some(({ files }) => files.test(path))

/** Versions in code that are known by their shape. */
export function inCode(text: string, path: string): Spot[] {
  return KNOWN.filter(({ files }) => files.test(path)).flatMap(({ regex, label, isVague }) =>
    [...text.matchAll(regex)].flatMap((match) => spot(match.indices?.groups?.version, label, isVague)),
  )
}

/** Whether a path fits one of some globs; a folder's name takes all that is in it. */
export function fitsAny(path: string, globs: readonly string[]): boolean {
  return globs.some((glob) => path === glob || path.startsWith(`${glob}/`) || matchesGlob(path, glob))
}
