import { type Ports, SIDES, type Slot, slotsOf } from '../handlers/slots.ts'
import { noFreePort } from './errors.ts'
import type { HostState } from './host-state.ts'
import { slotsBefore } from './plan.ts'
import type { Session } from './session.ts'
import type { StepContext } from './step-context.ts'
import { hashOf } from './variables.ts'

/** Ports for the slots of both sides: those they had, else ones that follow from their names, else the next that are free. */
export async function choosePorts(
  { plan, work, session }: Pick<StepContext, 'plan' | 'work' | 'session'>,
  state: HostState | undefined,
  taken: Set<number>,
): Promise<Ports> {
  if (work.config.port === undefined || work.config.handler === 'static') return {}
  const known = state?.services[plan.service]?.ports ?? {}
  const serving = slotsBefore(plan)
  const ports: Partial<Record<Slot, number>> = {}
  for (const slot of SIDES.flatMap((side) => slotsOf(side, plan.to.replicas))) {
    const before = known[slot]
    const chosen =
      serving.includes(slot) && before !== undefined
        ? before
        : await freePort(session, plan.service, candidates(`${work.at.base}/${slot}`, before), taken)
    ports[slot] = chosen
    taken.add(chosen)
  }
  return ports
}

const FIRST_PORT = 20_000
const PORTS = 10_000

/** They follow from where on the host it is: two that are called the same in two places want different ones. */
function candidates(name: string, before: number | undefined): number[] {
  const first = Number.parseInt(hashOf(name, 'port').slice(0, 8), 16)
  const others = Array.from({ length: 50 }, (_, index) => FIRST_PORT + ((first + index * 7) % PORTS))
  return before === undefined ? others : [before, ...others]
}

async function freePort(session: Session, service: string, among: readonly number[], taken: ReadonlySet<number>): Promise<number> {
  for (const port of among) if (!taken.has(port) && (await isFree(session, port))) return port
  throw noFreePort(service)
}

async function isFree({ host }: Session, port: number): Promise<boolean> {
  try {
    const stream = await host.connectPort(port)
    stream.destroy()
    return false
  } catch {
    return true
  }
}
