import { plural } from '../health/report.ts'
import { ago } from '../records/columns.ts'
import type { ProjectStatus, Status } from './status.ts'

const STYLE = `
:root { color-scheme: light dark; --ink: #1a1d21; --soft: #5a6370; --paper: #fff; --line: #dfe3e8; --card: #f6f7f9;
  --pass: #1a7f4b; --warn: #9a6700; --fail: #c4321d }
@media (prefers-color-scheme: dark) { :root { --ink: #e8eaed; --soft: #9aa4b1; --paper: #16181c; --line: #33383f; --card: #1f2227;
  --pass: #4cc38a; --warn: #e2a336; --fail: #ff7b66 } }
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 75rem; padding: 1rem; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; overflow-wrap: anywhere }
h1 { font-size: 1.4rem; margin: .5rem 0 } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem } h3 { font-size: 1.05rem; margin: 0 }
p, ul { margin: .4rem 0 } ul { padding-left: 1.2rem } .plain { list-style: none; padding: 0 }
.soft { color: var(--soft) } .pass { color: var(--pass) } .warn { color: var(--warn) } .fail { color: var(--fail) }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(21rem, 100%), 1fr)); gap: 1rem }
.card { border: 1px solid var(--line); border-radius: 8px; background: var(--card); padding: 1rem; min-width: 0 }
.score { display: flex; align-items: center; gap: .75rem; margin: .5rem 0 }
.number { font-size: 2.6rem; font-weight: 700; line-height: 1; font-variant-numeric: tabular-nums }
svg { flex: 1; height: 2.4rem; min-width: 0 } polyline { fill: none; stroke: currentColor; stroke-width: 2; vector-effect: non-scaling-stroke }
.badge { display: inline-block; border: 1px solid currentColor; border-radius: 1rem; padding: 0 .6rem; font-size: .85rem; margin: 0 .25rem .25rem 0 }
code { font: .9em/1.4 ui-monospace, monospace } footer { margin: 2rem 0 1rem; border-top: 1px solid var(--line); padding-top: .75rem; font-size: .9rem }`

/** Nothing is fetched and nothing is run, whatever a title might smuggle in. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'"

/** The dashboard as one page that needs nothing from anywhere: no script, no font, no address. It reads on a phone and in the dark. */
export function statusPage(status: Status): string {
  const { at, projects, more, services, incidents } = status
  const open = projects.reduce((sum, { issues }) => sum + issues.total, 0)
  const parts = [
    '<h1>Operations</h1>',
    `<p class="soft">${plural(projects.length + more, 'project')} · ${plural(open, 'open issue')} · ${plural(services.length, 'service')} · as of ${at.slice(0, 16).replace('T', ' ')} UTC</p>`,
    incidents.length === 0
      ? ''
      : `<h2>Open incidents</h2><ul>${incidents.map(({ id, title, severity, openedAt }) => `<li><b class="${toneOf(severity)}">${severity}</b> #${id} ${escaped(title)} <span class="soft">${ago(openedAt, at)}</span></li>`).join('')}</ul>`,
    services.length === 0
      ? ''
      : `<h2>Services</h2><ul class="plain">${services.map(({ name, status: state, since }) => `<li><b class="${SERVICE_TONES[state]}">${state}</b> ${escaped(name)} <span class="soft">since ${ago(since, at)}</span></li>`).join('')}</ul>`,
    '<h2>Projects</h2>',
    projects.length === 0
      ? '<p>None is registered yet: <code>switchyard ops project register</code></p>'
      : `<div class="cards">${projects.map((project) => card(project, at)).join('\n')}</div>`,
    more === 0 ? '' : `<p class="soft">and ${plural(more, 'project')} more</p>`,
    '<footer class="soft">Made by <code>switchyard ops dashboard</code> from what is on record: nothing was scanned for it.</footer>',
  ]
  const head = `<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${POLICY}"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Operations</title><style>${STYLE}</style>`
  return `<!doctype html>\n<html lang="en"><head>${head}</head>\n<body>\n<main>\n${parts.filter((part) => part !== '').join('\n')}\n</main>\n</body></html>\n`
}

const SERVICE_TONES = { HEALTHY: 'pass', DEGRADED: 'warn', UNHEALTHY: 'fail', UNKNOWN: 'soft' } as const
const toneOf = (priority: 'critical' | 'high' | 'medium' | 'low'): string =>
  priority === 'critical' ? 'fail' : priority === 'high' ? 'warn' : 'soft'

function card({ name, kind, version, health, issues, release, runbooks }: ProjectStatus, at: string): string {
  const counts = (['critical', 'high', 'medium', 'low'] as const)
    .filter((key) => issues[key] > 0)
    .map((key) => `<span class="badge ${toneOf(key)}">${issues[key]} ${key}</span>`)
  return `<section class="card"><h3>${escaped(name)} <span class="soft">${escaped(version ?? '')}</span></h3>
<p class="soft">${escaped(kind)}${release === undefined ? ' · no release on record' : ` · released ${escaped(release.version)} ${ago(release.at, at)}`}</p>
${health === undefined ? '<p>Not scanned yet: <code>switchyard ops health record</code></p>' : score(health, at)}
<p>${issues.total === 0 ? 'No open issues' : `${plural(issues.total, 'open issue')} ${counts.join('')}`}</p>
${list(issues.first.map(({ id, priority, title }) => `<b class="${toneOf(priority)}">#${id}</b> ${escaped(title)}`))}
${list(runbooks.map(({ run, runbook, status, startedAt }) => `Runbook ${escaped(runbook)}, execution ${run}: <b class="${status === 'failed' ? 'fail' : 'warn'}">${status}</b> <span class="soft">${ago(startedAt, at)}</span>`))}
</section>`
}

function score({ score: now, status, delta, trend, checkedAt, worst }: NonNullable<ProjectStatus['health']>, at: string): string {
  const change = delta === undefined || delta === 0 ? '' : ` ${delta > 0 ? '+' : ''}${delta}`
  const failing = worst.map(
    ({ check, status: state, message }) => `<b class="${state}">${state}</b> <code>${escaped(check)}</code> ${escaped(message)}`,
  )
  return `<div class="score ${status}"><span class="number">${now}</span>${line(trend)}</div>
<p><b class="${status}">${status}</b>${change} <span class="soft">checked ${ago(checkedAt, at)}</span></p>${list(failing)}`
}

const list = (items: readonly string[]): string =>
  items.length === 0 ? '' : `<ul>${items.map((item) => `<li>${item}</li>`).join('')}</ul>`

/** The scores as a line; there is none of a single point. */
function line(scores: readonly number[]): string {
  if (scores.length < 2) return ''
  const points = scores.map((score, index) => `${Math.round((1_000 * index) / (scores.length - 1)) / 10},${100 - score}`)
  return `<svg viewBox="-2 -4 104 108" preserveAspectRatio="none" role="img" aria-label="Scores: ${scores.join(', ')}"><polyline points="${points.join(' ')}"/></svg>`
}

const NAMED: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/** Names and titles are whatever somebody wrote: they stay text. */
const escaped = (text: string): string => text.replace(/[&<>"']/g, (char) => NAMED[char] ?? char)
