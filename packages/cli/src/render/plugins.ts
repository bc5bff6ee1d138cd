import type { Plugin } from '@switchyard/plugin-kit'
import { type Look, paint, plain } from './look.ts'
import { renderTable } from './table.ts'

/** Every plugin with its commands as they are typed. */
export function renderPlugins(plugins: readonly Plugin[], look: Look): string {
  return plugins
    .map(({ name, version, summary, commands }) => {
      const offered = Object.entries(commands).filter(([, { internal }]) => internal !== true)
      const rows = offered.map(([command, { summary: about, effect }]) => [`  ${name} ${command.replaceAll('.', ' ')}`, effect, about])
      const head = `${paint(look, 'bold', name)} ${paint(look, 'dim', version)}  ${plain(summary)}`
      return rows.length === 0 ? head : `${head}\n${renderTable(undefined, rows, look)}`
    })
    .join('\n\n')
}
