import type { Plan } from '@switchyard/plugin-kit'
import { shortRelease } from './paths.ts'
import { type DeployPlan, isScaling, type ServicePlan, slotsEnded, slotsStarted } from './plan.ts'
import { scratchOf } from './session.ts'

const REASONS: Readonly<Record<ServicePlan['because'][number], string>> = {
  new: 'for the first time',
  release: 'another release',
  settings: 'other settings',
  variables: 'other variables',
  replicas: 'another number of replicas',
  again: 'the same again',
  asked: 'as asked',
  needed: 'others need it',
}

const DOES: Readonly<Record<DeployPlan['kind'], readonly [does: string, where: string]>> = {
  apply: ['Deploy', 'to'],
  rollback: ['Return', 'in'],
  scale: ['Scale', 'in'],
  rehearsal: ['Rehearse the return of', 'in a scratch stack beside'],
}

/** A plan as people approve it. Each step names the environment. */
export function planText(plan: DeployPlan): Plan {
  const { env, stack } = plan
  const at = `${stack} ${env} on ${plan.host}`
  const steps: Plan['steps'][number][] = plan.services.map((one) => ({
    does: plan.kind === 'rehearsal' ? 'run' : one.from === undefined ? 'create' : 'change',
    target: `${env}: ${one.service}`,
    detail: linesOf(one, plan.kind).join('\n'),
  }))
  if (plan.kind === 'rehearsal') steps.push({ does: 'remove', target: `${stack}-${scratchOf(env)}`, detail: 'all of the scratch stack' })
  const what = plan.services.flatMap(({ service, because }) => (because.includes('needed') ? [] : [service])).join(', ')
  const version = plan.version === undefined ? '' : ` ${plan.version}`
  const [does, where] = DOES[plan.kind]
  return {
    summary: `${does} ${what}${version} ${where} ${at}${plan.protected ? ', which is protected' : ''} (plan ${plan.id.slice(0, 12)})`,
    steps,
    ...(plan.warnings.length > 0 && { warnings: plan.warnings }),
  }
}

function linesOf(one: ServicePlan, kind: DeployPlan['kind']): string[] {
  const { from, to, fetch, strategy, hostname, route, backup, restore, migrate, keeps, drops, variables, because } = one
  const shown = ({ release, reference, version }: ServicePlan['to']): string =>
    `${release === undefined ? 'not known yet' : shortRelease(release)} (${version === undefined ? '' : `${version}, `}${reference})`
  const change = from === undefined || isScaling(one) ? shown(to) : `${shown(from)} -> ${shown(to)}`
  const lines = [`${change}: ${because.map((why) => REASONS[why]).join(', ')}`]
  const names = [
    ...variables.added.map((name) => `+${name}`),
    ...variables.removed.map((name) => `-${name}`),
    ...variables.changed.map((name) => `~${name}`),
  ]
  if (names.length > 0) lines.push(`variables: ${names.join(' ')}`)
  if (fetch !== 'none' && !isScaling(one))
    lines.push({ pull: 'pull the image', build: 'build the image', copy: `copy ${to.reference} to the host` }[fetch])
  if (Object.keys(backup).length > 0) lines.push(`back up ${Object.keys(backup).join(', ')}`)
  if (Object.keys(restore).length > 0) lines.push(`put ${Object.keys(restore).join(', ')} back as backed up`)
  if (migrate !== 'none') lines.push(`migrate its data ${migrate}${to.level === undefined ? '' : ` to level ${to.level}`}`)
  if (kind === 'rehearsal') return [...lines, ...rehearsalLines(one)]
  if (isScaling(one)) return [...lines, ...scaleLines(one)]
  const where = to.replicas === 1 ? to.slot : `${to.slot}, ${to.replicas} of them`
  if (strategy === 'beside') lines.push(`start in ${where}${from === undefined ? '' : `, beside ${from.slot}`}, and watch it; no downtime`)
  else lines.push(`stop ${from?.slot ?? 'nothing'}, start in ${where} and watch it; down meanwhile`)
  if (hostname !== undefined)
    lines.push(`${route === 'add' ? `add the route and let ${to.slot} serve` : `let ${to.slot} serve`} ${hostname}`)
  if (from !== undefined) lines.push(`end ${from.slot} once its requests are done`)
  if (keeps.length > 0) lines.push(`kept for a return: ${keeps.join(', ')}`)
  if (drops.length > 0) lines.push(`taken away: ${drops.join(', ')}`)
  return lines
}

function scaleLines(one: ServicePlan): string[] {
  const [started, ended] = [slotsStarted(one), slotsEnded(one)]
  return [
    `${one.from?.replicas ?? 0} -> ${one.to.replicas} replicas`,
    ...(started.length > 0 ? [`start ${started.join(', ')}, and watch them; the others serve on`] : []),
    ...(one.hostname === undefined ? [] : [`lead ${one.hostname} to ${one.to.replicas}: Caddy begins anew with its routes`]),
    ...(ended.length > 0 ? [`end ${ended.join(', ')} once their requests are done`] : []),
  ]
}

function rehearsalLines({ copy = {}, handler }: ServicePlan): string[] {
  const volumes = Object.keys(copy)
  return [
    ...(volumes.length > 0 ? [`a copy of ${volumes.join(', ')}`] : []),
    handler === 'compose'
      ? 'start in networks that lead nowhere, without a port, and watch it'
      : 'start beside, where nobody is led to it, and watch it',
  ]
}
