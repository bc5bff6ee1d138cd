import type { Decision } from '@switchyard/yard'
import { withoutSecrets } from '@switchyard/yard/config'
import { type Look, paint, plain } from './look.ts'
import { renderTable } from './table.ts'

/** Which command a request means, how sure that is, and what came next. */
export function renderDecision(decision: Decision, look: Look): string {
  const { outcome, question, parts } = decision
  if (outcome === 'abstain' || parts.length === 0) return 'No command here fits that.'
  const blocks = parts.map(({ text, command, confidence, input, missing, alternatives }) => {
    const rows = [[command, percent(confidence), 'best'], ...alternatives.map((one) => [one.command, percent(one.confidence), ''])]
    const lines = [paint(look, 'dim', `"${plain(text)}"`), renderTable(undefined, rows, look)]
    const given = Object.entries(withoutSecrets(input)).map(([field, value]) => `${field} ${JSON.stringify(value)}`)
    if (given.length > 0) lines.push(plain(`with ${given.join(', ')}`))
    if (missing.length > 0) lines.push(paint(look, 'yellow', `missing ${missing.join(', ')}`))
    return lines.join('\n')
  })
  if (outcome === 'ask' && question !== undefined) blocks.push(question)
  return blocks.join('\n\n')
}

/** What can be asked for, where a request fits nothing. */
export function renderOffers(
  offers: readonly { readonly command: string; readonly summary: string; readonly say?: string }[],
  look: Look,
): string {
  if (offers.length === 0) return 'There is no command yet: switchyard new plugin NAME makes a start.'
  const rows = offers.map(({ command, summary, say }) => [command, say === undefined ? summary : `${summary}: "${say}"`])
  return renderTable(undefined, rows, look)
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`
}
