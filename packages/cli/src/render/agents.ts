import type { Entry, SearchResult } from '@switchyard/registry'
import type { Elsewhere, Member, Team } from '@switchyard/yard'
import { type Look, paint, plain, wrap } from './look.ts'
import { short } from './registry.ts'
import { renderTable } from './table.ts'

/** What was found, best first, each with its points and how it is used. */
export function renderFound(found: readonly SearchResult[], look: Look): string {
  if (found.length === 0) return 'Nothing that is known fits that.'
  return found
    .map(({ entry, score, reasons, available, success }) => {
      const points = reasons.map(({ what, why, points: worth, in: places }) => {
        const where = places === undefined ? why : places.join(', ')
        return `${what} +${worth.toFixed(1)} (${where})`
      })
      const times = [...(available === 1 ? [] : [`x ${available} degraded`]), `x ${success.toFixed(2)} success`]
      const lines = [`${short(entry.summary)}`, `${points.join(', ')}, ${times.join(', ')}`, entry.invoke]
      const head = `${paint(look, 'bold', plain(entry.id))}  ${entry.kind}  ${score.toFixed(1)}`
      const shown = lines.filter((line) => line !== '').flatMap((line) => wrap(plain(line), look.columns - 2))
      return [head, ...shown.map((line) => `  ${line}`)].join('\n')
    })
    .join('\n\n')
}

export function renderEntries(entries: readonly Entry[], look: Look): string {
  if (entries.length === 0) return 'None is known: switchyard registry add FOLDER'
  return entries
    .map(({ id, kind, summary }) => {
      const about = summary === '' ? [] : wrap(plain(short(summary)), look.columns - 2).map((line) => `  ${line}`)
      return [`${paint(look, 'bold', plain(id))}  ${kind}`, ...about].join('\n')
    })
    .join('\n')
}

const ROLE = 'coordinator  '.length

export function renderTeam(
  { task, coordinator, specialists, alternatives, uncovered, costUsd, minutes, success, fit }: Team,
  look: Look,
): string {
  const member = (role: string, { id, covers, model, minutes: own, costUsd: cost }: Member): string[] => {
    const share = `${model}, ${own} min, $${cost.toFixed(3)}${covers.length === 0 ? '' : `: ${covers.join(', ')}`}`
    return [
      `${role.padEnd(ROLE)}${paint(look, 'bold', plain(id))}`,
      ...wrap(plain(share), look.columns - ROLE).map((line) => ' '.repeat(ROLE) + line),
    ]
  }
  const about = [...task.domains, ...task.contexts].join(', ')
  const lines = [
    ...wrap(`A ${task.complexity} task${about === '' ? '' : ` about ${about}`}`, look.columns),
    '',
    ...member('coordinator', coordinator),
    ...specialists.flatMap((one) => member('specialist', one)),
    ...alternatives.flatMap((one) => member('or', one)),
    '',
    `Together ${minutes} min side by side, $${costUsd.toFixed(3)}, ${Math.round(success * 100)} % likely to go well`,
  ]
  for (const { agent, from, to, savesUsd } of fit?.savings ?? [])
    lines.push(plain(`${to} in place of ${from} for ${agent} saves $${savesUsd.toFixed(3)}`))
  if (fit?.isFeasible === false) lines.push(paint(look, 'red', 'That is over the limit, and no team that is known stays within it'))
  if (uncovered.length > 0) lines.push(paint(look, 'yellow', `Nobody known covers ${uncovered.join(', ')}`))
  return lines.join('\n')
}

/** What others offer for what nothing here does, before what is said of that; nothing where there is none. */
export function renderElsewhere(elsewhere: readonly Elsewhere[] | undefined, look: Look): string {
  if (elsewhere === undefined || elsewhere.length === 0) return ''
  const rows = elsewhere.map(({ invoke, summary }) => [invoke, short(summary, 90)])
  return `Not run from here, but known:\n${renderTable(undefined, rows, look)}\n\n`
}
