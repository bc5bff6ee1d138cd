import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Context, isSwitchyardError } from '@switchyard/plugin-kit'
import { errorLinesOf } from '../gate/error-lines.ts'
import { readState, servingOf } from './host-state.ts'
import { shortRelease } from './paths.ts'
import type { ServicePlan } from './plan.ts'
import { createRuns, type Run } from './run.ts'
import type { Session } from './session.ts'
import { workOfPlan } from './step-context.ts'
import { createHider, differenceOf, type Variables } from './variables.ts'

const LOG_LINES = 60

/**
 * Writes the page that says why a step failed, while what failed is still there to be asked, and keeps the failure with the run. What
 * cannot be found out is said to be so: the page never fails a deployment that has failed already.
 */
export async function tellWhy(run: Run, session: Session, step: string, error: unknown, ctx: Context): Promise<void> {
  const hide = createHider(await variablesOf(run, session, ctx))
  const { code, message, next } = isSwitchyardError(error)
    ? error
    : { code: 'HANDLER_ERROR', message: String((error as Error)?.message ?? error), next: undefined }
  const failure = { code, message: hide(message).slice(0, 2_000), ...(next !== undefined && { next }) }
  const folder = join(ctx.dataDir, 'reports')
  const file = join(folder, `deployment-${run.run}.md`)
  const lines = await pageOf(run, session, step, failure, hide, ctx)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  writeFileSync(file, `${lines.join('\n')}\n`, { mode: 0o600 })
  createRuns(ctx).note(run.run, { page: file, failedStep: step, failure })
}

async function variablesOf(run: Run, session: Session, ctx: Context): Promise<Variables> {
  const all: Record<string, string> = {}
  for (const plan of run.plan.services) {
    try {
      const { work, plain } = await workOfPlan(run, plan, session, ctx)
      Object.assign(all, plain.variables, work.variables)
    } catch {
      // Variables that cannot be read were given to nobody.
    }
  }
  return all
}

async function pageOf(
  run: Run,
  session: Session,
  step: string,
  failure: NonNullable<Run['failure']>,
  hide: (text: string) => string,
  ctx: Context,
): Promise<string[]> {
  const { plan } = run
  const service = step.includes(':') ? step.slice(step.indexOf(':') + 1) : undefined
  const lines = [
    `# ${plan.kind === 'rehearsal' ? 'Rehearsal' : 'Deployment'} ${run.run} of ${plan.stack} ${plan.kind === 'rehearsal' ? 'beside' : 'to'} ${plan.env} failed`,
    '',
    failure.message,
    '',
    `- step: ${step}`,
    `- code: ${failure.code}`,
    `- environment: ${plan.env} on ${plan.host}`,
    `- by: ${run.who}, since ${new Date(run.startedMs).toISOString()}`,
    `- why it was made: ${plan.why}`,
    `- plan: ${plan.id.slice(0, 12)}`,
    ...(failure.next === undefined ? [] : [`- next: ${failure.next}`]),
  ]
  for (const one of plan.services) {
    if (service !== undefined && one.service !== service) continue
    lines.push('', `## ${one.service}`, '', ...(await serviceLines(run, session, one, hide, ctx)))
  }
  return lines
}

async function serviceLines(
  run: Run,
  session: Session,
  plan: ServicePlan,
  hide: (text: string) => string,
  ctx: Context,
): Promise<string[]> {
  const { service } = plan
  const facts = run.facts[service] ?? {}
  const lines: string[] = []
  const { gate, gateOf: slot = plan.to.slot } = facts
  lines.push(`Wanted: ${shortRelease(facts.release ?? plan.to.release ?? 'not known')} (${plan.to.reference}) in ${slot}`)
  try {
    const state = await readState(session.host, session.live)
    const good = servingOf(state, service)
    lines.push(
      good === undefined
        ? 'Last good: none, it was its first deployment'
        : `Last good: ${shortRelease(good.release)} (${good.reference})${good.version === undefined ? '' : ` ${good.version}`}, deployment ${good.deployment} of ${new Date(good.atMs).toISOString()}; it serves from ${good.slot}`,
    )
    if (gate !== undefined) {
      lines.push(
        '',
        '### Probe',
        '',
        `${gate.why ?? 'well'}. ${gate.probes} looks in ${gate.tookMs} ms, ${gate.failedProbes} failed; started again ${gate.restarts} times.`,
        '',
      )
      for (const { ok, told } of gate.lastProbes) lines.push(`- ${ok ? 'well' : 'not well'}: ${hide(told)}`)
      lines.push(`- lines of its log that tell of errors: ${gate.errorLines}; the release before: ${gate.errorLinesBefore}`)
    }
    const { work, handler } = await workOfPlan(run, plan, session, ctx)
    const status = await handler.status(work, slot)
    lines.push(
      '',
      '### State and ports',
      '',
      `- ${status.state}${status.ended === undefined ? '' : `, ${status.ended}`}, started again ${status.restarts} times`,
    )
    for (const port of status.ports) lines.push(`- ${port}`)
    if (status.ports.length === 0) lines.push('- no ports are bound')
    if (work.config.port !== undefined)
      lines.push(
        `- expected: ${facts.ports?.[slot] === undefined ? 'a port of the loopback' : `127.0.0.1:${facts.ports[slot]}`} -> ${work.config.port}`,
      )
    const before = good?.variables ?? {}
    const after = facts.variables ?? {}
    const { added, removed, changed } = differenceOf(before, after)
    lines.push('', '### Variables, by fingerprint', '')
    for (const name of added) lines.push(`- added ${name} ${after[name]}`)
    for (const name of removed) lines.push(`- removed ${name} ${before[name]}`)
    for (const name of changed) lines.push(`- changed ${name} ${before[name]} -> ${after[name]}`)
    if (added.length + removed.length + changed.length === 0) lines.push('- the same as in the last good one')
    const log = await handler.logs(work, slot, LOG_LINES)
    const errors = errorLinesOf(log)
    if (errors.length > 0) lines.push('', '### Lines that tell of errors', '', ...fenced(errors.slice(-10).map(hide)))
    lines.push('', '### Log', '', ...(log.length === 0 ? ['It wrote nothing.'] : fenced(log.map(hide))))
  } catch (error) {
    lines.push('', `More could not be found out: ${hide((error as Error).message)}`)
  }
  return lines
}

/** A block that no line of it can end. */
function fenced(lines: readonly string[]): string[] {
  const longest = Math.max(2, ...lines.map((line) => /^\s*(`+)/.exec(line)?.[1]?.length ?? 0))
  const fence = '`'.repeat(longest + 1)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what a terminal would obey is what is taken out
  return [fence, ...lines.map((line) => line.replace(/\x1b\[[0-9;?]*[A-Za-z]|[\x00-\x08\x0b-\x1f\x7f]/g, '').slice(0, 500)), fence]
}
