import type { Git } from './git.ts'

/** One path that is not as HEAD has it. */
interface ChangedPath {
  /** Relative to the root, with slashes; where its bytes are no UTF-8, they are read as Latin-1. */
  readonly path: string
  /** What git calls it: two letters, the index's and the work tree's; `??` where it is not tracked. */
  readonly state: string
  readonly kind: 'changed' | 'conflict' | 'untracked'
}

export interface Status {
  /** The commit that is checked out; undefined before the first. */
  readonly head: string | undefined
  /** Without `refs/heads/`; undefined where HEAD is detached. */
  readonly branch: string | undefined
  /** Such as `origin/main`. */
  readonly upstream: string | undefined
  /** Commits that the other side lacks, as far as the last fetch knows; undefined without an upstream that exists. */
  readonly ahead: number | undefined
  readonly behind: number | undefined
  readonly paths: readonly ChangedPath[]
}

/** What is checked out, and what differs from it. Ignored files are left out; folders of untracked files are told as one. */
export async function readStatus(git: Git): Promise<Status> {
  const records = await git.list([
    'status',
    '--porcelain=v2',
    '-z',
    '--branch',
    '--no-renames',
    '--untracked-files=normal',
    '--ignore-submodules=none',
  ])
  const facts = new Map<string, string>()
  const paths: ChangedPath[] = []
  for (const record of records) {
    const kind = record[0]
    if (kind === '#') {
      const [, name = '', value = ''] = /^# (\S+) ?(.*)$/s.exec(record) ?? []
      facts.set(name, value)
    } else if (kind === '?') paths.push({ path: record.slice(2), state: '??', kind: 'untracked' })
    else if (kind === '1') paths.push({ path: afterFields(record, 8), state: record.slice(2, 4), kind: 'changed' })
    else if (kind === 'u') paths.push({ path: afterFields(record, 10), state: record.slice(2, 4), kind: 'conflict' })
  }
  const head = facts.get('branch.oid')
  const branch = facts.get('branch.head')
  const [, ahead, behind] = /^\+(\d+) -(\d+)$/.exec(facts.get('branch.ab') ?? '') ?? []
  return {
    head: head === '(initial)' ? undefined : head,
    branch: branch === '(detached)' ? undefined : branch,
    upstream: facts.get('branch.upstream'),
    ahead: ahead === undefined ? undefined : Number(ahead),
    behind: behind === undefined ? undefined : Number(behind),
    paths,
  }
}

/** A path may hold spaces itself: only the fields before it are counted. */
function afterFields(record: string, fields: number): string {
  let at = 0
  for (let field = 0; field < fields; field++) at = record.indexOf(' ', at) + 1
  return record.slice(at)
}
