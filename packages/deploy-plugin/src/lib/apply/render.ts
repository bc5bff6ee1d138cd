import { shortRelease } from './paths.ts'
import { isScaling } from './plan.ts'
import type { Run } from './run.ts'

const DONE: Readonly<Record<Run['plan']['kind'], string>> = {
  apply: 'Deployed',
  rollback: 'Returned',
  scale: 'Scaled',
  rehearsal: 'Rehearsed',
}

const told = (release: string, version: string | undefined): string =>
  `${shortRelease(release)}${version === undefined ? '' : ` (${version})`}`

/** What became of a run, for people. */
export function runText({ run, plan, facts, state }: Run): string {
  const lines = [
    `${state === 'done' ? DONE[plan.kind] : state === 'open' ? 'Unfinished' : 'Taken back'}: ${plan.stack} ${plan.env} on ${plan.host}, deployment ${run}`,
    '',
  ]
  const width = Math.max(...plan.services.map(({ service }) => service.length))
  for (const one of plan.services) {
    const { service, from, to } = one
    const { release, gate, cut, ports } = facts[service] ?? {}
    const port = ports?.[to.slot]
    const before = from === undefined ? 'new' : told(from.release, from.version)
    const after = told(release ?? to.release ?? '?', plan.kind === 'apply' ? plan.version : to.version)
    const change = one.because.includes('needed') || isScaling(one) ? after : `${before} -> ${after}`
    lines.push(`  ${service.padEnd(width)}  ${change}  ${to.reference}`)
    const details = [
      ...(isScaling(one) ? [`${from?.replicas ?? 0} -> ${to.replicas} replicas`] : to.replicas > 1 ? [`${to.replicas} replicas`] : []),
      ...(plan.kind === 'rehearsal' ? [] : [`in ${to.slot}`]),
      ...(port === undefined ? [] : [`port ${port}`]),
      ...(gate === undefined
        ? []
        : [`well for ${(gate.wellForMs / 1000).toFixed(1)} s`, `${gate.failedProbes} of ${gate.probes} probes failed`]),
      ...(cut === undefined ? [] : [`${cut} requests cut off`]),
    ]
    lines.push(`  ${' '.repeat(width)}  ${details.join(', ')}`)
  }
  if (state === 'open') lines.push('', 'Next: switchyard deploy resume, or switchyard deploy undo')
  else if (plan.kind === 'rehearsal') lines.push('', 'The scratch stack is gone. To do it: switchyard deploy rollback')
  return lines.join('\n')
}
