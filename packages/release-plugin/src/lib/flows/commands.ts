import { createHash } from 'node:crypto'
import { join, resolve } from 'node:path'
import { type ChainData, type Context, chains, command } from '@switchyard/plugin-kit'
import { z } from 'zod'
import type { Git } from '../git/git.ts'
import { projectField } from '../plan/input.ts'
import { backportFailed, branchUnknown } from './errors.ts'
import { FLOW_EXAMPLES } from './examples.ts'

const LONG_MS = 300_000

/** What does the work is loaded when it is asked for: every start of the program reads this file. */
const loadBranch = () => import('./branch.ts')
const loadPick = () => import('./pick.ts')
const loadRefs = () => import('../git/refs.ts')

async function gitOf(project: string, { workspace, signal }: Context): Promise<Git> {
  const { openGit } = await import('../git/git.ts')
  return openGit(resolve(workspace, project), { signal })
}
/** Where a branch stands. @throws BAD_REF_NAME */
async function tipOf(git: Git, name: string): Promise<string | undefined> {
  const { branchRef, resolveRef } = await loadRefs()
  return resolveRef(git, branchRef(name))
}

const branchName = z.string().min(1).describe('Such as hotfix/login or release/1.x')

const begun = z.object({
  project: z.string(),
  branch: z.string(),
  commit: z.string().describe('Where it stands'),
  from: z.string(),
  isNew: z.boolean(),
  back: z.string().nullable().describe('The branch that was checked out before; null where HEAD was detached'),
})

const branch = command({
  summary: 'Begin a branch for a hotfix or a release line, at the last release unless told otherwise',
  examples: FLOW_EXAMPLES.branch,
  effect: 'write',
  idempotent: 'key',
  timeoutMs: LONG_MS,
  input: z.object({
    project: projectField,
    name: branchName,
    from: z.string().min(1).optional().describe('Tag, branch or commit; absent: the last release'),
    switch: z.boolean().default(true).describe('Check it out'),
    reuse: z.boolean().default(false).describe('Take a branch of that name that is there'),
  }),
  output: begun,
  async plan(input, ctx) {
    const git = await gitOf(input.project, ctx)
    const { from, commit } = await (await loadBranch()).startOf(git, input.name, input.from)
    const detail = `begin ${input.name} at ${from} (${commit.slice(0, 12)})${input.switch ? ' and check it out' : ''}`
    return { summary: `Begin the branch ${input.name} at ${from}`, steps: [{ does: 'run', target: 'git', detail }] }
  },
  undo: ({ project, branch: name, commit, back, isNew }) =>
    isNew ? { command: 'release.branch.remove', input: { project, name, commit, back } } : undefined,
  async run(input, ctx) {
    const git = await gitOf(input.project, ctx)
    const { beginBranch, checkOutBranch, startOf } = await loadBranch()
    const { currentBranch } = await loadRefs()
    const there = await tipOf(git, input.name)
    if (input.reuse && there !== undefined) {
      const back = (await currentBranch(git)) ?? null
      if (input.switch) await checkOutBranch(git, input.name)
      return { project: git.root, branch: input.name, commit: there, from: input.name, isNew: false, back }
    }
    const start = await startOf(git, input.name, input.from)
    return { project: git.root, ...(await beginBranch(git, start, input.switch, noteOf(ctx))), isNew: true }
  },
})

/** Where a call with a key notes what it begins. */
function noteOf({ dataDir, idempotencyKey: key }: Context): string | undefined {
  return key === undefined ? undefined : join(dataDir, 'branches', createHash('sha256').update(key).digest('hex').slice(0, 20))
}

const branchRemove = command({
  summary: 'Remove a branch that has no commits of its own, the way back of release.branch',
  examples: FLOW_EXAMPLES['branch.remove'],
  effect: 'destroy',
  rare: true,
  idempotent: true,
  input: z.object({
    project: projectField,
    name: branchName,
    commit: z.string().min(1).describe('Where it must still stand'),
    back: z.string().nullable().default(null).describe('What is checked out instead where it is'),
  }),
  output: z.object({ branch: z.string() }),
  plan: ({ name }) => ({ summary: `Remove the branch ${name}`, steps: [{ does: 'remove', target: `branch ${name}` }] }),
  async run({ project, name, commit, back }, ctx) {
    const git = await gitOf(project, ctx)
    const [stand = ''] = await (await loadPick()).commitsOf(git, [commit])
    await (await loadBranch()).removeBranch(git, name, stand, back)
    return { branch: name }
  },
})

const pickedOutput = z.object({
  project: z.string(),
  branch: z.string(),
  before: z.string(),
  after: z.string(),
  picked: z.array(z.object({ from: z.string(), to: z.string() })),
  skipped: z.array(z.string()).describe('Commits whose change the branch has already'),
})

