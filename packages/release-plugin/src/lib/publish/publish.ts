import { isSwitchyardError } from '@switchyard/plugin-kit'
import type { Cut, Journal } from '../cut/journal.ts'
import type { PublishStep } from '../plan/release-plan.ts'
import { commandPublisher } from './command.ts'
import { mayHaveRun } from './errors.ts'
import { forgePublisher } from './forge.ts'
import { npmPublisher } from './npm.ts'
import type { PublishContext, Published, Publisher } from './publisher.ts'

/** How a step is published. */
export function publisherOf(step: PublishStep): Publisher {
  const publishers = { npm: npmPublisher, github: forgePublisher, gitea: forgePublisher, command: commandPublisher }
  return publishers[step.kind] as Publisher
}

/**
 * Publishes one step, and knows afterwards whether it is out. May be repeated: what is out already is not sent again.
 * @throws PUBLISH_FAILED where it is not out; PUBLISH_UNCLEAR, MAY_HAVE_RUN where it may be
 */
export async function publishStep(step: PublishStep, journal: Journal, cut: Cut, context: PublishContext): Promise<void> {
  const publisher = publisherOf(step)
  const state = cut.published[step.id]?.state ?? 'no'
  if (state === 'yes') return
  if (state === 'maybe') {
    const found = await publisher.look(step, context)
    if (found === undefined) throw mayHaveRun(step.id)
    if (found !== 'no') return note('yes', found)
  }
  note('maybe')
  try {
    note('yes', await publisher.publish(step, context))
  } catch (error) {
    if (isSwitchyardError(error, 'CANCELLED') || context.signal.aborted) throw error
    // What a failed call left behind the other side knows; of a program, only a way back that may run in any case.
    const found = await publisher.look(step, context)
    if (found !== undefined && found !== 'no') return note('yes', found)
    if (found === 'no' || publisher.noWayBack(step) !== undefined) note('no')
    throw error
  }

  function note(next: 'no' | 'maybe' | 'yes', published: Published = {}): void {
    noteStep(journal, cut, step, next, published)
  }
}

function noteStep(journal: Journal, cut: Cut, { id }: PublishStep, state: 'no' | 'maybe' | 'yes', published: Published = {}): void {
  journal.note(cut.id, { published: { ...journal.read(cut.id).published, [id]: { state, ...published } } })
}

/** Makes visible what was published unseen. May be repeated. */
export async function showStep(step: PublishStep, journal: Journal, cut: Cut, context: PublishContext): Promise<void> {
  const { state, ...known } = cut.published[step.id] ?? { state: 'no' }
  if (state !== 'yes') return
  const published = await publisherOf(step).show?.(step, known, context)
  if (published !== undefined) noteStep(journal, cut, step, 'yes', published)
}

/** Makes unseen again what `showStep` made visible. May be repeated. */
export async function hideStep(step: PublishStep, journal: Journal, cut: Cut, context: PublishContext): Promise<void> {
  const { state, ...known } = cut.published[step.id] ?? { state: 'no' }
  if (state !== 'yes') return
  const published = await publisherOf(step).hide?.(step, known, context)
  if (published !== undefined) noteStep(journal, cut, step, 'yes', published)
}

/** Takes a step back that is out or may be. May be repeated. @throws NO_WAY_BACK */
export async function takeStepBack(step: PublishStep, journal: Journal, cut: Cut, context: PublishContext): Promise<void> {
  const publisher = publisherOf(step)
  const { state, ...known } = cut.published[step.id] ?? { state: 'no' }
  if (state === 'no') return
  const found = state === 'yes' ? known : await publisher.look(step, context)
  if (found !== 'no') await publisher.takeBack(step, found ?? {}, context)
  noteStep(journal, cut, step, 'no')
}

/** Steps that may have run, of which nothing outside can tell. */
const unclear = ({ plan, published }: Cut): PublishStep[] =>
  plan.publish.filter(({ kind, id }) => kind === 'command' && published[id]?.state === 'maybe')

/** @throws MAY_HAVE_RUN where only a person can say whether a step ran */
export function assertAllClear(cut: Cut): void {
  for (const { id } of unclear(cut)) throw mayHaveRun(id)
}

/** Takes a person's word for steps of which nothing else can tell. */
export function settleSteps(journal: Journal, cut: Cut, ran: boolean): void {
  for (const step of unclear(cut)) noteStep(journal, cut, step, ran ? 'yes' : 'no')
}

/** A step that nothing takes back and that is out; or may be, where nobody can look. */
export function outForGood(cut: Cut): PublishStep | undefined {
  return cut.plan.publish.find(
    (step) => publisherOf(step).noWayBack(step) !== undefined && (cut.published[step.id]?.state === 'yes' || unclear(cut).includes(step)),
  )
}
