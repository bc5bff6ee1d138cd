import { visible } from '../notes/visible.ts'
import type { PlannedRelease, ReadinessCheck, ReleasePlan } from './release-plan.ts'

const WIDTH = 80
const REASONS = 12
const FILES = 20

const MARKS: Readonly<Record<ReadinessCheck['status'], string>> = { pass: 'ok', warn: 'warn', fail: 'FAIL', unknown: '?' }

/** A plan for people, 80 columns wide but for what cannot be broken. */
export function renderPlan(plan: ReleasePlan): string {
  if (plan.releases.length === 0) {
    const where = plan.branch === null ? 'here' : `on ${visible(plan.branch)}`
    return [`Nothing to release ${where}: no commit since the last release asks for it.`, '', ...readiness(plan)].join('\n')
  }
  return [
    ...plan.releases.flatMap((release) => [...heading(release), '']),
    ...files(plan),
    '',
    `Commit   ${fitted(visible(plan.commit.message.split('\n')[0] ?? ''), 9)}`,
    ...plan.releases.map(({ tag }) => `Tag      ${visible(tag.name)}`),
    ...plan.publish.map((step) => `Publish  ${step.kind === 'command' ? fitted(step.argv.map(visible).join(' '), 9) : visible(step.id)}`),
    ...(plan.publish.length === 0 ? ['Publish  nothing, as the configuration names nothing'] : []),
    '',
    ...readiness(plan),
    ...plan.warnings.map((warning) => `Note: ${warning}`),
  ].join('\n')
}

function heading({ name, from, to, bump, commits, since, reasons }: PlannedRelease): string[] {
  const asking = reasons.filter(({ asks }) => asks !== 'none')
  const rest = commits - Math.min(asking.length, REASONS)
  return [
    `${visible(name)} ${from === null ? '' : `${from} -> `}${to} (${from === null ? 'first release' : bump})`,
    ...asking.slice(0, REASONS).map(({ commit, asks, subject }) => `  ${asks.padEnd(5)} ${commit.slice(0, 7)} ${fitted(subject, 16)}`),
    ...(rest > 0
      ? [
          `  ${asking.length > 0 ? 'and ' : ''}${rest} other${rest === 1 ? '' : 's'} since ${since === null ? 'the beginning' : visible(since.tag)}`,
        ]
      : []),
  ]
}

function files({ files }: ReleasePlan): string[] {
  const shown = files.slice(0, FILES).map(({ path, before, diff }) => {
    const [added, removed] = [diff.match(/^\+(?!\+\+ )/gm)?.length ?? 0, diff.match(/^-(?!-- )/gm)?.length ?? 0]
    return `  ${before === null ? 'create' : 'change'} ${fitted(visible(path), 26)} +${added} -${removed}`
  })
  return [
    files.length === 0 ? 'No file changes.' : `${files.length} file${files.length === 1 ? '' : 's'}`,
    ...shown,
    ...(files.length > FILES ? [`  and ${files.length - FILES} more`] : []),
  ]
}

function readiness({ readiness: { ready, checks } }: ReleasePlan): string[] {
  return [
    ready ? 'Ready' : 'Not ready',
    ...checks
      .filter(({ status }) => status !== 'pass')
      .flatMap(({ status, title, found, mend }) => [
        `  ${MARKS[status].padEnd(4)} ${fitted(title, 7)}`,
        `       ${fitted(visible(found), 7)}`,
        ...(mend === undefined || status === 'unknown' ? [] : [`       ${fitted(`-> ${mend}`, 7)}`]),
      ]),
    ...(checks.some(({ status }) => status === 'pass')
      ? [`  ok   ${checks.filter(({ status }) => status === 'pass').length} of ${checks.length}`]
      : []),
  ]
}

/** Cut to what is left of the line. */
function fitted(text: string, used: number): string {
  return text.length <= WIDTH - used ? text : `${text.slice(0, WIDTH - used - 1)}…`
}
