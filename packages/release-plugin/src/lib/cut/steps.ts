import { join } from 'node:path'
import type { ChainData, Context, Topic } from '@switchyard/plugin-kit'
import { type Git, openGit } from '../git/git.ts'
import { resolveRef } from '../git/refs.ts'
import type { ReleasePlan } from '../plan/release-plan.ts'
import { runProgram } from '../publish/program.ts'
import { hideStep, publisherOf, publishStep, showStep, takeStepBack } from '../publish/publish.ts'
import type { PublishContext } from '../publish/publisher.ts'
import { commitFiles, isAncestor, plannedBranch, takeCommitBack } from './commit.ts'
import { headMoved, stepUnknown, testsFailed } from './errors.ts'
import * as events from './events.ts'
import { restoreFiles, writeFiles } from './files.ts'
import { assertCanBeTakenBack } from './guard.ts'
import { type Cut, createJournal, type Journal } from './journal.ts'
import { preflight } from './preflight.ts'
import { push, takePushBack } from './push.ts'
import { forgetCut, recordCut } from './record-cut.ts'
import { makeTags, removeTags } from './tag.ts'

/** One step of a cut, as people are told of it. */
export interface CutStep {
  readonly id: string
  readonly says: string
  /** Why it cannot be taken back; absent where it can be. */
  readonly noWayBack?: string
}

/** What doing and undoing a step is given. */
export interface CutRun {
  readonly git: Git
  readonly journal: Journal
  readonly cut: Cut
  readonly ctx: Context
}

interface StepWork {
  run(work: CutRun): Promise<unknown>
  undo(work: CutRun): Promise<unknown>
}

/** What a cut does, in order. */
export function stepsOf({ commit, files, publish, releases, remote, branch, tests }: ReleasePlan, { push }: { push: boolean }): CutStep[] {
  const tags = releases.map(({ tag }) => tag.name).join(', ')
  const published = publish.map((step, index) => {
    const { noWayBack, show } = publisherOf(step)
    const why = noWayBack(step)
    return {
      id: `publish-${index + 1}`,
      says: `publish ${step.id}`,
      isDraft: show !== undefined,
      ...(why !== undefined && { noWayBack: why }),
    }
  })
  return [
    { id: 'begin', says: 'see that nothing stands in the way' },
    ...(tests === null ? [] : [{ id: 'tests', says: `run ${tests.argv.join(' ')}` }]),
    { id: 'files', says: `write ${files.length} file${files.length === 1 ? '' : 's'}` },
    { id: 'commit', says: `commit "${commit.message.split('\n', 1)[0]}" on ${branch ?? 'a detached HEAD'}` },
    { id: 'tag', says: `tag ${tags}` },
    // A draft can be taken back and nothing else needs it, so it comes before what may be out for good.
    ...[...published.filter(({ isDraft }) => isDraft), ...published.filter(({ isDraft }) => !isDraft)].map(
      ({ isDraft: _, ...step }) => step,
    ),
    ...(push
      ? [
          {
            id: 'push',
            says: `push ${branch} and ${tags} to ${remote}`,
            noWayBack: 'others may have it; release.undo takes it back when asked',
          },
        ]
      : []),
    ...(push && publish.some((step) => publisherOf(step).show !== undefined) ? [{ id: 'show', says: 'show what was a draft' }] : []),
    { id: 'end', says: 'close the journal' },
  ]
}

/**
 * A cut as a chain. Every step may be repeated, and is taken back also where it failed half-way; past one without a way back, and
 * where something is outside already, nothing is undone any more.
 */
export function chainOf(cut: Cut, { saga = !isOutForGood(cut) }: { saga?: boolean } = {}): ChainData {
  return {
    name: 'release-cut',
    summary: `Release ${cut.plan.releases.map(({ tag }) => tag.name).join(', ')}`.slice(0, 300),
    saga,
    steps: stepsOf(cut.plan, cut).map(({ id, noWayBack }) => {
      const input = { cut: cut.id, step: id }
      const undo = { call: 'release.step.undo', input }
      const retry = { attempts: 3, delay: '1s' }
      return { id, call: 'release.step.do', input, undo, compensateOnFailure: true, retry, ...(noWayBack !== undefined && { pivot: true }) }
    }),
  }
}

/** Whether something of a cut is, or may be, where nothing takes it back by itself. */
function isOutForGood({ plan, pushed, published }: Cut): boolean {
  return (
    pushed !== 'no' ||
    plan.publish.some((step) => (published[step.id]?.state ?? 'no') !== 'no' && publisherOf(step).noWayBack(step) !== undefined)
  )
}

export async function doStep(cutId: string, step: string, ctx: Context): Promise<void> {
  const work = await openRun(cutId, ctx)
  await workOf(step, work.cut.plan).run(work)
}

/** Takes one step back, if all that is here can be. */
export async function undoStep(cutId: string, step: string, ctx: Context): Promise<void> {
  const work = await openRun(cutId, ctx)
  if (work.cut.state === 'undone') return
  await workOf(step, work.cut.plan).undo(work)
}

async function openRun(cutId: string, ctx: Context): Promise<CutRun> {
  const journal = createJournal(ctx.dataDir)
  const cut = journal.read(cutId)
  return { git: await openGit(cut.plan.root, { signal: ctx.signal }), journal, cut, ctx }
}

