import { spawn } from 'node:child_process'
import { createHmac, randomBytes } from 'node:crypto'
import type { Readable } from 'node:stream'
import { SwitchyardError } from '@switchyard/plugin-kit'
import { sha256 } from '../files/change-set.ts'
import { gitFailed, gitMissing, notARepository } from './errors.ts'
import { isEnvFile, leaksIn } from './leak-patterns.ts'

/** Where a secret entered the history. Its value is nowhere in here. */
interface HistoryLeak {
  readonly commit: string
  /** When that commit was made. */
  readonly at: string
  readonly file: string
  readonly line: number
  readonly kind: string
  /** The same for the same place in every search, so that a finding can be spoken of. */
  readonly fingerprint: string
  /** Counts different values: equal numbers are one secret. */
  readonly secret: number
}

export interface LeakSearch {
  readonly leaks: readonly HistoryLeak[]
  /** Also those that are not listed. */
  readonly found: number
  readonly secrets: number
  readonly commits: number
  /** Env files with values that were committed, at their first sight. */
  readonly envFiles: readonly string[]
}

export interface LeakSearchOptions {
  /** A time of ISO 8601. */
  readonly since?: string | undefined
  /** How many are listed. */
  readonly limit: number
  readonly signal: AbortSignal
  onProgress?(commits: number): void
}

/** A longer line is looked at in pieces that overlap. */
const MAX_PIECE = 64 * 1024
const OVERLAP = 4 * 1024
const MAX_SECRETS = 10_000
const MAX_ENV_FILES = 100

/**
 * Reads every line that was ever added, on all branches and in stashes, as git streams it: memory does not grow with the history.
 * Nothing of the repository's own configuration is run.
 * @throws NOT_A_REPOSITORY, GIT_FAILED, PROGRAM_MISSING, CANCELLED
 */
export async function searchHistory(folder: string, { since, limit, signal, onProgress }: LeakSearchOptions): Promise<LeakSearch> {
  signal.throwIfAborted()
  const args = ['log', '--all', '-p', '--unified=0', '--no-color', '--no-ext-diff', '--no-textconv', '--no-renames', '--text', '--cc']
  const range = since === undefined ? [] : [`--since=${since}`]
  const child = spawn('git', [...SAFE, ...args, '--format=commit %H %cI', ...range, '--', '.'], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, HOME: process.env.HOME, LC_ALL: 'C', GIT_OPTIONAL_LOCKS: '0', GIT_TERMINAL_PROMPT: '0' },
  })
  let told = ''
  child.stderr.on('data', (chunk: Buffer) => {
    told = (told + chunk.toString('utf8')).slice(-2_000)
  })
  const ended = Promise.withResolvers<number | null>()
  child.on('error', (error: NodeJS.ErrnoException) => ended.reject(error.code === 'ENOENT' ? gitMissing() : error))
  child.on('close', ended.resolve)
  ended.promise.catch(() => undefined)
  const stop = (): void => void child.kill('SIGKILL')
  signal.addEventListener('abort', stop, { once: true })
  try {
    const search = createSearch(limit)
    await readLines(child.stdout, (line, isRest) => {
      search.take(line, isRest)
      if (line.startsWith('commit ') && search.commits % 500 === 0) onProgress?.(search.commits)
    })
    const code = await ended.promise
    if (signal.aborted) throw new SwitchyardError('CANCELLED', 'Cannot finish the search as the caller gave up: the signal was aborted')
    if (code !== 0) throw /not a git repository/i.test(told) ? notARepository(folder) : gitFailed(told.trim())
    return search.result()
  } finally {
    signal.removeEventListener('abort', stop)
    stop()
  }
}

/** Hooks, monitors and quoting of the repository's own making stay out of it. */
const SAFE = [
  '--no-pager',
  '-c',
  'core.fsmonitor=false',
  '-c',
  'core.hooksPath=/dev/null',
  '-c',
  'core.quotePath=false',
  '-c',
  'log.showSignature=false',
]

