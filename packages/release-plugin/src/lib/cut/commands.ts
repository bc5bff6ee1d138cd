import { resolve } from 'node:path'
import { type Command, type Context, command } from '@switchyard/plugin-kit'
import { z } from 'zod'
import { planInput, projectField } from '../plan/input.ts'
import type { ReleasePlan } from '../plan/release-plan.ts'
import { nothingToRelease, planStale } from './errors.ts'
import { CUT_EXAMPLES } from './examples.ts'
import type { Cut } from './journal.ts'
import { renderCuts } from './render-cut.ts'
import { cutView, viewOf } from './view.ts'

/** A release may build and upload for long. */
const LONGEST_MS = 3_600_000

const version = z.string().optional().describe('Which release: its version, tag or cut id; absent: the newest that fits')
const which = z.object({ project: projectField, version })
const stepInput = z.object({ cut: z.string(), step: z.string() })
const stepOutput = z.object({ step: z.string() })

/** What does the work is loaded when it is asked for: every start of the program reads this file. */
const loadCut = () => import('./cut.ts')
const loadSteps = () => import('./steps.ts')

async function rootOf(folder: string, { workspace, signal }: Context): Promise<string> {
  const { openGit } = await import('../git/git.ts')
  return (await openGit(resolve(workspace, folder), { signal })).root
}

/** @throws CUT_UNKNOWN */
async function find({ project, version: id }: z.output<typeof which>, fits: (cut: Cut) => boolean, ctx: Context): Promise<Cut> {
  const [{ cutOf }, { createJournal }] = await Promise.all([loadCut(), import('./journal.ts')])
  return cutOf(createJournal(ctx.dataDir), await rootOf(project, ctx), id, fits)
}

async function readCut(id: string, { dataDir }: Context): Promise<Cut> {
  const { createJournal } = await import('./journal.ts')
  return createJournal(dataDir).read(id)
}

const stepDo = command({
  summary: 'Do one step of a release that is under way; its chain calls this, nobody else needs to',
  examples: [],
  internal: true,
  effect: 'write',
  idempotent: true,
  timeoutMs: LONGEST_MS,
  input: stepInput,
  output: stepOutput,
  async plan({ cut: id, step }, ctx) {
    const { plan, push } = await readCut(id, ctx)
    const { stepsOf } = await loadSteps()
    const says = stepsOf(plan, { push }).find(({ id }) => id === step)?.says ?? step
    return { summary: says, steps: [{ does: 'run', target: plan.root, detail: says }] }
  },
  undo: (_, input) => ({ command: 'release.step.undo', input }),
  async run({ cut, step }, ctx) {
    await (await loadSteps()).doStep(cut, step, ctx)
    return { step }
  },
})

const stepUndo = command({
  summary: 'Take one step of a release back; its chain calls this, nobody else needs to',
  examples: [],
  internal: true,
  effect: 'destroy',
  idempotent: true,
  timeoutMs: LONGEST_MS,
  input: stepInput,
  output: stepOutput,
  async plan({ cut: id, step }, ctx) {
    const { plan } = await readCut(id, ctx)
    return { summary: `Take back: ${step}`, steps: [{ does: 'run', target: plan.root, detail: `take back: ${step}` }] }
  },
  async run({ cut, step }, ctx) {
    await (await loadSteps()).undoStep(cut, step, ctx)
    return { step }
  },
})

const cutInput = planInput.extend({
  push: z.boolean().default(false).describe('Push commit and tags at the end; nothing is pushed unasked'),
  hooks: z.boolean().default(true).describe("Let the repository's own hooks run, which may refuse the commit or the push"),
  plan: z.string().min(12).optional().describe('Id of the plan that was looked at: refused where something changed since'),
})

/** @throws PLAN_STALE, NOTHING_TO_RELEASE */
async function planFor({ plan: looked, push: _, hooks: __, ...wish }: z.output<typeof cutInput>, ctx: Context): Promise<ReleasePlan> {
  const { makePlan } = await import('../plan/make-plan.ts')
  const plan = await makePlan(wish, ctx)
  if (looked !== undefined && !plan.id.startsWith(looked)) throw planStale()
  if (plan.releases.length === 0) throw nothingToRelease()
  return plan
}

const cut = command({
  summary: 'Cut a release: change the versions and the changelog, commit, tag, publish, and push where asked to',
  description:
    'Does what release.plan shows, as a journaled chain: it happens completely, or everything is taken back. Steps that nothing takes back, ' +
    'such as a publish to npm, are said in the plan and come last; past them the release can be completed by release.resume.',
  examples: CUT_EXAMPLES.cut,
  effect: 'write',
  idempotent: 'key',
  timeoutMs: LONGEST_MS,
  input: cutInput,
  output: cutView,
  async plan(input, ctx) {
    return (await loadCut()).planOfCut(await planFor(input, ctx), input)
  },
  undo: ({ cut: version, project: root }) => ({ command: 'release.undo', input: { project: root, version } }),
  async run(input, ctx) {
    const { beginCut, cutOfKey, resumeCut } = await loadCut()
    const known = cutOfKey(ctx)
    if (known === undefined) return viewOf(await beginCut(await planFor(input, ctx), input, ctx))
    return viewOf(known.state === 'done' ? known : await resumeCut(known.plan.root, known.id, undefined, ctx))
  },
})

