import { type DecisionEvaluation, type DecisionExplanation, type Doubt, type Evaluation, spoken } from '@switchyard/router'
import { type Changed, type Decision, type DecisionPart, type Fit, inputOf, type LikelyEstimate, type Replayed } from '@switchyard/yard'
import { withoutSecrets } from '@switchyard/yard/config'
import { type Look, paint, plain, wrap } from './look.ts'
import { valueText } from './parts.ts'
import { short } from './registry.ts'
import { renderTable } from './table.ts'

/** What is less sure than this is no alternative worth a line. */
const NAMEABLE = 0.01
export const nameable = (alternatives: DecisionPart['alternatives']): DecisionPart['alternatives'] =>
  alternatives.filter(({ confidence }) => confidence >= NAMEABLE)

/** Which command a request means, how sure that is, and what came next. */
export function renderDecision(decision: Decision, look: Look): string {
  const { outcome, question, parts, refused } = decision
  if (parts.length === 0 && refused.length > 0) return `Nothing is left to do: ${refused.map((text) => `"${plain(text)}"`).join(', ')}`
  if (outcome === 'abstain' || parts.length === 0) return 'No command here fits that.'
  const blocks = parts.map((part, index) => {
    const { text, command, confidence, args, missing, alternatives, after, when, invoke } = part
    if (invoke !== undefined) return renderOffered(part, decision.elsewhere, look)
    const rows = [
      [command, percent(confidence), 'best'],
      ...nameable(alternatives).map((one) =>
        one.invoke === undefined ? [one.command, percent(one.confidence), ''] : [one.command, '', one.invoke],
      ),
    ]
    const number = parts.length > 1 ? `${index + 1}  ` : ''
    const lines = [`${number}${paint(look, 'dim', `"${plain(text)}"`)}`, renderTable(undefined, rows, look)]
    const given = Object.entries(withoutSecrets(inputOf({ args }))).map(([field, value]) => `${field} ${valueText(value)}`)
    if (given.length > 0) lines.push(plain(`with ${given.join(', ')}`))
    if (after.length > 0)
      lines.push(plain(`after ${after.map((part) => part + 1).join(' and ')}${when === undefined ? '' : `, if ${spoken(when)}`}`))
    if (missing.length > 0) lines.push(paint(look, 'yellow', `missing ${missing.join(', ')}`))
    return lines.join('\n')
  })
  if (outcome === 'ask' && question !== undefined && decision.asks !== 'elsewhere') blocks.push(questionsOf(decision).join('\n'))
  return blocks.join('\n\n')
}

/** All that is open, one question a line. */
function questionsOf(decision: Decision): readonly string[] {
  const { question = '', doubts = [] } = decision
  if (doubts.every((one) => one.question === question)) return [question]
  return [...new Set(doubts.map((doubt) => questionOf(decision, doubt)))].map(plain)
}

/** A question in words that say which part it is about, where there are several. */
export function questionOf({ parts }: Pick<Decision, 'parts'>, { question, part }: Doubt): string {
  const about = part === undefined || parts.length === 1 ? undefined : parts[part]
  return about === undefined ? question : `"${short(about.text, 60)}": ${question}`
}

/** A part that others do: who, and how they are asked. */
function renderOffered({ text, command, alternatives }: DecisionPart, elsewhere: Decision['elsewhere'] = [], look: Look): string {
  const rows = [command, ...alternatives.map((one) => one.command)].flatMap((id) => {
    const found = elsewhere.find((one) => one.id === id)
    return found === undefined
      ? []
      : [
          `  ${paint(look, 'bold', plain(found.invoke))}`,
          ...wrap(plain(short(found.summary)), look.columns - 4).map((line) => `    ${line}`),
        ]
  })
  return [paint(look, 'dim', `"${plain(text)}"`), 'Nothing here does that. It is known how others do:', ...rows].join('\n')
}

/** A request of which a part is for others, and what of it can be asked for here. */
export function renderPointed(decision: Decision, look: Look): string {
  const own = decision.parts.filter(({ invoke }) => invoke === undefined)
  const rest = own.map(({ text }) => `  switchyard ${JSON.stringify(plain(text))}`)
  return [
    ...decision.parts.filter(({ invoke }) => invoke !== undefined).map((part) => renderOffered(part, decision.elsewhere, look)),
    ...(rest.length === 0 ? [] : [['The rest can be asked for here:', ...rest].join('\n')]),
  ].join('\n\n')
}

/** More commands than these are not listed where nobody asked for a list. */
const MOST_OFFERS = 20
const SAMPLES = 3

/** What can be asked for, where a request fits nothing. */
export function renderOffers(
  offers: readonly { readonly command: string; readonly summary: string; readonly say?: string }[],
  look: Look,
): string {
  if (offers.length === 0) return 'There is no command yet: switchyard new plugin NAME makes a start.'
  if (offers.length > MOST_OFFERS) return renderOfferers(offers, look)
  const rows = offers.map(({ command, summary, say }) => [command, say === undefined ? summary : `${summary}: "${say}"`])
  return renderTable(undefined, rows, look)
}