const portPick = command({
  summary: 'Put commits on a branch that nobody has checked out; the chain of release.backport calls this',
  examples: [],
  internal: true,
  effect: 'write',
  idempotent: true,
  timeoutMs: LONG_MS,
  input: z.object({ project: projectField, branch: branchName, onto: z.string(), commits: z.array(z.string()).min(1) }),
  output: pickedOutput,
  plan: ({ branch: name, commits }) => ({
    summary: `Put ${commits.length} commits on ${name}`,
    steps: commits.map((commit) => ({ does: 'run', target: 'git', detail: `cherry-pick ${commit.slice(0, 12)} onto ${name}` })),
  }),
  undo: ({ project, branch: name, before, after }) => ({ command: 'release.port.unpick', input: { project, branch: name, before, after } }),
  async run({ project, branch: name, onto, commits }, ctx) {
    const git = await gitOf(project, ctx)
    const [tip = '', ...full] = await (await loadPick()).commitsOf(git, [onto, ...commits])
    return { project: git.root, branch: name, ...(await (await loadPick()).pick(git, name, tip, full, ctx.dataDir)) }
  },
})

const portUnpick = command({
  summary: 'Take ported commits off a branch, if nobody went on from them; the way back of release.backport',
  examples: [],
  internal: true,
  effect: 'destroy',
  idempotent: true,
  input: z.object({ project: projectField, branch: branchName, before: z.string(), after: z.string(), remove: z.boolean().default(false) }),
  output: z.object({ branch: z.string() }),
  plan: ({ branch: name, before }) => ({
    summary: `Move ${name} back`,
    steps: [{ does: 'run', target: 'git', detail: `move ${name} back to ${before.slice(0, 12)}` }],
  }),
  async run({ project, branch: name, before, after, remove }, ctx) {
    const git = await gitOf(project, ctx)
    const [from = '', to = ''] = await (await loadPick()).commitsOf(git, [before, after])
    await (await loadPick()).unpick(git, name, { before: from, after: to, remove })
    return { branch: name }
  },
})

const backport = command({
  summary: 'Port commits back to the branch of an older release, without touching what is checked out',
  description: 'Each commit says where it comes from. Where one conflicts, nothing is changed and the files are named.',
  examples: FLOW_EXAMPLES.backport,
  effect: 'write',
  timeoutMs: LONG_MS,
  input: z.object({
    project: projectField,
    commits: z.array(z.string().min(1)).min(1).default(['HEAD']).describe('Oldest first; absent: the last one'),
    to: branchName,
    from: z.string().min(1).optional().describe('Where the branch begins if there is none yet, such as v1.4.0'),
  }),
  output: pickedOutput.extend({ isNew: z.boolean().describe('Whether the branch was begun for it') }),
  async plan(input, ctx) {
    const git = await gitOf(input.project, ctx)
    const commits = await (await loadPick()).commitsOf(git, input.commits)
    const isThere = (await tipOf(git, input.to)) !== undefined
    if (!isThere && input.from === undefined) throw branchUnknown(input.to)
    const begin = isThere ? [] : [{ does: 'run' as const, target: 'git', detail: `begin ${input.to} at ${input.from}` }]
    const picks = commits.map((commit) => ({
      does: 'run' as const,
      target: 'git',
      detail: `cherry-pick ${commit.slice(0, 12)} onto ${input.to}`,
    }))
    return { summary: `Port ${commits.length} commit${commits.length === 1 ? '' : 's'} back to ${input.to}`, steps: [...begin, ...picks] }
  },
  undo: ({ project, branch: name, before, after, isNew }) => ({
    command: 'release.port.unpick',
    input: { project, branch: name, before, after, remove: isNew },
  }),
  async run({ project, commits, to, from }, ctx) {
    const git = await gitOf(project, ctx)
    const isNew = (await tipOf(git, to)) === undefined
    if (isNew && from === undefined) throw branchUnknown(to)
    const full = await (await loadPick()).commitsOf(git, commits)
    const outcome = await ctx.call(chains.run, { chain: backportChain, input: { project: git.root, to, from: from ?? to, commits: full } })
    if (outcome.state !== 'done')
      throw backportFailed(outcome.error?.code ?? 'BACKPORT_FAILED', outcome.error?.message ?? `the chain is ${outcome.state}`)
    return { ...pickedOutput.parse(outcome.output), isNew }
  },
})

/** Begins the branch where there is none, then picks; what fails is taken back. */
const backportChain: ChainData = {
  name: 'release-backport',
  summary: 'Port commits back to a release branch',
  input: {
    project: { type: 'string' },
    to: { type: 'string' },
    from: { type: 'string' },
    commits: { type: 'list', items: { type: 'string' } },
  },
  steps: [
    {
      id: 'branch',
      call: 'release.branch',
      input: { project: '${{ input.project }}', name: '${{ input.to }}', from: '${{ input.from }}', switch: false, reuse: true },
    },
    {
      id: 'pick',
      call: 'release.port.pick',
      input: {
        project: '${{ input.project }}',
        branch: '${{ input.to }}',
        onto: '${{ steps.branch.output.commit }}',
        commits: '${{ input.commits }}',
      },
    },
  ],
}

export const flowCommands = {
  branch,
  'branch.remove': branchRemove,
  backport,
  'port.pick': portPick,
  'port.unpick': portUnpick,
}
