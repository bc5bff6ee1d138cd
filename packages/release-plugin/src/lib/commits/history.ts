import { decodeBytes, type Git, splitNul } from '../git/git.ts'
import { type Commit, parseCommit } from './commit.ts'

export interface HistoryOptions {
  /** Where to stop, which is left out itself; absent: the beginning. */
  from?: string | undefined
  /** @default HEAD */
  to?: string
  /** The folder whose history alone is wanted, relative to the root. @default all of it */
  path?: string
}

/** Of a commit; the mark is "-" for one that was only looked at, where the asked-for ones end. */
const FIELDS = ['%m', '%H', '%P', '%aN', '%aE', '%aI', '%B']
const LOG = ['log', '-z', '--topo-order', '--no-merges', `--format=${FIELDS.join('%x00')}`]

/**
 * Commits after `from`, children before their parents; git walks no further back than `from`. Merges are left out: what they bring
 * in is there by itself.
 */
export async function readHistory(git: Git, { from, to = 'HEAD', path = '.' }: HistoryOptions = {}): Promise<Commit[]> {
  const range = from === undefined ? to : `${from}..${to}`
  return parseLog(await git.list([...LOG, '--end-of-options', range, '--', ...(path === '.' ? [] : [path])])).commits
}

/**
 * The same since a commit that HEAD is thought to stand on; undefined where that is not sure. Asks git once for what is else asked
 * twice: a process is the most that any of it costs.
 */
export async function readHistorySince(git: Git, from: string): Promise<Commit[] | undefined> {
  const { code, stdout } = await git.run([...LOG, '--boundary', '--end-of-options', `${from}..HEAD`, '--'], { ok: [0, 128] })
  if (code !== 0) return undefined
  const { commits, boundary } = parseLog(splitNul(stdout).map(decodeBytes))
  // The parent of a commit that was asked for is an ancestor of HEAD.
  return boundary.has(from) ? commits : undefined
}

function parseLog(fields: readonly string[]): { commits: Commit[]; boundary: Set<string> } {
  const commits: Commit[] = []
  const boundary = new Set<string>()
  for (let at = 0; at + FIELDS.length <= fields.length; at += FIELDS.length) {
    const [mark, id = '', parents = '', name = '', email = '', date = '', message = ''] = fields.slice(at, at + FIELDS.length)
    if (mark === '-') boundary.add(id)
    else commits.push(parseCommit({ id, parents: parents === '' ? [] : parents.split(' '), author: { name, email }, date, message }))
  }
  return { commits, boundary }
}

/**
 * The commits that still have an effect: a revert and what it takes back cancel out where both are there.
 * Wants children before parents; a revert that is itself taken back has no effect.
 */
export function withoutReverted<commit extends Commit>(commits: readonly commit[]): commit[] {
  const gone = new Set<commit>()
  // Short ids are looked up in a sorted list, so that many reverts in a long history stay cheap.
  const sorted = commits.some(({ reverts }) => reverts !== null) ? commits.toSorted((a, b) => (a.id < b.id ? -1 : 1)) : []
  for (const commit of commits) {
    if (commit.reverts === null || gone.has(commit)) continue
    const target = byShortId(sorted, commit.reverts.toLowerCase())
    if (target === undefined || target === commit || gone.has(target)) continue
    gone.add(target).add(commit)
  }
  return gone.size === 0 ? [...commits] : commits.filter((commit) => !gone.has(commit))
}

/** Undefined where none or several begin so. */
function byShortId<commit extends Commit>(sorted: readonly commit[], id: string): commit | undefined {
  if (id.length < 7) return undefined
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((sorted[middle]?.id ?? '') < id) low = middle + 1
    else high = middle
  }
  const found = sorted[low]
  return found?.id.startsWith(id) && !sorted[low + 1]?.id.startsWith(id) ? found : undefined
}
