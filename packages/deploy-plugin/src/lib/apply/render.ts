import { shortRelease } from './paths.ts'
import type { Run } from './run.ts'

/** What became of a run, for people. */
export function runText({ run, plan, facts, state }: Run): string {
  const done = plan.kind === 'apply' ? 'Deployed' : 'Returned'
  const lines = [
    `${state === 'done' ? done : state === 'open' ? 'Unfinished' : 'Taken back'}: ${plan.stack} ${plan.env} on ${plan.host}, deployment ${run}`,
    '',
  ]
  const width = Math.max(...plan.services.map(({ service }) => service.length))
  for (const { service, from, to } of plan.services) {
    const { release, gate, cut, ports } = facts[service] ?? {}
    const port = ports?.[to.slot]
    const before = from === undefined ? 'new' : shortRelease(from.release)
    lines.push(`  ${service.padEnd(width)}  ${before} -> ${shortRelease(release ?? to.release ?? '?')}  ${to.reference}`)
    const told = [
      `in ${to.slot}`,
      ...(port === undefined ? [] : [`port ${port}`]),
      ...(gate === undefined
        ? []
        : [`well for ${(gate.wellForMs / 1000).toFixed(1)} s`, `${gate.failedProbes} of ${gate.probes} probes failed`]),
      ...(cut === undefined ? [] : [`${cut} requests cut off`]),
    ]
    lines.push(`  ${' '.repeat(width)}  ${told.join(', ')}`)
  }
  if (state === 'open') lines.push('', 'Next: switchyard deploy resume, or switchyard deploy undo')
  return lines.join('\n')
}
