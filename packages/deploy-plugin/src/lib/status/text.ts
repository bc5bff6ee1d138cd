import { printable } from '@switchyard/plugin-kit'
import { count } from '../files/table.ts'
import { ago, columns, cut, shortRelease } from '../records/columns.ts'
import type { DeploymentView, ServiceView, StackStatus } from './status.ts'

/** How the release is called that people know best. */
export const releaseText = ({ release, version }: { release?: string | undefined; version?: string | undefined }): string =>
  version === undefined ? shortRelease(release) : release === undefined ? version : `${version} (${shortRelease(release)})`

/** Whether it runs, and how many of it. */
export const stateText = ({ state, replicas }: Pick<ServiceView, 'state' | 'replicas'>): string =>
  replicas === undefined ? state : `${state} ${replicas.running}/${replicas.wanted}`

export function statusText({ stack, at, services, resources }: StackStatus): string {
  const nowMs = Date.parse(at)
  const rows = services.map((one) => [
    one.env,
    one.service,
    stateText(one),
    releaseText(one),
    one.deployment === undefined
      ? '-'
      : `${ago(Date.parse(one.deployment.finishedAt ?? one.deployment.at), nowMs)} by ${one.deployment.who}`,
  ])
  const remarks = services.flatMap((one) => remarksOf(one, nowMs))
  const counts = new Map<string, number>()
  for (const { kind } of resources) counts.set(kind, (counts.get(kind) ?? 0) + 1)
  return [
    `${stack}: ${count(services.length, 'service')} in ${count(new Set(services.map(({ env }) => env)).size, 'environment')}`,
    '',
    ...columns([['ENV', 'SERVICE', 'STATE', 'RELEASE', 'DEPLOYED'], ...rows]),
    ...(remarks.length === 0 ? [] : ['', ...remarks]),
    ...(counts.size === 0
      ? []
      : ['', cut(`On the hosts because of it: ${[...counts].map(([kind, count]) => `${count} ${kind}`).join(', ')}`)]),
  ].join('\n')
}

function remarksOf({ env, service, drift, unfinished, isStuck, planned, reason }: ServiceView, nowMs: number): readonly string[] {
  const name = `${env}/${service}`
  return [
    ...(reason === undefined ? [] : [cut(`? ${name}: ${printable(reason)}`)]),
    ...drift.map(({ text }) => cut(`! ${name}: ${printable(text)}`)),
    ...(unfinished === undefined
      ? []
      : [
          cut(
            isStuck
              ? `! ${name}: deployment ${unfinished.id} stopped half-way: switchyard deploy resume`
              : `… ${name}: deployment ${unfinished.id} runs since ${ago(Date.parse(unfinished.at), nowMs)}`,
          ),
        ]),
    ...(planned === undefined
      ? []
      : [cut(`> ${name}: ${planned.version ?? planned.tag ?? 'a release'} waits for: switchyard approve ${planned.plan}`)]),
  ]
}

const SHORT_STATES: Readonly<Record<DeploymentView['state'], string>> = {
  planned: 'planned',
  running: 'running',
  done: 'done',
  failed: 'FAILED',
  returned: 'RETURNED',
  'rolled-back': 'rolled back',
}

export function historyText(deployments: readonly DeploymentView[], nowMs: number, nextCursor: string | undefined): string {
  if (deployments.length === 0) return 'Nothing was deployed from here yet'
  const rows = deployments.map((one) => [
    `#${one.id}`,
    one.env,
    one.service,
    one.kind === 'apply' ? releaseText({ release: one.to, version: one.version }) : `${one.kind} ${shortRelease(one.to)}`,
    SHORT_STATES[one.state],
    ago(Date.parse(one.at), nowMs),
    one.why,
  ])
  return [
    ...columns([['ID', 'ENV', 'SERVICE', 'RELEASE', 'STATE', 'WHEN', 'WHY'], ...rows]),
    ...(nextCursor === undefined ? [] : [`more with --cursor ${nextCursor}`]),
  ].join('\n')
}

interface StepLine {
  readonly step: string
  readonly state: string
  readonly tookMs?: number | undefined
}

/** One deployment: what, who and why, its steps, and why it ended as it did. */
export function deploymentText(one: DeploymentView, steps: readonly StepLine[], evidence: Readonly<Record<string, unknown>>): string {
  const { id, kind, service, env, target, from, to, version, who, why, at, tookMs, state, error } = one
  const facts: readonly (readonly [string, string])[] = [
    ['what', `${kind} ${service} to ${env} on ${target}`],
    ['release', `${shortRelease(from)} -> ${releaseText({ release: to, version })}`],
    ['who', who],
    ['why', why],
    ['when', tookMs === undefined ? at : `${at}, took ${(tookMs / 1_000).toFixed(1)} s`],
  ]
  return [
    `Deployment #${id}: ${SHORT_STATES[state]}`,
    ...columns(facts.map(([name, value]) => [`  ${name}`, value])),
    ...(error === undefined
      ? []
      : [
          cut(`  failed   ${printable(error.message)}`, 400),
          ...(error.next === undefined ? [] : [cut(`           ${printable(error.next)}`)]),
        ]),
    ...(steps.length === 0
      ? []
      : [
          '',
          ...columns(
            steps.map((step) => [`  ${step.state}`, step.step, step.tookMs === undefined ? '' : `${(step.tookMs / 1_000).toFixed(1)} s`]),
          ),
        ]),
    ...(Object.keys(evidence).length === 0
      ? []
      : ['', ...Object.entries(evidence).map(([name, value]) => cut(`  ${name}: ${printable(JSON.stringify(value) ?? '')}`))]),
  ].join('\n')
}