function workOf(step: string, { publish }: ReleasePlan): StepWork {
  const own = WORK[step]
  if (own !== undefined) return own
  const index = Number(/^publish-(\d+)$/.exec(step)?.[1]) - 1
  const one = publish[index]
  if (one === undefined) throw stepUnknown(step)
  return {
    run: (work) => publishStep(one, work.journal, work.cut, contextOf(work)),
    undo: (work) => takeStepBack(one, work.journal, work.cut, contextOf(work)),
  }
}

const WORK: Readonly<Record<string, StepWork>> = {
  begin: { run: begin, undo: close },
  tests: { run: runTests, undo: () => Promise.resolve() },
  files: {
    async run({ git, journal, cut }) {
      const tip = await resolveRef(git, 'HEAD')
      // Once committed, the files are the branch's affair.
      if (cut.commit !== undefined && (await isAncestor(git, cut.commit, tip))) return
      if (tip !== cut.plan.head) throw headMoved(await plannedBranch(git, cut), cut.plan.head, tip)
      writeFiles(journal, cut)
    },
    async undo({ git, journal, cut }) {
      await assertCanBeTakenBack(git, cut)
      restoreFiles(journal, cut)
    },
  },
  commit: {
    run: ({ git, journal, cut }) => commitFiles(git, journal, cut),
    async undo({ git, cut }) {
      await assertCanBeTakenBack(git, cut)
      await takeCommitBack(git, cut)
    },
  },
  tag: {
    async run(work) {
      await makeTags(work.git, work.journal, work.cut)
      await tell(work, events.tagged, ({ channel }) => ({ commit: work.cut.commit ?? '', prerelease: channel !== null }))
    },
    async undo({ git, cut }) {
      await assertCanBeTakenBack(git, cut)
      await removeTags(git, cut)
    },
  },
  push: {
    run: ({ git, journal, cut }) => push(git, journal, cut),
    undo: ({ git, journal, cut }) => takePushBack(git, journal, cut),
  },
  show: {
    async run(work) {
      for (const step of work.cut.plan.publish) await showStep(step, work.journal, work.cut, contextOf(work))
    },
    async undo(work) {
      for (const step of work.cut.plan.publish) await hideStep(step, work.journal, work.cut, contextOf(work))
    },
  },
  end: {
    async run(work) {
      const { cut, journal } = work
      const places = cut.plan.publish.map(({ id }) => ({ step: id, url: cut.published[id]?.url ?? null }))
      await tell(work, events.published, () => ({ commit: cut.commit ?? '', pushed: cut.pushed === 'yes', places }))
      if (cut.rehearsal === undefined) await recordCut(cut, work.ctx)
      journal.note(cut.id, { state: 'done' })
    },
    undo: ({ cut, ctx }) => forgetCut(cut, ctx),
  },
}

async function begin({ git, journal, cut, ctx }: CutRun): Promise<void> {
  // A chain that goes over all steps again finds the traces of the one before.
  if (cut.modes !== undefined) return
  await preflight(git, cut.plan, cut)
  const context = { root: cut.plan.root, commit: cut.plan.head, env: envOf(cut), signal: ctx.signal }
  for (const step of cut.plan.publish) await publisherOf(step).check(step, context)
  journal.note(cut.id, { state: 'open' })
}

async function runTests({ cut, ctx }: CutRun): Promise<void> {
  const { root, tests } = cut.plan
  if (tests === null || cut.modes !== undefined) return
  ctx.progress({ message: `running ${tests.argv.join(' ')}` })
  const { code, told } = await runProgram(tests.argv, { cwd: join(root, tests.path), env: envOf(cut), signal: ctx.signal })
  if (code !== 0) throw testsFailed(tests.argv, code, told)
}

/** The last thing to be undone: only where everything is back, it is told that it is. */
async function close(work: CutRun): Promise<void> {
  const { git, journal, cut } = work
  if (cut.modes !== undefined) {
    await assertCanBeTakenBack(git, cut)
    await removeTags(git, cut)
    await takeCommitBack(git, cut)
    restoreFiles(journal, cut)
  }
  await tell(work, events.undone, () => ({}))
  journal.note(cut.id, { state: 'undone' })
}

/** This process's own, and in a rehearsal what leads it to the stand-in. */
const envOf = ({ rehearsal }: Cut): PublishContext['env'] => ({ ...process.env, ...rehearsal?.env })

const contextOf = ({ cut, ctx }: CutRun): PublishContext => ({
  root: cut.plan.root,
  commit: cut.commit ?? '',
  env: envOf(cut),
  signal: ctx.signal,
})

type Release = ReleasePlan['releases'][number]
interface Told {
  project: string
  cut: string
  name: string
  version: string
  tag: string
}

/** Publishes an event for each release of the plan; once, however often the step is repeated. */
export async function tell<more extends object>(
  { cut, ctx }: Pick<CutRun, 'cut' | 'ctx'>,
  topic: Topic<Told & more>,
  more: (release: Release) => more,
): Promise<void> {
  // What is rehearsed has not happened.
  if (cut.rehearsal !== undefined) return
  for (const release of cut.plan.releases) {
    const told = { project: cut.plan.root, cut: cut.id, name: release.name, version: release.to, tag: release.tag.name }
    await ctx.publish(topic, { ...told, ...more(release) }, { idempotencyKey: `${cut.id} ${cut.attempt} ${topic.name} ${release.name}` })
  }
}
