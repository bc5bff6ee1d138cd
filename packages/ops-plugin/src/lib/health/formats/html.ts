import { plural, worstFirst } from '../report.ts'
import type { Report } from '../schema.ts'

const STYLE = `
:root { color-scheme: light dark; --ink: #1a1d21; --soft: #5a6370; --paper: #fff; --line: #dfe3e8; --card: #f6f7f9;
  --pass: #1a7f4b; --warn: #9a6700; --fail: #c4321d; --unknown: #5a6370 }
@media (prefers-color-scheme: dark) { :root { --ink: #e8eaed; --soft: #9aa4b1; --paper: #16181c; --line: #33383f; --card: #1f2227;
  --pass: #4cc38a; --warn: #e2a336; --fail: #ff7b66; --unknown: #9aa4b1 } }
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 60rem; padding: 1rem; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif;
  overflow-wrap: anywhere }
h1 { font-size: 1.4rem; line-height: 1.25; margin: .5rem 0 } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem }
.soft { color: var(--soft) } .number { font-size: 3.5rem; font-weight: 700; line-height: 1; font-variant-numeric: tabular-nums }
.head { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: baseline }
.next { border-left: 4px solid var(--warn); background: var(--card); padding: .75rem 1rem; margin: 1rem 0 }
.pass { color: var(--pass) } .warn { color: var(--warn) } .fail { color: var(--fail) } .unknown { color: var(--unknown) }
.domains { display: grid; grid-template-columns: max-content 1fr max-content; gap: .35rem .75rem; align-items: center }
.bar { background: var(--line); border-radius: 4px; height: .6rem; overflow: hidden } .bar i { display: block; height: 100%; background: currentColor }
details { border: 1px solid var(--line); border-radius: 8px; margin: .5rem 0; background: var(--card) }
summary { cursor: pointer; padding: .6rem .9rem; font-weight: 600 } summary b { text-transform: uppercase; font-size: .8rem; margin-right: .4rem }
details > div { padding: 0 .9rem .75rem } details p { margin: .25rem 0 } ul { margin: .25rem 0; padding-left: 1.2rem }
code { font: .9em/1.4 ui-monospace, monospace } .passed li { color: var(--soft) }
footer { margin: 2rem 0 1rem; border-top: 1px solid var(--line); padding-top: .75rem; font-size: .9rem }`

/** One page that needs nothing from anywhere: no script, no font, no address. It reads on a phone and in the dark. */
export function htmlOf(report: Report): string {
  const { project, score, status, confidence, kinds, files, domains, nextBestFix, baseline, checks, caps } = report
  const facts = [kinds.join(', ') || 'no known kind of project', plural(files.total, 'file'), `confidence ${confidence} %`]
  const wrong = worstFirst(report)
  const passed = checks.filter((check) => check.status === 'pass')
  const parts = [
    `<h1>Health of ${escaped(project)}</h1>`,
    `<div class="head"><span class="number ${status}">${score}</span><span>of 100 · <b class="${status}">${status}</b></span></div>`,
    `<p class="soft">${escaped(facts.join(' · '))}</p>`,
    ...caps.map(({ check, at }) => `<p class="fail">Held down to ${at} by <code>${escaped(check)}</code></p>`),
    baseline === undefined ? '' : `<p>Baseline ${baseline.score}: ${baseline.new} new, ${baseline.gone} mended since</p>`,
    nextBestFix === undefined
      ? '<p class="next">Nothing to mend.</p>'
      : `<p class="next"><b>Next best fix, +${nextBestFix.gain}</b><br><code>${escaped(nextBestFix.check)}</code>: ${escaped(nextBestFix.mend)}</p>`,
    '<h2>Domains</h2>',
    `<div class="domains">${domains.map(domainRow).join('')}</div>`,
    wrong.length === 0 ? '' : `<h2>To mend</h2>${wrong.map(card).join('')}`,
    acceptedList(report),
    `<details class="passed"><summary>${passed.length} passed</summary><div><ul>${passed.map(({ id, title }) => `<li><code>${escaped(id)}</code> ${escaped(title)}</li>`).join('')}</ul></div></details>`,
    `<footer class="soft">Made by <code>switchyard ops health report</code>, rubric ${report.rubric}. Scores compare only within one rubric.</footer>`,
  ]
  const head = `<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${score} of 100 · ${escaped(project)}</title><style>${STYLE}</style>`
  return `<!doctype html>\n<html lang="en"><head>${head}</head>\n<body>\n${parts.filter((part) => part !== '').join('\n')}\n</body></html>\n`
}

function domainRow({ domain, score, fail, warn, unknown }: Report['domains'][number]): string {
  const state = fail > 0 ? 'fail' : warn > 0 ? 'warn' : unknown > 0 ? 'unknown' : 'pass'
  return `<span>${domain}</span><span class="bar ${state}" role="img" aria-label="${score} of 100"><i style="width:${score}%"></i></span><b>${score}</b>`
}

function card({ id, status, title, findings, total, mend, fix, weight }: Report['checks'][number]): string {
  const rows = findings.map(({ file, line, note, isNew }) => {
    const where = file === undefined ? '' : `<code>${escaped(line === undefined ? file : `${file}:${line}`)}</code> `
    return `<li>${where}${escaped(note)}${isNew ? ' <b class="warn">new</b>' : ''}</li>`
  })
  if (total > findings.length) rows.push(`<li class="soft">and ${total - findings.length} more</li>`)
  const fixed = fix === undefined ? '' : `<br><code>switchyard ops health fix --checks ${escaped(id)}</code>`
  return `<details${status === 'fail' ? ' open' : ''}><summary><b class="${status}">${status}</b> ${escaped(id)}</summary><div>
<p class="soft">Should be: ${escaped(title)}. Weight ${weight}.</p><ul>${rows.join('')}</ul><p>To mend: ${escaped(mend ?? '')}${fixed}</p></div></details>`
}

function acceptedList({ suppressions }: Report): string {
  const accepted = suppressions.filter(({ findings }) => findings > 0)
  if (accepted.length === 0) return ''
  const rows = accepted.map(
    ({ check, findings, until, reason }) =>
      `<li><code>${escaped(check)}</code> ${plural(findings, 'finding')} until ${until}: ${escaped(reason)}</li>`,
  )
  return `<h2>Accepted for a time</h2><ul>${rows.join('')}</ul>`
}

const NAMED: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/** Names of files are whatever their author wanted: they stay text. */
function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (char) => NAMED[char] ?? char).replace(/[\p{Cc}\u202A-\u202E\u2066-\u2069]/gu, '\uFFFD')
}
