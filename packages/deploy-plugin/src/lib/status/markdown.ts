import { ago, shortRelease } from '../records/columns.ts'
import type { StackStatus } from './status.ts'
import { releaseText, stateText } from './text.ts'

/** The status as Markdown, to be kept beside the project or put into a wiki. */
export function statusMarkdown({ stack, at, services, resources, history }: StackStatus): string {
  const nowMs = Date.parse(at)
  const lines = [`# Deployed: ${inline(stack)}`, '', `As of ${at}. Services: ${services.length}. Resources: ${resources.length}.`, '']
  for (const env of new Set(services.map((one) => one.env))) {
    const here = services.filter((one) => one.env === env)
    lines.push(`## ${inline(env)} on ${inline(here[0]?.target ?? '?')}`, '')
    lines.push('| Service | State | Release | Deployed | By | Why |', '| --- | --- | --- | --- | --- | --- |')
    for (const { service, state, deployment, ...one } of here) {
      const when = deployment === undefined ? '' : `#${deployment.id}, ${deployment.finishedAt ?? deployment.at}`
      lines.push(row([service, stateText({ state, ...one }), releaseText(one), when, deployment?.who ?? '', deployment?.why ?? '']))
    }
    const remarks = here.flatMap(({ service, drift, planned, unfinished, reason }) => [
      ...drift.map(({ text }) => `**${inline(service)}** ${inline(text)}`),
      ...(reason === undefined ? [] : [`**${inline(service)}** could not be looked at: ${inline(reason)}`]),
      ...(unfinished === undefined ? [] : [`**${inline(service)}** deployment #${unfinished.id} is unfinished`]),
      ...(planned === undefined
        ? []
        : [`**${inline(service)}** ${inline(planned.version ?? planned.tag ?? '')} waits for approval: \`${planned.plan}\``]),
    ])
    if (remarks.length > 0) lines.push('', ...remarks.map((one) => `- ${one}`))
    const there = resources.filter((one) => one.env === env)
    if (there.length > 0) {
      lines.push(
        '',
        `### Resources in ${inline(env)}`,
        '',
        '| Kind | Name | Service | Release | Deployment | By | Since |',
        '| --- | --- | --- | --- | --- | --- | --- |',
      )
      for (const { kind, name, service = '', release, deployment, who, createdAt } of there) {
        lines.push(row([kind, name, service, release === undefined ? '' : shortRelease(release), `#${deployment}`, who, createdAt]))
      }
    }
    lines.push('')
  }
  if (history.length > 0) {
    lines.push(
      '## History',
      '',
      '| # | Environment | Service | Release | State | When | By | Why |',
      '| --- | --- | --- | --- | --- | --- | --- | --- |',
    )
    for (const { id, env, service, kind, to, version, state, at: when, who, why } of history) {
      const what = kind === 'apply' ? releaseText({ release: to, version }) : `${kind} ${shortRelease(to)}`
      lines.push(row([String(id), env, service, what, state, `${when} (${ago(Date.parse(when), nowMs)})`, who, why]))
    }
    lines.push('')
  }
  return `${lines.join('\n').trimEnd()}\n`
}

const row = (cells: readonly string[]): string => `| ${cells.map(inline).join(' | ')} |`

/** What somebody wrote stays text of its own cell. */
const inline = (text: string): string =>
  text
    .replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
    .replace(/[\\`*_[\]<>|#!]/g, (char) => (char === '<' ? '&lt;' : char === '>' ? '&gt;' : `\\${char}`))
