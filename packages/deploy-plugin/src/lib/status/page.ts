import { ago, shortRelease } from '../records/columns.ts'
import type { DeploymentView, ResourceView, ServiceView, StackStatus } from './status.ts'
import { releaseText, stateText } from './text.ts'

const STYLE = `
:root { color-scheme: light dark; --ink: #1a1d21; --soft: #5a6370; --paper: #fff; --line: #dfe3e8; --card: #f6f7f9;
  --good: #1a7f4b; --warn: #8a5d00; --bad: #c4321d }
@media (prefers-color-scheme: dark) { :root { --ink: #e8eaed; --soft: #9aa4b1; --paper: #16181c; --line: #33383f; --card: #1f2227;
  --good: #4cc38a; --warn: #e2a336; --bad: #ff7b66 } }
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 75rem; padding: 1rem; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; overflow-wrap: anywhere }
h1 { font-size: 1.4rem; margin: .5rem 0 } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem } h3 { font-size: 1.05rem; margin: 0 }
p, ul { margin: .4rem 0 } ul { padding-left: 1.2rem }
.soft { color: var(--soft) } .good { color: var(--good) } .warn { color: var(--warn) } .bad { color: var(--bad) }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(21rem, 100%), 1fr)); gap: 1rem }
.card { border: 1px solid var(--line); border-radius: 8px; background: var(--card); padding: 1rem; min-width: 0 }
.head { display: flex; flex-wrap: wrap; justify-content: space-between; gap: .25rem 1rem; align-items: baseline }
.release { font-size: 1.3rem; font-weight: 600; margin: .3rem 0 }
.badge { display: inline-block; border: 1px solid currentColor; border-radius: 1rem; padding: 0 .6rem; font-size: .85rem; white-space: nowrap }
code { font: .9em/1.4 ui-monospace, monospace }
table { width: 100%; border-collapse: collapse; font-size: .95rem }
th { text-align: left; color: var(--soft); font-weight: 600 } th, td { padding: .35rem .75rem .35rem 0; border-bottom: 1px solid var(--line); vertical-align: top }
details { margin: .5rem 0 } summary { cursor: pointer }
@media (max-width: 45rem) {
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%) }
  table, tbody, tr, td { display: block } tr { border-bottom: 1px solid var(--line); padding: .5rem 0 }
  td { border: 0; padding: .1rem 0; display: grid; grid-template-columns: 7rem 1fr; gap: .5rem }
  td::before { content: attr(data-label); color: var(--soft) } td:empty { display: none }
}
footer { margin: 2rem 0 1rem; border-top: 1px solid var(--line); padding-top: .75rem; font-size: .9rem }`

/** Nothing is fetched and nothing is run, whatever a name might smuggle in. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'"

/** The status as one page that needs nothing from anywhere: no script, no font, no address. It reads on a phone and in the dark. */
export function statusPage({ stack, at, services, resources, history }: StackStatus): string {
  const nowMs = Date.parse(at)
  const envs = [...new Set(services.map(({ env }) => env))]
  const wrong = services.filter(({ drift, isStuck }) => drift.length > 0 || isStuck).length
  const parts = [
    `<h1>${escaped(stack)}</h1>`,
    `<p class="soft">${count(services.length, 'service')} in ${count(envs.length, 'environment')} · ${wrong === 0 ? 'nothing differs from what was recorded' : `<b class="bad">${count(wrong, 'service')} not as recorded</b>`} · as of ${escaped(at.slice(0, 16).replace('T', ' '))} UTC</p>`,
    ...envs.map((env) =>
      environment(
        env,
        services.filter((one) => one.env === env),
        resources.filter((one) => one.env === env),
        nowMs,
      ),
    ),
    history.length === 0
      ? '<p>Nothing was deployed from here yet: <code>switchyard deploy apply</code></p>'
      : `<h2>History</h2>${historyTable(history, nowMs)}`,
    '<footer class="soft">Made by <code>switchyard deploy status --format html</code>.</footer>',
  ]
  const head = `<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${POLICY}"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${escaped(stack)}: deployments</title><style>${STYLE}</style>`
  return `<!doctype html>\n<html lang="en"><head>${head}</head>\n<body>\n<main>\n${parts.join('\n')}\n</main>\n</body></html>\n`
}

