import type { Alert, AlertNotice, AlertRule, Mute, Severity } from '@switchyard/trace/alerts'
import { type Look, paint, plain } from './look.ts'
import { renderTable } from './table.ts'

const COLOURS: Readonly<Record<Severity, 'red' | 'yellow' | 'cyan'>> = { critical: 'red', warning: 'yellow', info: 'cyan' }

/** What rings, with what to do about it, and what is muted. */
export function renderAlerts(alerts: readonly Alert[], mutes: readonly Mute[], nowMs: number, look: Look): string {
  const parts = alerts.map((alert) => {
    const { severity, state, sinceMs, rule, says, first, runbook, isMuted } = alert
    const since = `${state === 'pending' ? 'not for long enough yet, ' : state === 'clearing' ? 'clearing, ' : ''}${ageText(nowMs - sinceMs)}`
    return [
      `${paint(look, isMuted || state === 'pending' ? 'dim' : COLOURS[severity], severity)} ${plain(says)}`,
      `  ${paint(look, 'dim', `${rule}, ${since}${isMuted ? ', muted' : ''}`)}`,
      `  ${plain(first)}`,
      `  ${paint(look, 'dim', runbook)}`,
    ].join('\n')
  })
  const quiet = mutes.map(({ rule, subject, untilMs, why }) => {
    const until = untilMs === undefined ? 'until somebody unmutes it' : `for ${ageText(untilMs - nowMs)} more`
    return plain(`muted: ${rule}${subject === '' ? '' : ` of ${subject}`}, ${until}${why === undefined ? '' : ` (${why})`}`)
  })
  if (parts.length === 0) parts.push('Nothing rings')
  return [parts.join('\n\n'), ...(quiet.length > 0 ? [quiet.join('\n')] : [])].join('\n\n')
}

export function renderRules(rules: readonly AlertRule[], look: Look): string {
  const rows = rules.map(({ id, severity, title, above, below, forMs, clearForMs }) => [
    id,
    severity,
    `${title}: above ${above}${forMs === 0 ? '' : ` for ${ageText(forMs)}`}, over at ${below}${clearForMs === 0 ? '' : ` for ${ageText(clearForMs)}`}`,
  ])
  return renderTable(['rule', 'severity', 'when'], rows, look)
}

export function renderNews(news: readonly AlertNotice[], look: Look): string {
  if (news.length === 0) return 'Nobody was told of anything'
  const rows = news.map(({ atMs, news: what, rule, says }) => [
    new Date(atMs).toISOString().slice(0, 19).replace('T', ' '),
    what,
    rule,
    says,
  ])
  return renderTable(['when', 'what', 'rule', 'said'], rows, look)
}

function ageText(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000))
  if (seconds < 120) return `${seconds} s`
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`
  return seconds < 172_800 ? `${Math.round(seconds / 3_600)} h` : `${Math.round(seconds / 86_400)} days`
}