const undo = command({
  summary: 'Undo a release: its push, drafts, tag, commit and files, if nobody has built on it',
  description:
    'Works for a release that is under way, ended half-way or is done. Everything is as before afterwards, or nothing is touched: it refuses ' +
    'where somebody committed on top, changed a file of the release, moved its tag, or where npm has it for good.',
  examples: CUT_EXAMPLES.undo,
  effect: 'destroy',
  idempotent: true,
  timeoutMs: LONGEST_MS,
  input: which,
  output: cutView,
  async plan(input, ctx) {
    const cut = await find(input, ({ state }) => state !== 'undone', ctx)
    return (await loadCut()).planOfUndo(cut)
  },
  async run(input, ctx) {
    return viewOf(await (await loadCut()).undoCut(await rootOf(input.project, ctx), input.version, ctx))
  },
})

const resume = command({
  summary: 'Complete a release that was interrupted or ended half-way',
  description: 'Goes on from what stands; nothing that is done is done twice. Also after the process was killed or the machine went down.',
  examples: CUT_EXAMPLES.resume,
  effect: 'write',
  idempotent: true,
  timeoutMs: LONGEST_MS,
  input: which.extend({
    ran: z.boolean().optional().describe('Your word for a publish command of which nobody can see whether it ran when its process died'),
  }),
  output: cutView,
  async plan(input, ctx) {
    const cut = await find(input, ({ state }) => state === 'open', ctx)
    return {
      summary: `Complete the release ${cut.plan.releases.map(({ tag }) => tag.name).join(', ')}`,
      steps: [
        {
          does: 'run',
          target: cut.plan.root,
          detail: (await loadSteps())
            .stepsOf(cut.plan, cut)
            .map(({ says }) => says)
            .join('\n'),
        },
      ],
    }
  },
  async run(input, ctx) {
    return viewOf(await (await loadCut()).resumeCut(await rootOf(input.project, ctx), input.version, input.ran, ctx))
  },
})

const publish = command({
  summary: 'Push a release that was cut without a push, and show its drafts',
  examples: CUT_EXAMPLES.publish,
  effect: 'write',
  idempotent: true,
  timeoutMs: LONGEST_MS,
  input: which,
  output: cutView,
  async plan(input, ctx) {
    const cut = await find(input, ({ state }) => state === 'done', ctx)
    const says = (await loadSteps()).stepsOf(cut.plan, { push: true }).filter(({ id }) => id === 'push' || id === 'show')
    return {
      summary: `Publish the release ${cut.plan.releases.map(({ tag }) => tag.name).join(', ')}`,
      steps: says.map((step) => ({ does: 'send', target: step.says })),
    }
  },
  undo: ({ cut: version, project: root }) => ({ command: 'release.unpublish', input: { project: root, version } }),
  async run(input, ctx) {
    return viewOf(await (await loadCut()).publishCut(await rootOf(input.project, ctx), input.version, ctx))
  },
})

const unpublish = command({
  summary: 'Take the push of a release back out of the remote, if nobody went on from it; commit and tag stay here',
  examples: CUT_EXAMPLES.unpublish,
  effect: 'destroy',
  idempotent: true,
  rare: true,
  timeoutMs: LONGEST_MS,
  input: which,
  output: cutView,
  async plan(input, ctx) {
    const found = await find(input, ({ state }) => state === 'done', ctx)
    const tags = found.plan.releases.map(({ tag }) => tag.name).join(', ')
    const detail = `move ${found.plan.branch} back and remove ${tags}, if nobody went on from them`
    return { summary: `Take the push of ${tags} back`, steps: [{ does: 'send', target: found.plan.remote ?? '', detail }] }
  },
  async run(input, ctx) {
    return viewOf(await (await loadCut()).unpublishCut(await rootOf(input.project, ctx), input.version, ctx))
  },
})

const status = command({
  summary: 'Show the releases cut here: done, undone, under way or half-made, and what to do next',
  examples: CUT_EXAMPLES.status,
  effect: 'read',
  input: which.extend({ limit: z.int().min(1).max(1_000).default(10) }),
  output: z.object({ cuts: z.array(cutView), text: z.string().describe('The same for people') }),
  async run(input, ctx) {
    const { createJournal } = await import('./journal.ts')
    const all = async (): Promise<Cut[]> => createJournal(ctx.dataDir).list(await rootOf(input.project, ctx))
    const cuts = input.version === undefined ? await all() : [await find(input, () => true, ctx)]
    const shown = cuts.slice(0, input.limit).map(viewOf)
    return { cuts: shown, text: renderCuts(shown) }
  },
})

export const cutCommands = {
  cut,
  undo,
  resume,
  publish,
  unpublish,
  status,
  'step.do': stepDo,
  'step.undo': stepUndo,
} as const satisfies Readonly<Record<string, Command>>