const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`

function environment(env: string, services: readonly ServiceView[], resources: readonly ResourceView[], nowMs: number): string {
  const rows = resources.map(({ kind, name, service = '', release, deployment, who, createdAt }) => [
    kind,
    name,
    service,
    release === undefined ? '' : shortRelease(release),
    `#${deployment}`,
    who,
    ago(Date.parse(createdAt), nowMs),
  ])
  return `<section><h2>${escaped(env)} <span class="soft">on ${escaped(services[0]?.target ?? '?')}</span></h2>
<div class="cards">${services.map((one) => card(one, nowMs)).join('\n')}</div>
${rows.length === 0 ? '' : `<details><summary>${count(rows.length, 'resource')} on the host</summary>${table(['Kind', 'Name', 'Service', 'Release', 'Deployment', 'By', 'Since'], rows)}</details>`}</section>`
}

const TONES: Readonly<Record<ServiceView['state'], string>> = {
  running: 'good',
  starting: 'warn',
  stopped: 'bad',
  missing: 'bad',
  'not-deployed': 'soft',
  unknown: 'soft',
}

function card(
  { service, handler, state, deployment, drift, unfinished, isStuck, planned, kept, reason, restarts, ...one }: ServiceView,
  nowMs: number,
): string {
  const remarks = [
    ...drift.map(({ text }) => `<b class="bad">Drift:</b> ${escaped(text)}`),
    ...(reason === undefined ? [] : [`<span class="warn">${escaped(reason)}</span>`]),
    ...(unfinished === undefined
      ? []
      : [`<b class="${isStuck ? 'bad' : 'warn'}">Deployment #${unfinished.id} ${isStuck ? 'stopped half-way' : 'runs'}</b>`]),
    ...(planned === undefined
      ? []
      : [`${escaped(planned.version ?? planned.tag ?? 'A release')} waits for approval: <code>${escaped(planned.plan ?? '')}</code>`]),
  ]
  const facts = [
    kept.length === 0 ? '' : `${count(kept.length, 'release')} kept to return to`,
    restarts === 0 ? '' : count(restarts, 'restart'),
  ]
    .filter((fact) => fact !== '')
    .join(' · ')
  return `<article class="card"><div class="head"><h3>${escaped(service)} <span class="soft">${escaped(handler)}</span></h3><span class="badge ${TONES[state]}">${stateText({ state, ...one })}</span></div>
<p class="release">${one.release === undefined && one.version === undefined ? '<span class="soft">nothing yet</span>' : escaped(releaseText(one))}</p>
${deployment === undefined ? '' : `<p>Deployment #${deployment.id} by ${escaped(deployment.who)}, ${ago(Date.parse(deployment.finishedAt ?? deployment.at), nowMs)}<br><span class="soft">${escaped(deployment.why)}</span></p>`}
${remarks.length === 0 ? '' : `<ul>${remarks.map((remark) => `<li>${remark}</li>`).join('')}</ul>`}
${facts === '' ? '' : `<p class="soft">${facts}</p>`}</article>`
}

const STATE_TONES: Readonly<Record<DeploymentView['state'], string>> = {
  planned: 'soft',
  running: 'warn',
  done: 'good',
  failed: 'bad',
  returned: 'warn',
  'rolled-back': 'warn',
}

function historyTable(history: readonly DeploymentView[], nowMs: number): string {
  const rows = history.map(({ id, env, service, kind, to, version, state, at, who, why }) => [
    `#${id}`,
    env,
    service,
    kind === 'apply' ? releaseText({ release: to, version }) : `${kind} ${shortRelease(to)}`,
    { html: `<span class="${STATE_TONES[state]}">${state}</span>` },
    ago(Date.parse(at), nowMs),
    who,
    why,
  ])
  return table(['#', 'Environment', 'Service', 'Release', 'State', 'When', 'By', 'Why'], rows)
}

/** On a narrow screen each row becomes a block whose lines say what they are. */
function table(heads: readonly string[], rows: readonly (readonly (string | { readonly html: string })[])[]): string {
  const cell = (content: string | { readonly html: string }, index: number): string =>
    `<td data-label="${escaped(heads[index] ?? '')}">${typeof content === 'string' ? escaped(content) : content.html}</td>`
  return `<table><thead><tr>${heads.map((head) => `<th scope="col">${escaped(head)}</th>`).join('')}</tr></thead><tbody>${rows.map((cells) => `<tr>${cells.map(cell).join('')}</tr>`).join('')}</tbody></table>`
}

const NAMED: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/** Names and reasons are whatever somebody wrote: they stay text. */
const escaped = (text: string): string => text.replace(/[&<>"']/g, (char) => NAMED[char] ?? char)
