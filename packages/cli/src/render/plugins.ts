import type { PluginOutline } from '../lib/outline.ts'
import { type Look, paint, plain } from './look.ts'
import { renderTable } from './table.ts'

/** Every plugin with its commands as they are typed. */
export function renderPlugins(plugins: readonly PluginOutline[], look: Look): string {
  return plugins
    .map(({ name, version, summary, commands }) => {
      const rows = commands.map(({ id, summary: about, effect }) => [`  ${id.replaceAll('.', ' ')}`, effect, about])
      const head = `${paint(look, 'bold', name)} ${paint(look, 'dim', version)}  ${plain(summary)}`
      return rows.length === 0 ? head : `${head}\n${renderTable(undefined, rows, look)}`
    })
    .join('\n\n')
}
