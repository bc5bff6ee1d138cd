import type { ConfigEntry, ConfigOrigin } from '@switchyard/yard/config'
import type { Look } from './look.ts'
import { renderTable } from './table.ts'

/** Each setting, its value and who set it. */
export function renderConfig(entries: readonly ConfigEntry[], look: Look): string {
  return renderTable(
    ['setting', 'value', 'set by'],
    entries.map(({ key, value, origin }) => [key, JSON.stringify(value), originText(origin)]),
    look,
  )
}

function originText(origin: ConfigOrigin): string {
  switch (origin.from) {
    case 'default':
      return 'default'
    case 'environment':
      return origin.variable
    case 'user':
    case 'project':
      return `${origin.path}:${origin.line}`
  }
}
