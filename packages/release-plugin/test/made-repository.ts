import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** One commit of a made-up history. */
export interface MadeCommit {
  readonly message: string | Uint8Array
  /** Content by path; null removes. @default one file that each commit changes */
  readonly files?: Readonly<Record<string, string | null>>
  readonly author?: string
  /** Positions of the parents in the list. @default the one before */
  readonly parents?: readonly number[]
  /** Names that stand on it; annotated where they begin with "v". */
  readonly tags?: readonly string[]
}

const FIRST_SECOND = 1_700_000_000

/** A repository in a temporary folder, which goes away with `using`. */
export interface MadeRepository extends Disposable {
  readonly dir: string
  /** Full ids, in the order of the list. */
  readonly ids: readonly string[]
  git(...args: string[]): string
}

/** Makes a whole history with one run of git, on branch main, and checks its last commit out. */
export function makeRepository(commits: readonly MadeCommit[], dir: string = mkdtempSync(join(tmpdir(), 'release-made-'))): MadeRepository {
  mkdirSync(dir, { recursive: true })
  const git = (...args: string[]): string =>
    execFileSync('git', args, { cwd: dir, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 1 << 28 }).trim()
  git('init', '-q', '-b', 'main')
  git('config', 'user.name', 'Ada')
  git('config', 'user.email', 'ada@example.org')
  git('config', 'core.quotePath', 'false')
  execFileSync('git', ['fast-import', '--quiet', `--export-marks=${join(dir, '.git/made-marks')}`], { cwd: dir, input: streamOf(commits) })
  const marks = new Map(
    execFileSync('cat', [join(dir, '.git/made-marks')], { encoding: 'utf8', maxBuffer: 1 << 28 })
      .split('\n')
      .map((line): [string, string] => [line.split(' ')[0] ?? '', line.split(' ')[1] ?? '']),
  )
  if (commits.length > 0) git('reset', '-q', '--hard')
  return {
    dir,
    ids: commits.map((_, index) => marks.get(`:${index + 1}`) ?? ''),
    git,
    [Symbol.dispose]: () => rmSync(dir, { recursive: true, force: true }),
  }
}

function streamOf(commits: readonly MadeCommit[]): Buffer {
  const parts: (string | Uint8Array)[] = []
  const data = (bytes: Uint8Array): void => void parts.push(`data ${bytes.length}\n`, bytes, '\n')
  for (const [index, { message, files, author = 'Ada <ada@example.org>', parents, tags = [] }] of commits.entries()) {
    const when = `${FIRST_SECOND + index * 60} +0000`
    // A side line of history goes by another name, so that main always ends at the last commit.
    parts.push(`commit refs/heads/${index === commits.length - 1 ? 'main' : 'made'}\nmark :${index + 1}\n`)
    parts.push(`author ${author} ${when}\ncommitter ${author} ${when}\n`)
    data(Buffer.from(message))
    const [from, ...merged] = parents ?? (index === 0 ? [] : [index - 1])
    if (from !== undefined) parts.push(`from :${from + 1}\n`)
    for (const parent of merged) parts.push(`merge :${parent + 1}\n`)
    for (const [path, content] of Object.entries(files ?? { 'changes.txt': `${index}\n` })) {
      if (content === null) parts.push(`D ${quoted(path)}\n`)
      else {
        parts.push(`M 100644 inline ${quoted(path)}\n`)
        data(Buffer.from(content))
      }
    }
    for (const tag of tags) {
      if (!tag.startsWith('v')) parts.push(`reset refs/tags/${tag}\nfrom :${index + 1}\n\n`)
      else {
        parts.push(`tag ${tag}\nfrom :${index + 1}\ntagger ${author} ${when}\n`)
        data(Buffer.from(`Release ${tag}`))
      }
    }
  }
  parts.push('reset refs/heads/made\nfrom 0000000000000000000000000000000000000000\n\n')
  return Buffer.concat(parts.map((part) => Buffer.from(part as string)))
}

/** fast-import reads names as C writes strings. */
const quoted = (path: string): string => `"${path.replace(/["\\]/g, '\\$&').replaceAll('\n', '\\n')}"`
