import { randomBytes } from 'node:crypto'
import { type ChainOutcome, type Context, chains, type Plan } from '@switchyard/plugin-kit'
import { openGit } from '../git/git.ts'
import type { ReleasePlan } from '../plan/release-plan.ts'
import { assertAllClear, outForGood, settleSteps } from '../publish/publish.ts'
import { cutUnknown, notPublishable, notResumable, notUndoable, releaseFailed, releaseHalfMade } from './errors.ts'
import * as events from './events.ts'
import { sha256 } from './files.ts'
import { assertCanBeTakenBack } from './guard.ts'
import { type Cut, createJournal, type Journal } from './journal.ts'
import { preflight } from './preflight.ts'
import { chainOf, stepsOf, tell, undoStep } from './steps.ts'

export interface CutOptions {
  readonly push: boolean
  readonly hooks: boolean
  readonly rehearsal?: NonNullable<Cut['rehearsal']>
}

/** What cutting a plan would do, for whoever approves it. */
export function planOfCut(plan: ReleasePlan, options: CutOptions): Plan {
  const tags = plan.releases.map(({ tag }) => tag.name).join(', ')
  const steps: Plan['steps'][number][] = []
  if (plan.tests !== null) steps.push({ does: 'run', target: plan.tests.argv.join(' '), detail: 'before anything is changed' })
  for (const { path, before, diff } of plan.files) steps.push({ does: before === null ? 'create' : 'change', target: path, detail: diff })
  const warnings = [...plan.warnings]
  for (const { id, says, noWayBack } of stepsOf(plan, options)) {
    if (noWayBack !== undefined) warnings.push(`${says}: ${noWayBack}`)
    if (id === 'commit' || id === 'tag') steps.push({ does: 'run', target: 'git', detail: says })
    if (id === 'push' || id.startsWith('publish-')) steps.push({ does: 'send', target: says.replace(/^(publish|push) /, '') })
  }
  if (!options.push) warnings.push('nothing is pushed: pass --push, or later: switchyard release publish')
  const blocked = plan.readiness.checks.filter(({ status }) => status === 'fail').map(({ title, found }) => `stops it: ${title}: ${found}`)
  // The plan's id makes an approval hold for this plan alone.
  return { summary: `Release ${tags || 'nothing'} (plan ${plan.id.slice(0, 12)})`, steps, warnings: [...blocked, ...warnings] }
}

/** Begins a cut and waits until it is done, or taken back. @throws what stood in its way, RELEASE_HALF_MADE where something of it stays */
export async function beginCut(plan: ReleasePlan, { push, hooks, rehearsal }: CutOptions, ctx: Context): Promise<Cut> {
  const journal = createJournal(ctx.dataDir)
  const git = await openGit(plan.root, { signal: ctx.signal })
  // Before there is a journal to close: most releases that cannot be made end here.
  await preflight(git, plan, { push })
  const cut: Cut = {
    id: cutIdOf(ctx.idempotencyKey) ?? `cut-${randomBytes(5).toString('hex')}`,
    plan,
    startedMs: ctx.clock.now(),
    push,
    hooks,
    state: 'open',
    attempt: 0,
    tags: {},
    pushed: 'no',
    published: {},
    ...(rehearsal !== undefined && { rehearsal }),
  }
  // The store's one writer at a time is what keeps two processes from beginning at once.
  ctx.store.transact(() => journal.begin(cut))
  await tell({ cut, ctx }, events.planned, () => ({}))
  return await runChain(journal, cut.id, ctx)
}

/** The cut that a call with this key began; also by a process that has died since. */
export function cutOfKey(ctx: Pick<Context, 'dataDir' | 'idempotencyKey'>): Cut | undefined {
  const id = cutIdOf(ctx.idempotencyKey)
  if (id === undefined) return undefined
  const journal = createJournal(ctx.dataDir)
  return journal.has(id) ? journal.read(id) : undefined
}

const cutIdOf = (key: string | undefined): string | undefined => (key === undefined ? undefined : `cut-${sha256(key).slice(0, 10)}`)

/** Completes a cut that is under way, whatever ended the run before; one that is done stays so. @throws NOT_RESUMABLE, what stands in its way now */
export async function resumeCut(root: string, id: string | undefined, ran: boolean | undefined, ctx: Context): Promise<Cut> {
  const journal = createJournal(ctx.dataDir)
  const cut = cutOf(journal, root, id, ({ state }) => state === 'open')
  if (cut.state === 'done') return cut
  if (cut.state === 'undone') throw notResumable(cut.id, cut.state)
  if (ran !== undefined) settleSteps(journal, cut, ran)
  else assertAllClear(cut)
  if (cut.chain !== undefined) {
    const { state, id: chain } = await ctx.call(chains.show, { id: cut.chain })
    if (!hasEnded(state)) return settle(journal, cut.id, await ctx.call(chains.resume, { id: chain }))
  }
  return runChain(journal, cut.id, ctx)
}

/**
 * Takes a cut back, whole or not at all: of one under way what is done, of one that is done everything, with the push where that is
 * asked for. @throws NOT_UNDOABLE, STILL_OUTSIDE, COMMITTED_ON_TOP and what else would lose somebody's work
 */
