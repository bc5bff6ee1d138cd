import { execFile } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, type Stats } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { promisify } from 'node:util'
import { createIgnoreRules, type IgnoreRules } from './ignore.ts'

const run = promisify(execFile)

/** More paths than this are not listed; what is left out is reported. */
const MAX_FILES = 50_000
const MAX_DEPTH = 64
const UNREADABLE_FOLDER = 'the folder cannot be read'

/** Folders that hold no work of the project's authors, left out even where no .gitignore names them. */
const NEVER_WALKED: ReadonlySet<string> = new Set(['.git', '.hg', '.svn', '.switchyard', 'node_modules', '.venv', '__pycache__'])

export interface Listing {
  readonly source: 'git' | 'folder'
  /** Relative paths with slashes; may name what is gone by now, links and folders of other repositories. */
  readonly paths: readonly string[]
  /** Those among them that git would take in and does not track yet. */
  readonly untracked: readonly string[]
  /** The rules of every .gitignore seen that lies above or in the project. */
  readonly ignored: IgnoreRules
  readonly problems: readonly { readonly path: string; readonly problem: string }[]
}

/** Where the enclosing git work tree begins, if there is one. */
export function gitTopLevel(root: string): string | undefined {
  for (let folder = root; ; folder = dirname(folder)) {
    if (existsSync(join(folder, '.git'))) return folder
    if (dirname(folder) === folder) return undefined
  }
}

/**
 * The paths of a project: what git tracks or would take in, or else a walk that leaves out what .gitignore files name.
 * Both give the same paths for the same tree.
 */
export async function listFiles(root: string, lstat: (path: string) => Stats | undefined, signal?: AbortSignal): Promise<Listing> {
  const top = gitTopLevel(root)
  const ignored = createIgnoreRules()
  if (top !== undefined) addRulesAbove(ignored, root, top)
  const tracked = top === undefined ? undefined : await listByGit(root, signal)
  if (tracked === undefined || tracked.paths.length === 0) return walk(root, ignored, lstat, signal)
  const paths = tracked.paths.slice(0, MAX_FILES)
  for (const path of paths) if (path === '.gitignore' || path.endsWith('/.gitignore')) addRules(ignored, root, path, lstat)
  return { source: 'git', paths, untracked: tracked.untracked, ignored, problems: [...tracked.problems, ...tooMany(tracked.paths.length)] }
}

/**
 * What git tracks, and what it would take in but for what is never anybody's work. Only .gitignore files count: excludes of the
 * user or of this one copy would make the report depend on the machine.
 */
async function listByGit(
  root: string,
  signal: AbortSignal | undefined,
): Promise<Pick<Listing, 'paths' | 'untracked' | 'problems'> | undefined> {
  const listed = await runGit(root, ['ls-files', '-z', '-t', '--cached', '--others', '--exclude-per-directory=.gitignore'], signal)
  // No git, a repository that git refuses to trust, a damaged index: the walk does without git.
  if (listed === undefined) return undefined
  const paths = new Set<string>()
  const untracked: string[] = []
  for (const line of listed.stdout.split('\0')) {
    const [isTracked, path] = [line[0] !== '?', line.slice(2)]
    if (path === '' || (!isTracked && path.split('/').some((name) => NEVER_WALKED.has(name)))) continue
    paths.add(path)
    if (!isTracked) untracked.push(path)
  }
  const shut = [...listed.stderr.matchAll(/could not open directory '([^']+?)\/?':/g)].map((match) => match[1] ?? '')
  const problems = shut.sort(byCodeUnit).map((path) => ({ path, problem: UNREADABLE_FOLDER }))
  return { paths: [...paths].sort(byCodeUnit), untracked: untracked.sort(byCodeUnit), problems }
}