function createSearch(limit: number) {
  const leaks: HistoryLeak[] = []
  const envFiles = new Set<string>()
  // Equal values are known by a hash whose key is gone with this search, so that nobody can try values against it.
  const hashKey = randomBytes(32)
  const secrets = new Map<string, number>()
  let commits = 0
  let found = 0
  let commit = ''
  let at = ''
  let file = ''
  let lineNumber = 0
  let removedLeft = 0
  let addedLeft = 0
  let inAdded = false
  let inHunk = false
  /** How many columns of signs a line has. */
  let parents = 1
  const onThisLine = new Set<number>()

  function numberOf(value: string): number {
    const hash = createHmac('sha256', hashKey).update(value).digest('base64')
    const known = secrets.get(hash) ?? secrets.size + 1
    if (secrets.size < MAX_SECRETS) secrets.set(hash, known)
    return known
  }

  /** Counts the line, and says whether it is new against every parent; only outside of a hunk do headers count. */
  function isAdded(line: string): boolean {
    inAdded = false
    inHunk = true
    if (parents > 1) {
      // The lines of a merge have a column a parent: nothing else begins with these signs there.
      const columns = line.slice(0, parents)
      if (/^[ +-]+$/.test(columns) && columns.length === parents) {
        if (columns.includes('-')) return false
        lineNumber++
        inAdded = columns.includes('+')
        return inAdded
      }
    } else if (removedLeft > 0 && line.startsWith('-')) {
      removedLeft--
      return false
    } else if (addedLeft > 0 && line.startsWith('+')) {
      addedLeft--
      lineNumber++
      inAdded = true
      return true
    }
    if (line.startsWith('diff ') || line.startsWith('commit ')) parents = 1
    inHunk = false
    return false
  }

  function look(text: string, isRest: boolean): void {
    if (!isRest) onThisLine.clear()
    for (const { kind, value } of leaksIn(text, file)) {
      const secret = numberOf(value)
      // Pieces of a long line overlap.
      if (onThisLine.has(secret)) continue
      onThisLine.add(secret)
      found++
      if (leaks.length >= limit) continue
      const fingerprint = sha256(`${commit}:${file}:${lineNumber}:${kind}`).slice(0, 16)
      leaks.push({ commit, at, file, line: lineNumber, kind, fingerprint, secret })
    }
  }

  return {
    get commits() {
      return commits
    },
    /** A line of `git log -p`; `isRest` where it is the rest of one that was too long. */
    take(line: string, isRest: boolean): void {
      if (isRest ? inAdded : isAdded(line)) {
        look(isRest ? line : line.slice(parents), isRest)
        return
      }
      if (isRest || inHunk) return
      const [, dashes = '', numbers = ''] = /^@@(@*) (.*?) @@/.exec(line) ?? []
      const [, start, added] = /\+(\d+)(?:,(\d+))?$/.exec(numbers) ?? []
      if (start !== undefined) {
        parents = dashes.length + 1
        lineNumber = Number(start) - 1
        addedLeft = Number(added ?? 1)
        removedLeft = Number(/^-\d+(?:,(\d+))? /.exec(numbers)?.[1] ?? 1)
      } else if (line.startsWith('+++ ')) {
        file = pathOf(line.slice(4))
        if (isEnvFile(file) && envFiles.size < MAX_ENV_FILES) envFiles.add(file)
      } else if (line.startsWith('commit ')) {
        commits++
        ;[, commit = '', at = ''] = line.split(' ')
      }
    },
    result: (): LeakSearch => ({ leaks, found, secrets: secrets.size, commits, envFiles: [...envFiles].sort() }),
  }
}

/** `b/path`, or the same in quotes with escapes. */
function pathOf(text: string): string {
  const trimmed = text.replace(/\t$/, '')
  const plain = trimmed.startsWith('"') ? trimmed.slice(1, -1).replace(/\\(.)/g, '$1') : trimmed
  return plain.replace(/^b\//, '')
}

/** Calls back with each line, long ones in pieces that overlap; what is kept stays small. */
async function readLines(stream: Readable, take: (line: string, isRest: boolean) => void): Promise<void> {
  let rest = ''
  let isRest = false
  stream.setEncoding('utf8')
  for await (const chunk of stream as AsyncIterable<string>) {
    let text = rest + chunk
    for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n')) {
      take(text.slice(0, end), isRest)
      isRest = false
      text = text.slice(end + 1)
    }
    while (text.length > MAX_PIECE) {
      take(text.slice(0, MAX_PIECE), isRest)
      isRest = true
      text = text.slice(MAX_PIECE - OVERLAP)
    }
    rest = text
  }
  if (rest !== '') take(rest, isRest)
}
