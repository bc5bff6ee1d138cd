import { printable } from '@switchyard/plugin-kit'
import { plural } from '../health/report.ts'
import { ago, cut } from '../records/columns.ts'
import { sparkline } from '../records/health-check.ts'
import type { ProjectStatus, Status } from './status.ts'

const NAME_WIDTH = 20

/** The dashboard for a terminal of 80 columns: one line a project, or everything of the only one. */
export function statusText(status: Status): string {
  const { projects, more, at } = status
  const [only] = projects
  const lines =
    only === undefined
      ? ['No project is registered yet: switchyard ops project register']
      : projects.length === 1 && more === 0
        ? oneProject(only, at)
        : [...table(projects, at), ...(more > 0 ? [`and ${plural(more, 'project')} more: switchyard ops status --limit 200`] : [])]
  return [...lines, ...services(status)].map((line) => cut(line)).join('\n')
}

function table(projects: readonly ProjectStatus[], at: string): string[] {
  const head = `${'project'.padEnd(NAME_WIDTH)}  ${'score'.padEnd(15)}  ${'open issues'.padEnd(23)}  last release`
  return [head, ...projects.map((project) => row(project, at))]
}

function row({ name, health, issues, release }: ProjectStatus, at: string): string {
  const score =
    health === undefined
      ? 'not scanned yet'
      : `${String(health.score).padStart(3)} ${health.status.padEnd(4)} ${sparkline(health.trend.slice(-6))}`
  const urgent = [
    ...(issues.critical > 0 ? [`${issues.critical} critical`] : []),
    ...(issues.high > 0 ? [`${issues.high} high`] : []),
  ].join(', ')
  const open = issues.total === 0 ? 'none' : `${issues.total}${urgent === '' ? '' : ` (${urgent})`}`
  const last = release === undefined ? '-' : `${release.version} ${ago(release.at, at)}`
  return `${cut(printable(name), NAME_WIDTH).padEnd(NAME_WIDTH)}  ${score.padEnd(15)}  ${open.padEnd(23)}  ${last}`
}

function oneProject({ name, kind, version, health, issues, release, runbooks }: ProjectStatus, at: string): string[] {
  const lines = [`${printable(name)}${version === undefined ? '' : ` ${printable(version)}`}  [${kind}]`, '']
  if (health === undefined) lines.push('health    not recorded yet: switchyard ops health record')
  else {
    const { score, status, delta, trend, checkedAt, worst } = health
    const change = delta === undefined || delta === 0 ? '' : ` (${delta < 0 ? '' : '+'}${delta})`
    lines.push(`health    ${score} of 100, ${status}${change}  ${sparkline(trend)}  ${ago(checkedAt, at)}`)
    for (const { check, status: state, message } of worst) lines.push(`          ${state.padEnd(4)}  ${check}: ${printable(message)}`)
  }
  const counts = (['critical', 'high', 'medium', 'low'] as const).flatMap((key) => (issues[key] === 0 ? [] : [`${issues[key]} ${key}`]))
  lines.push(`issues    ${issues.total === 0 ? 'none open' : `${issues.total} open: ${counts.join(', ')}`}`)
  for (const { id, priority, title } of issues.first) lines.push(`          #${id} ${priority.padEnd(8)}  ${printable(title)}`)
  lines.push(`release   ${release === undefined ? 'none on record' : `${release.version}, ${ago(release.at, at)}`}`)
  for (const { run, runbook, status, startedAt } of runbooks)
    lines.push(`runbook   ${printable(runbook)}, execution ${run}: ${status}, began ${ago(startedAt, at)}`)
  return lines
}

function services({ services: found, incidents, at }: Status): string[] {
  const lines = found.map(({ name, status, since }) => `${status.padEnd(9)}  ${printable(name)}, since ${ago(since, at)}`)
  const open = incidents.map(
    ({ id, title, severity, openedAt }) => `incident  ${id}, ${severity}: ${printable(title)}, ${ago(openedAt, at)}`,
  )
  return lines.length + open.length === 0 ? [] : ['', ...lines, ...open]
}