/** A question that git answers without running what the repository's own configuration names; undefined where it does not answer. */
export async function runGit(
  root: string,
  args: readonly string[],
  signal?: AbortSignal,
): Promise<{ stdout: string; stderr: string } | undefined> {
  const config = ['-c', 'core.fsmonitor=false', '-c', 'core.hooksPath=/dev/null']
  const { PATH = '', HOME = '' } = process.env
  const env = { PATH, HOME, GIT_OPTIONAL_LOCKS: '0', GIT_NO_LAZY_FETCH: '1', GIT_TERMINAL_PROMPT: '0', LC_ALL: 'C' }
  try {
    return await run('git', [...config, ...args], { cwd: root, env, maxBuffer: 64 * 1024 * 1024, ...(signal && { signal }) })
  } catch {
    return undefined
  }
}

function walk(root: string, ignored: IgnoreRules, lstat: (path: string) => Stats | undefined, signal: AbortSignal | undefined): Listing {
  const paths: string[] = []
  const problems: { path: string; problem: string }[] = []
  const waiting: { folder: string; depth: number }[] = [{ folder: '', depth: 0 }]
  for (let next = waiting.pop(); next !== undefined && paths.length <= MAX_FILES; next = waiting.pop()) {
    if (signal?.aborted) break
    const { folder, depth } = next
    const names = readNames(join(root, folder))
    if (names === undefined) {
      problems.push({ path: folder === '' ? '.' : folder, problem: UNREADABLE_FOLDER })
      continue
    }
    if (names.includes('.gitignore')) addRules(ignored, root, join(folder, '.gitignore'), lstat)
    for (const name of names) {
      if (NEVER_WALKED.has(name)) continue
      const path = folder === '' ? name : `${folder}/${name}`
      const isFolder = lstat(join(root, path))?.isDirectory() ?? false
      if (ignored.ignores(path, isFolder)) continue
      if (!isFolder) paths.push(path)
      else if (depth >= MAX_DEPTH) problems.push({ path, problem: `lies deeper than ${MAX_DEPTH} folders and was left out` })
      else waiting.push({ folder: path, depth: depth + 1 })
    }
  }
  problems.push(...tooMany(paths.length))
  return { source: 'folder', untracked: [], paths: paths.slice(0, MAX_FILES).sort(byCodeUnit), ignored, problems }
}

function readNames(folder: string): string[] | undefined {
  try {
    return readdirSync(folder).sort(byCodeUnit)
  } catch {
    return undefined
  }
}

function addRulesAbove(ignored: IgnoreRules, root: string, top: string): void {
  const below = relative(top, root)
  if (below === '') return
  const segments = below.split(/[\\/]/)
  for (let index = 0; index < segments.length; index++) {
    const rest = segments.slice(index).join('/')
    const text = readIgnoreFile(join(top, ...segments.slice(0, index), '.gitignore'))
    if (text !== undefined) ignored.add('', rulesBelow(text, rest))
  }
}

/** The rules of a .gitignore above the project, as they read from inside it: anchored ones only where they lead into it. */
function rulesBelow(text: string, rest: string): string {
  const lines: string[] = []
  for (const line of text.split(/\r?\n/)) {
    const [, bang = '', pattern = ''] = /^(!?)(.*)$/.exec(line) ?? []
    if (!pattern.replace(/\/\s*$/, '').includes('/') || pattern.startsWith('**/')) lines.push(line)
    else if (pattern.replace(/^\//, '').startsWith(`${rest}/`)) lines.push(`${bang}/${pattern.replace(/^\//, '').slice(rest.length + 1)}`)
  }
  return lines.join('\n')
}

function addRules(ignored: IgnoreRules, root: string, path: string, lstat: (path: string) => Stats | undefined): void {
  const absolute = join(root, path)
  if (!lstat(absolute)?.isFile()) return
  const text = readIgnoreFile(absolute)
  if (text !== undefined) ignored.add(path.slice(0, -'/.gitignore'.length), text)
}

function readIgnoreFile(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

function tooMany(count: number): { path: string; problem: string }[] {
  if (count <= MAX_FILES) return []
  return [{ path: '.', problem: `has more than ${MAX_FILES} files; those beyond were left out` }]
}

export function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
