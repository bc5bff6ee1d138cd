import type { DependencyProblem, Figures, Health, Problem, Registered, Source } from '@switchyard/registry'
import type { Added } from '../lib/registry-sources.ts'
import { type Look, paint, plain, wrap } from './look.ts'
import { renderTable } from './table.ts'

const MOST_PROBLEMS = 20

/** What a source brought, and what of it could not be used. */
export function renderAdded({ id, kind, plugins, offers, problems }: Added, look: Look): string {
  const counts = Object.entries(offers).flatMap(([what, count]) =>
    count === 0 ? [] : [`${count} ${count === 1 ? what.slice(0, -1) : what}`],
  )
  const of = kind === 'mcp' ? 'MCP server' : `${plugins.length} plugin${plugins.length === 1 ? '' : 's'}`
  const head = `${paint(look, 'bold', plain(id))}: ${of} with ${counts.join(', ') || 'nothing to find'}`
  const next = kind === 'mcp' ? `switchyard ${id} --help` : 'switchyard agents search "what you want"'
  return [head, ...renderProblems(id, problems, look), paint(look, 'dim', next)].join('\n')
}

interface Listed {
  readonly plugins: readonly (Omit<Registered, 'entries'> & {
    readonly health: Health
    readonly figures: Figures
    readonly offers: number
  })[]
  readonly sources: readonly (Omit<Source, 'problems'> & { readonly problems: number })[]
  readonly problems: readonly DependencyProblem[]
}

export function renderSources({ plugins, sources, problems }: Listed, look: Look): string {
  const rows = plugins.map(({ name, version = '', origin, health, offers, summary }) => [
    name,
    version,
    origin === 'own' ? 'here' : origin,
    health.state,
    `${offers}`,
    short(summary),
  ])
  const from = sources.map(({ id, kind, location, problems: found }) => [
    id,
    kind,
    found === 0 ? '' : `${found} not used or mended`,
    location,
  ])
  return [
    renderTable(['plugin', 'version', 'from', 'state', 'offers', 'about'], rows, look),
    ...(from.length > 0 ? ['', renderTable(['source', 'kind', 'problems', 'where'], from, look)] : []),
    ...(problems.length > 0 ? ['', ...problems.map(({ message }) => paint(look, 'yellow', plain(message)))] : []),
  ].join('\n')
}

export function renderSource({ id, kind, location, problems }: Source, plugins: readonly Registered[], look: Look): string {
  const rows = plugins.map(({ name, version = '', entries, summary }) => [name, version, `${entries.length - 1}`, short(summary)])
  return [
    `${paint(look, 'bold', plain(id))}  ${kind}  ${plain(location)}`,
    ...(rows.length > 0 ? [renderTable(['plugin', 'version', 'offers', 'about'], rows, look)] : []),
    ...renderProblems(id, problems, look, Number.POSITIVE_INFINITY),
  ].join('\n')
}

export function renderRegistered(
  plugin: Registered & { readonly health: Health; readonly figures: Figures; readonly problems: readonly Problem[] },
  look: Look,
): string {
  const { name, version = '', summary, origin, source, health, figures, entries, dependencies, problems } = plugin
  const { runs, failures, latencyMs } = figures
  const facts = [
    ['state', health.reason === undefined ? health.state : `${health.state}: ${health.reason}`],
    ['from', source === undefined ? 'here' : `${source} (${origin})`],
    ['runs', runs === 0 ? 'none yet' : `${runs}, ${failures} failed, ${Math.round(latencyMs ?? 0)} ms each`],
    ...(dependencies.length > 0
      ? [['needs', dependencies.map((one) => `${one.name}${one.range === undefined ? '' : ` ${one.range}`}`).join(', ')]]
      : []),
  ]
  const offers = entries.filter(({ kind }) => kind !== 'plugin').map((entry) => [entry.kind, entry.name, short(entry.summary)])
  return [
    `${paint(look, 'bold', plain(name))} ${paint(look, 'dim', version)}`,
    ...wrap(plain(summary), look.columns),
    renderTable(undefined, facts, look),
    ...(offers.length > 0 ? ['', renderTable(['kind', 'name', 'about'], offers, look)] : []),
    ...renderProblems(source ?? name, problems, look, Number.POSITIVE_INFINITY),
  ].join('\n')
}

function renderProblems(source: string, problems: readonly Problem[], look: Look, most = MOST_PROBLEMS): string[] {
  if (problems.length === 0) return []
  const rows = problems
    .slice(0, most)
    .flatMap(({ path, message, outcome }) => [
      paint(look, outcome === 'skipped' ? 'yellow' : 'dim', plain(`${outcome}: ${path}`)),
      ...wrap(plain(message), look.columns - 2).map((line) => `  ${line}`),
    ])
  const more = problems.length - most
  return ['', ...rows, ...(more > 0 ? [`and ${more} more: switchyard registry show ${plain(source)}`] : []), '']
}

/** The first sentence of what others may write at length. */
export function short(text: string, most = 160): string {
  const [first = ''] = text.split(/(?<=[.!?])\s/)
  return first.length <= most ? first : `${first.slice(0, most - 1).trimEnd()}…`
}
