import type { Decision } from '@switchyard/yard'
import { withoutSecrets } from '@switchyard/yard/config'
import { type Look, paint, plain } from './look.ts'
import { renderTable } from './table.ts'

/** Which command a request means, how sure that is, and what came next. */
export function renderDecision(decision: Decision, look: Look): string {
  const { outcome, question, parts, refused } = decision
  if (parts.length === 0 && refused.length > 0) return `Nothing is left to do: ${refused.map((text) => `"${plain(text)}"`).join(', ')}`
  if (outcome === 'abstain' || parts.length === 0) return 'No command here fits that.'
  const blocks = parts.map(({ text, command, confidence, args, missing, alternatives, after, when }) => {
    const rows = [[command, percent(confidence), 'best'], ...alternatives.map((one) => [one.command, percent(one.confidence), ''])]
    const lines = [paint(look, 'dim', `"${plain(text)}"`), renderTable(undefined, rows, look)]
    const values = Object.fromEntries(Object.entries(args).map(([field, { value }]) => [field, value]))
    const given = Object.entries(withoutSecrets(values)).map(([field, value]) => `${field} ${JSON.stringify(value)}`)
    if (given.length > 0) lines.push(plain(`with ${given.join(', ')}`))
    if (after.length > 0)
      lines.push(plain(`after ${after.map((part) => `part ${part + 1}`).join(' and ')}${when === undefined ? '' : `, if ${when}`}`))
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
