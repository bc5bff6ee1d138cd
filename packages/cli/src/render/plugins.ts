import type { PluginLife } from '@switchyard/registry/lives'
import type { PluginOutline } from '../lib/outline.ts'
import { type Look, paint, plain, wrap } from './look.ts'
import { renderTable } from './table.ts'

type Listed = PluginOutline & Partial<PluginLife>

/** Every plugin with how it is, where something is known of that, and its commands as they are typed. */
export function renderPlugins(plugins: readonly Listed[], look: Look): string {
  return plugins
    .map(({ name, version, summary, commands, ...life }) => {
      const rows = commands.map(({ id, summary: about, effect }) => [`  ${id.replaceAll('.', ' ')}`, effect, about])
      const [first = '', ...more] = wrap(`${name} ${version}  ${plain(summary)}`, look.columns - 2)
      const painted = `${paint(look, 'bold', name)} ${paint(look, 'dim', version)}${first.slice(`${name} ${version}`.length)}`
      return [
        painted,
        ...more.map((line) => `  ${line}`),
        ...renderLife(life, look),
        ...(rows.length === 0 ? [] : [renderTable(undefined, rows, look)]),
      ].join('\n')
    })
    .join('\n\n')
}

/** Nothing of one that never ran and that no process serves. */
function renderLife({ health, figures, processes = [] }: Partial<PluginLife>, look: Look): string[] {
  if (health === undefined || figures === undefined || (figures.runs === 0 && processes.length === 0)) return []
  const { runs, failures, latencyMs = 0 } = figures
  const ran = runs === 0 ? 'no run yet' : `${runs} run${runs === 1 ? '' : 's'}, ${failures} failed, ${duration(latencyMs)} each`
  const why = health.reason === undefined ? '' : `, as ${health.reason}`
  const served = processes.map(({ pid, reason = `process ${pid} serves it` }) => reason)
  const colour = { ready: 'green', registered: 'green', degraded: 'yellow', down: 'red', gone: 'red' } as const
  const [first = '', ...more] = wrap(plain(`${health.state}${why}: ${[ran, ...served].join('; ')}`), look.columns - 2)
  return [`  ${first.replace(health.state, paint(look, colour[health.state], health.state))}`, ...more.map((line) => `  ${line}`)]
}

const duration = (ms: number): string => (ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`)