export async function undoCut(root: string, id: string | undefined, ctx: Context): Promise<Cut> {
  const journal = createJournal(ctx.dataDir)
  let cut = cutOf(journal, root, id, ({ state }) => state !== 'undone')
  if (cut.state === 'undone') return cut
  const out = outForGood(cut)
  if (out !== undefined) throw notUndoable(cut.id, `nothing of it may be out for good: ${out.id} is, or may be`)
  if (cut.chain !== undefined && !hasEnded((await ctx.call(chains.show, { id: cut.chain })).state)) {
    await ctx.call(chains.cancel, { id: cut.chain, undo: true })
    cut = journal.read(cut.id)
    if (cut.state === 'undone') return cut
  }
  const steps = stepsOf(cut.plan, cut)
  const git = await openGit(cut.plan.root, { signal: ctx.signal })
  // First whether everything here can be taken back, as if nothing were outside; then outside, and last here.
  await assertCanBeTakenBack(git, { ...cut, pushed: 'no', published: {} })
  cut = journal.note(cut.id, { state: 'open' })
  for (const { id: step } of steps.toReversed()) await undoStep(cut.id, step, ctx)
  return journal.read(cut.id)
}

/** What taking a cut back would do, for whoever approves it. */
export function planOfUndo({ plan, commit, modes, tags, pushed, published }: Cut): Plan {
  const steps: Plan['steps'][number][] = []
  if (pushed !== 'no')
    steps.push({
      does: 'send',
      target: plan.remote ?? '',
      detail: `move ${plan.branch} back and remove ${Object.keys(tags).join(', ')}, if nobody went on from them`,
    })
  for (const { id } of plan.publish.toReversed())
    if ((published[id]?.state ?? 'no') !== 'no') steps.push({ does: 'send', target: id, detail: 'take back' })
  for (const tag of Object.keys(tags)) steps.push({ does: 'run', target: 'git', detail: `remove the tag ${tag}` })
  if (commit !== undefined) steps.push({ does: 'run', target: 'git', detail: `move ${plan.branch} back from ${commit.slice(0, 12)}` })
  if (modes !== undefined)
    for (const { path, before } of plan.files)
      steps.push({ does: before === null ? 'remove' : 'change', target: path, detail: 'as it was before' })
  if (steps.length === 0) steps.push({ does: 'change', target: plan.root, detail: 'nothing is left to take back' })
  return { summary: `Take back the release ${plan.releases.map(({ tag }) => tag.name).join(', ')}`, steps }
}

/** Takes the push of a cut back, and hides what was shown with it; commit and tag stay here. May be repeated. */
export async function unpublishCut(root: string, id: string | undefined, ctx: Context): Promise<Cut> {
  const journal = createJournal(ctx.dataDir)
  const cut = cutOf(journal, root, id, ({ state }) => state === 'done')
  if (cut.pushed === 'no') return cut
  for (const step of ['show', 'push']) await undoStep(cut.id, step, ctx)
  return journal.note(cut.id, { push: false })
}

/** Pushes a cut that is done and was not pushed, and shows its drafts; where that fails, it is as before. */
export async function publishCut(root: string, id: string | undefined, ctx: Context): Promise<Cut> {
  const journal = createJournal(ctx.dataDir)
  const cut = cutOf(journal, root, id, ({ state }) => state === 'done')
  if (cut.state !== 'done') throw notPublishable(cut.id, cut.state)
  if (cut.pushed === 'yes') return cut
  journal.note(cut.id, { push: true, state: 'open' })
  try {
    return await runChain(journal, cut.id, ctx, { saga: false })
  } catch (error) {
    if (journal.read(cut.id).pushed === 'no') journal.note(cut.id, { push: false, state: 'done' })
    throw error
  }
}

async function runChain(journal: Journal, id: string, ctx: Context, options: { saga?: boolean } = {}): Promise<Cut> {
  const { attempt } = journal.read(id)
  const cut = journal.note(id, { attempt: attempt + 1 })
  const { id: chain } = await ctx.call(chains.start, { chain: chainOf(cut, options) }, { idempotencyKey: `${id} ${attempt + 1}` })
  journal.note(id, { chain })
  return settle(journal, id, await ctx.call(chains.resume, { id: chain }))
}

/** A cut that is done, or the error that says what became of it. */
function settle(journal: Journal, id: string, outcome: ChainOutcome): Cut {
  const cut = journal.read(id)
  if (outcome.state === 'done' && cut.state === 'done') return cut
  const { code = 'RELEASE_FAILED', message = `the chain is ${outcome.state}`, next } = outcome.error ?? {}
  if (cut.state === 'undone') throw releaseFailed(id, code, message, next)
  throw releaseHalfMade(id, code, message, outcome)
}

/** The cut of that id or tag; without one, the newest that fits, or else the newest. @throws CUT_UNKNOWN */
export function cutOf(journal: Journal, root: string, id: string | undefined, fits: (cut: Cut) => boolean): Cut {
  const all = journal.list(root)
  const names = ({ id: own, plan }: Cut): string[] => [own, ...plan.releases.flatMap(({ tag, to }) => [tag.name, to])]
  const found =
    id === undefined
      ? (all.find(fits) ?? all[0])
      : (all.find((cut) => names(cut).includes(id) && fits(cut)) ?? all.find((cut) => names(cut).includes(id)))
  if (found === undefined) throw cutUnknown(id ?? 'latest', root)
  return found
}

const hasEnded = (state: ChainOutcome['state']): boolean => ['done', 'failed', 'undone', 'compensation_failed', 'cancelled'].includes(state)