/** More commands than anybody reads: their plugins, each with what may be said to it. */
function renderOfferers(offers: Parameters<typeof renderOffers>[0], look: Look): string {
  const byPlugin = Map.groupBy(offers, ({ command }) => command.slice(0, command.indexOf('.')))
  const rows = [...byPlugin].map(([plugin, all]) => {
    // The shortest are read at a glance.
    const said = all
      .flatMap(({ say }) => (say === undefined ? [] : [`"${say}"`]))
      .sort((a, b) => a.length - b.length)
      .slice(0, SAMPLES)
    return [plugin, [`${all.length} command${all.length === 1 ? '' : 's'}`, ...said].join(', ')]
  })
  return `${renderTable(undefined, rows, look)}\n\nAll of them: switchyard plugins`
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`
}

/** Requests that are read otherwise than before, behind a title; nothing where there are none. */
export function renderChanged(changed: readonly Changed[], look: Look, title: string): string {
  if (changed.length === 0) return ''
  const rows = changed.map(({ request, before, after, outcomes }) => [
    plain(`"${request}"`),
    before.join(', ') || 'nothing',
    `${after.join(', ') || 'nothing'}${outcomes === undefined ? '' : ' (asked about)'}`,
  ])
  return `\n${title}:\n${renderTable(['request', 'before', 'now'], rows, look)}`
}

/** Requests that are decided otherwise than they were: what is done about them, and with what. */
export function renderReplayed(changed: readonly Replayed[], look: Look, title: string): string {
  const rows = changed.map(({ request, before, after, outcomes, args }) => {
    const [was, is] = ([before, after] as const).map((commands, side) => {
      const named = commands.join(', ') || 'nothing'
      const asked = outcomes[0] !== outcomes[1] && outcomes[side] === 'ask' ? ' (asked about)' : ''
      const given =
        args?.[side]?.flatMap((one) => Object.entries(withoutSecrets(one)).map(([name, value]) => `${name} ${JSON.stringify(value)}`)) ?? []
      return plain(`${named}${asked}${args === undefined ? '' : ` with ${given.join(', ') || 'nothing'}`}`)
    })
    return [
      paint(look, 'bold', plain(`"${request}"`)),
      ...wrap(`was ${was}`, look.columns - 2).map(indented),
      ...wrap(`is  ${is}`, look.columns - 2).map(indented),
    ]
  })
  return [`${title}:`, ...rows.flat()].join('\n')
}

const indented = (line: string): string => `  ${line}`

/** What a labelled set came to. */
export function renderEvaluation(
  { name, n, outOfScope, accuracy, top3, oos, ece, outcomes, trainMs, latencyUs, confusions }: Evaluation,
  look: Look,
): string {
  const share = (value: number | null): string => (value === null ? '-' : `${(value * 100).toFixed(1)} %`)
  const rows = [
    ['requests', `${n}, ${outOfScope} of them out of scope`],
    ['first right', share(accuracy)],
    ['right among the first three', share(top3)],
    ['out of scope: AUROC', share(oos?.auroc ?? null)],
    ['out of scope: found where 95 % in scope are kept', share(oos?.recallAt95InScope ?? null)],
    ['expected calibration error', share(ece)],
    ['acted on', `${share(outcomes.act)}, right ${share(outcomes.actPrecision)}`],
    ['trained in', `${Math.round(trainMs)} ms`],
    ['a decision', `${latencyUs.p50.toFixed(0)} µs, p95 ${latencyUs.p95.toFixed(0)} µs`],
  ]
  const worst = confusions.slice(0, 5).map(({ right, routed, n: times }) => [right, `read as ${routed || 'nothing'}`, `${times}`])
  return [
    paint(look, 'bold', name),
    renderTable(undefined, rows, look),
    ...(worst.length > 0 ? ['', renderTable(undefined, worst, look)] : []),
  ].join('\n')
}

const MOST_MISSES = 10

/** How well requests are read in a workspace. */
export function renderMeasured(measured: DecisionEvaluation, look: Look): string {
  const { n, counts, accuracy, top3, args, compound, acted, oos, wronglySplit, destroyedUnasked, latencyUs, misses } = measured
  const share = (value: number | null): string => (value === null ? '-' : `${(value * 100).toFixed(1)} %`)
  const rows = [
    ['requests', `${n}: ${counts.single} for one thing, ${counts.compound} for several, ${counts.outOfScope} for none`],
    ['first right', share(accuracy)],
    ['right among the first three', share(top3)],
    ['arguments right', share(args)],
    ['several parts right', share(compound)],
    ['acted on unasked', `${share(acted.share)}, right ${share(acted.precision)}, with all arguments ${share(acted.exact)}`],
    ['out of scope, not acted on', share(oos.notActed)],
    ['one thing taken for several', share(wronglySplit)],
    ['destroyed unasked', `${destroyedUnasked}`],
    ['a decision', `${latencyUs.p50.toFixed(0)} µs, p95 ${latencyUs.p95.toFixed(0)} µs`],
  ]
  const worst = misses.filter(({ acted: done }) => done).slice(0, MOST_MISSES)
  const lines = worst.flatMap(({ text, expected, got }) => [
    ...wrap(`"${plain(text)}"`, look.columns).map((line) => paint(look, 'bold', line)),
    ...wrap(`meant   ${plain(expected)}`, look.columns - 2).map(indented),
    ...wrap(`read as ${plain(got)}`, look.columns - 2).map(indented),
  ])
  return [renderTable(undefined, rows, look), ...(lines.length > 0 ? ['', 'Done wrongly:', ...lines] : [])].join('\n')
}

/** Who by these points would do it, in which order, and who would stand in. */
function renderCollaboration(
  { phases, fallbacks, uncovered, costUsd, minutes, fit, pricesOf }: NonNullable<DecisionExplanation['collaboration']>,
  look: Look,
): string {
  const each = phases.map(({ plugin, domains, model, minutes: own, costUsd: cost, after }) => {
    const first = after.length === 0 ? '' : ` after ${after.map((index) => phases[index]!.plugin).join(' and ')}`
    return `${plugin}${first}: ${domains.join(', ') || 'all'} in ${own} min with ${model}, $${cost.toFixed(3)}`
  })
  const lines = [
    `By these points ${each.join('; ')}, at prices of ${pricesOf}`,
    ...(phases.length > 1 ? [`Together ${minutes} min, $${costUsd.toFixed(3)}`] : []),
    ...(fallbacks.length > 0 ? [`In its place: ${fallbacks.join(', ')}`] : []),
    ...(uncovered.length > 0 ? [`Nobody covers ${uncovered.join(', ')}`] : []),
    ...(fit?.savings ?? []).map(({ agent, from, to, savesUsd }) => `${to} in place of ${from} for ${agent} saves $${savesUsd.toFixed(3)}`),
    ...(fit?.isFeasible === false ? ['As work of agents that is over the limit'] : []),
  ]
  return lines.flatMap((line) => wrap(line, look.columns)).join('\n')
}

/** Whether what was asked for stays within a budget and a time, and what else would. */
export function renderFit({ isFeasible, estimate, leftOut }: Fit, { parts }: Decision, look: Look): string {
  const takes = `about ${lasting(estimate.durationMs)}, $${estimate.costUsd.toFixed(2)}`
  if (isFeasible) return `Within the limit: ${takes}`
  const rest = parts.filter((_, index) => !leftOut.includes(index)).map(({ text }) => `  ${plain(text)}`)
  const less = rest.length === 0 ? ['No part of it stays within it.'] : ['What stays within it:', ...rest]
  return [paint(look, 'red', `Over the limit: ${takes}`), ...less].join('\n')
}

const lasting = (durationMs: number): string =>
  durationMs < 1_000
    ? `${Math.round(durationMs)} ms`
    : durationMs < 120_000
      ? `${(durationMs / 1_000).toFixed(1)} s`
      : `${(durationMs / 60_000).toFixed(1)} min`

/** Why a request was read so: what spoke for each command, what it takes, and what would have changed it. */
export function renderWhy(
  { estimate, explanation }: { readonly estimate: LikelyEstimate; readonly explanation: DecisionExplanation },
  look: Look,
): string {
  const blocks = explanation.parts.map(({ command, evidence, reread, wouldChange }) => {
    const rows = evidence.map(({ as, seen, points }) => [plain(seen), as, `${points > 0 ? '+' : ''}${points.toFixed(2)}`])
    const read = reread.map(({ text, as }) => `read "${plain(text)}" as ${plain(as)}`)
    return [
      paint(look, 'bold', `Why ${command}`),
      ...(rows.length > 0 ? [renderTable(['seen', 'as', 'points'], rows, look)] : []),
      ...read,
      ...wrap(`What would change it: ${wouldChange}`, look.columns),
    ].join('\n')
  })
  const { classification, plugins, collaboration } = explanation
  const { domains, contexts, patterns, complexity, urgency } = classification
  const kinds = [...domains, ...contexts, ...patterns]
  const points = plugins.map(({ name, raw, score, matched }) => [
    name,
    `${raw}`,
    score.toFixed(0),
    matched.map(({ value }) => value).join(' '),
  ])
  const cost = estimate.costUsd > 0 ? `, $${estimate.costUsd.toFixed(2)}` : ''
  const takes =
    estimate.durationMs === 0 ? '' : `About ${lasting(estimate.durationMs)}${cost}, ${percent(estimate.success)} likely to go well; `
  const about = `${takes}${complexity}, urgency ${urgency} of 10${kinds.length > 0 ? `; ${kinds.join(', ')}` : ''}`
  const plan = collaboration === undefined ? [] : [renderCollaboration(collaboration, look)]
  const nobody = domains.length === 0 ? [] : [`Nobody covers ${domains.join(', ')}`]
  return [
    ...blocks,
    ...(points.length > 0 ? [[renderTable(['plugin', 'points', 'covers', 'by'], points, look), ...plan].join('\n')] : nobody),
    wrap(about, look.columns).join('\n'),
  ].join('\n\n')
}
