import { isSwitchyardError } from '@switchyard/plugin-kit'
import type { Git } from '../git/git.ts'
import { branchRef, tagRef } from '../git/refs.ts'
import { isAncestor } from './commit.ts'
import { remoteMissing, remoteMoved, remoteUnreachable, stillOutside, tagExists } from './errors.ts'
import type { Cut, Journal } from './journal.ts'

type Plan = Cut['plan']

/** What the remote has of the refs that a release would push. */
export interface RemoteRefs {
  readonly branch: string | undefined
  /** By tag name; those that are not there are left out. */
  readonly tags: ReadonlyMap<string, string>
}

/** @throws REMOTE_MISSING, REMOTE_UNREACHABLE */
export async function lookAtRemote(git: Git, { remote, branch, releases }: Plan): Promise<RemoteRefs> {
  if (remote === null) throw remoteMissing()
  const refs = [branchRef(branch ?? ''), ...releases.map(({ tag }) => tagRef(tag.name))]
  let lines: string[]
  try {
    lines = (await git.text(['ls-remote', '--end-of-options', remote, ...refs])).split('\n').filter((line) => line !== '')
  } catch (error) {
    if (isSwitchyardError(error, 'GIT_FAILED')) throw remoteUnreachable(remote, error)
    throw error
  }
  const found = new Map(lines.map((line) => [line.slice(line.indexOf('\t') + 1), line.slice(0, line.indexOf('\t'))]))
  const tags = new Map<string, string>()
  for (const { tag } of releases) {
    const object = found.get(tagRef(tag.name))
    if (object !== undefined) tags.set(tag.name, object)
  }
  return { branch: found.get(refs[0] ?? ''), tags }
}

/** Whether a push from `from` would only add to what the remote has. @throws REMOTE_MOVED */
export async function assertFollows(git: Git, plan: Plan, there: string | undefined, from: string): Promise<void> {
  if (there === undefined || (await isAncestor(git, there, from))) return
  throw remoteMoved(plan.remote ?? '', plan.branch ?? '')
}

/**
 * Pushes the release's commit and tags, all or none, over exactly what the remote was seen to have. May be repeated: what has
 * arrived is not sent again.
 * @throws REMOTE_MOVED, REMOTE_UNREACHABLE, TAG_EXISTS; after a failure that leaves open what arrived, REMOTE_UNREACHABLE
 */
export async function push(git: Git, journal: Journal, cut: Cut): Promise<void> {
  const { plan, commit = '' } = cut
  const remote = plan.remote ?? ''
  const before = await lookAtRemote(git, plan)
  const arrived = await arrival(git, cut, before)
  if (!arrived.branch) await assertFollows(git, plan, before.branch, commit)
  const refs: string[] = []
  const leases: string[] = []
  const add = (ref: string, object: string, there: string): void => {
    refs.push(`${object}:${ref}`)
    leases.push(`--force-with-lease=${ref}:${there}`)
  }
  if (!arrived.branch) add(branchRef(plan.branch ?? ''), commit, before.branch ?? '')
  for (const [name, object] of Object.entries(cut.tags)) {
    const there = before.tags.get(name)
    if (there === object) continue
    if (there !== undefined || object === null) throw tagExists(name, `in ${remote}`)
    add(tagRef(name), object, '')
  }
  if (refs.length > 0) {
    journal.note(cut.id, { pushed: 'maybe', ...(cut.pushedOver === undefined && { pushedOver: before.branch ?? null }) })
    try {
      await git.run(['push', '--atomic', '--quiet', ...leases, '--end-of-options', remote, ...refs], { hooks: cut.hooks })
    } catch (error) {
      const after = await lookAtRemote(git, plan)
      const { branch, tags } = await arrival(git, cut, after)
      if (!branch && !tags) {
        journal.note(cut.id, { pushed: 'no' })
        if (after.branch !== before.branch) await assertFollows(git, plan, after.branch, commit)
        throw error
      }
      if (!branch || !tags) throw error
    }
  }
  journal.note(cut.id, { pushed: 'yes' })
}

/**
 * Takes the release's refs out of the remote, all or none, and only where they are still the release's.
 * @throws STILL_OUTSIDE where the remote went on from the release, REMOTE_UNREACHABLE
 */
export async function takePushBack(git: Git, journal: Journal, cut: Cut): Promise<void> {
  if (cut.pushed === 'no') return
  const { plan, commit = '' } = cut
  const there = await lookAtRemote(git, plan)
  const refs: string[] = []
  const leases: string[] = []
  const ref = branchRef(plan.branch ?? '')
  if (there.branch === commit) {
    const before = cut.pushedOver ?? ''
    refs.push(`${before}:${ref}`)
    leases.push(`--force-with-lease=${ref}:${commit}`)
  } else if ((await arrival(git, cut, there)).branch) throw stillOutside(`"${plan.branch}" of ${plan.remote} went on from its commit`)
  for (const [name, object] of Object.entries(cut.tags)) {
    if (object === null || there.tags.get(name) !== object) continue
    refs.push(`:${tagRef(name)}`)
    leases.push(`--force-with-lease=${tagRef(name)}:${object}`)
  }
  if (refs.length > 0) await git.run(['push', '--atomic', '--quiet', ...leases, '--end-of-options', plan.remote ?? '', ...refs])
  journal.note(cut.id, { pushed: 'no' })
}

/** Whether the release's commit is in the remote's branch, and any of its tags there. A tip that is not known here is fetched. */
async function arrival(git: Git, { plan, commit = '', tags }: Cut, there: RemoteRefs): Promise<{ branch: boolean; tags: boolean }> {
  const anyTag = Object.entries(tags).some(([name, object]) => object !== null && there.tags.get(name) === object)
  if (there.branch === undefined || there.branch === plan.head) return { branch: false, tags: anyTag }
  if (there.branch !== commit && (await git.run(['cat-file', '-e', there.branch], { ok: [0, 1, 128] })).code !== 0)
    await git.run([
      'fetch',
      '--quiet',
      '--no-tags',
      '--no-write-fetch-head',
      '--refmap=',
      '--end-of-options',
      plan.remote ?? '',
      branchRef(plan.branch ?? ''),
    ])
  return { branch: await isAncestor(git, commit, there.branch), tags: anyTag }
}
