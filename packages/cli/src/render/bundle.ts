import type { IncidentBundle } from '@switchyard/trace/bundle'
import { type Look, paint, plain } from './look.ts'

/** What is in a bundle, and where it lies. */
export function renderBundle(
  { run, spans, logs, logsAround, deadLetters, breakers, alerts, decision, chain }: IncidentBundle,
  path: string,
  look: Look,
): string {
  const counts = [
    `${spans.length} spans`,
    `${logs.length} lines of its log`,
    `${logsAround.length} warnings around it`,
    `${deadLetters.length} dead letters`,
    `${breakers.length} breakers`,
    `${alerts.length} alerts`,
    ...(decision === null ? [] : ['the decision']),
    ...(chain === null ? [] : ['the chain']),
  ]
  return `Wrote ${plain(path)}\n${paint(look, 'dim', `${plain(run.name)}: ${counts.join(', ')}`)}`
}
