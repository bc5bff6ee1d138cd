import { basename } from 'node:path'
import type { ConfigEntry, ConfigOrigin } from '@switchyard/yard/config'
import type { Look } from './look.ts'
import { renderTable } from './table.ts'

/** Each setting, its value and who set it. */
export function renderConfig(entries: readonly ConfigEntry[], look: Look): string {
  return renderTable(
    ['setting', 'set by', 'value'],
    entries.map(({ key, value, origin }) => [key, originText(origin), valueText(value)]),
    look,
  )
}

function originText(origin: ConfigOrigin): string {
  switch (origin.from) {
    case 'default':
      return 'default'
    case 'environment':
      return origin.variable
    case 'project':
      return `${basename(origin.path)}:${origin.line}`
    case 'user':
      return `${origin.path}:${origin.line}`
  }
}

function valueText(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(valueText).join(', ')
  return typeof value === 'string' ? value : JSON.stringify(value)
}
