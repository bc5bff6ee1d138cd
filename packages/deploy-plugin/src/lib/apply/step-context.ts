import type { Context } from '@switchyard/plugin-kit'
import type { Desired, Handler, Instance, Work } from '../handlers/handler.ts'
import type { Slot } from '../handlers/slots.ts'
import { deployPlanStale, stepUnknown } from './errors.ts'
import { canonical, type HostState, keptOf, readState, type Version } from './host-state.ts'
import { type ServicePlan, slotsBefore } from './plan.ts'
import type { Run, Runs } from './run.ts'
import type { Session } from './session.ts'
import { hashOf, type Variables } from './variables.ts'

/** What doing and undoing a step of a whole run is given. */
export interface RunContext {
  readonly run: Run
  readonly runs: Runs
  readonly session: Session
  readonly ctx: Context
}

/** The same for a step of one service. */
export interface StepContext extends RunContext {
  readonly plan: ServicePlan
  readonly work: Work
  readonly plain: Work
  readonly handler: Handler
}

/** One step: both ways may be gone again and again. */
export interface Doing<context> {
  run(context: context): Promise<void>
  undo(context: context): Promise<void>
}

export const nothing = async (): Promise<void> => {}

export async function stepContext({ run, runs, session, ctx }: RunContext, service: string): Promise<StepContext> {
  const plan = run.plan.services.find((one) => one.service === service)
  if (plan === undefined) throw stepUnknown(service)
  return { run, runs, plan, session, ctx, ...(await workOfPlan(run, plan, session, ctx)) }
}

/** A service as its plan wants it: what is deployed has the variables of now, a release that was kept those it had. */
export async function workOfPlan(
  { plan: { kind } }: Pick<Run, 'plan'>,
  { service, to }: ServicePlan,
  session: Session,
  ctx: Parameters<Session['workOf']>[1],
): ReturnType<Session['workOf']> {
  const given = kind === 'apply' ? undefined : await keptVariables(session, service, to.settings)
  return session.workOf(service, ctx, given)
}

/** The variables that a release had; undefined where the host remembers none. */
export async function keptVariables({ host, live }: Session, service: string, settings = ''): Promise<Variables | undefined> {
  const bytes = settings === '' ? undefined : await host.readFile(live.service(service).settings(settings))
  return bytes && (JSON.parse(bytes.toString('utf8')) as Variables)
}

export async function keepVariables({ host, live }: Session, service: string, settings: string, variables: Variables): Promise<void> {
  const file = live.service(service).settings(settings)
  await host.makeFolder(file.slice(0, file.lastIndexOf('/')), 0o700)
  await host.writeFile(file, JSON.stringify(variables), { mode: 0o600 })
}

/** What is to be started: of an apply as the project says it now, which must be what was planned; else as the host kept it. */
export async function wantedOf({ run, plan, session, plain, handler }: StepContext): Promise<Desired> {
  const state = await readState(session.host, session.live)
  if (run.plan.kind !== 'apply') {
    const kept = keptOf(state, plan.service, versionTo(plan))
    if (kept === undefined) throw deployPlanStale(`"${plan.service}" keeps ${plan.to.release} no more`)
    return {
      release: kept.release,
      reference: kept.reference,
      spec: kept.spec,
      strategy: plan.strategy,
      volumes: {},
      warnings: [],
      fetch: 'none',
    }
  }
  const desired = await handler.desired(plain)
  const { release } = run.facts[plan.service] ?? {}
  const known = release ?? plan.to.release
  if (known !== undefined && desired.release !== undefined && desired.release !== known && plan.fetch !== 'build')
    throw deployPlanStale(`${plan.to.reference} became ${desired.release}`)
  if (plan.specHash !== undefined && state !== undefined && hashOf(canonical(desired.spec), state.key) !== plan.specHash)
    throw deployPlanStale(`the settings of "${plan.service}" changed`)
  return known === undefined ? desired : { ...desired, release: known }
}

const versionTo = ({ to: { release = '', settings = '' } }: ServicePlan): Version => ({ release, settings })

/** What is deployed, in one of its slots. */
export async function instanceOf(step: StepContext, slot: Slot = step.plan.to.slot): Promise<Instance> {
  const { plan, run } = step
  const { spec, release } = await wantedOf(step)
  const facts = run.facts[plan.service] ?? {}
  const known = facts.release ?? release
  if (known === undefined) throw deployPlanStale(`${plan.to.reference} is not on the host`)
  return { slot, release: known, spec, port: facts.ports?.[slot] }
}

/** What served before, in each of its slots. */
export async function instancesBefore({ plan, session }: StepContext): Promise<Instance[]> {
  const state = await readState(session.host, session.live)
  return instancesIn(state, plan)
}

function instancesIn(state: HostState | undefined, plan: ServicePlan): Instance[] {
  const kept = plan.from && keptOf(state, plan.service, plan.from)
  if (kept === undefined) return []
  const { release, spec } = kept
  return slotsBefore(plan).map((slot) => ({ slot, release, spec, port: state?.services[plan.service]?.ports[slot] }))
}
