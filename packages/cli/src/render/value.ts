import { type Look, paint, plain } from './look.ts'
import { renderTable } from './table.ts'

/** Plain data as text: a command's own `text` where it gives one, else tables for lists of flat objects and `key: value` lines. */
export function renderValue(value: unknown, look: Look): string {
  if (isObject(value) && typeof value.text === 'string') return plain(value.text).trimEnd()
  return block(value, look)
}

function block(value: unknown, look: Look): string {
  if (Array.isArray(value)) return listBlock(value, look)
  if (isObject(value)) return objectBlock(value, look)
  return scalar(value)
}

function listBlock(values: readonly unknown[], look: Look): string {
  if (values.length === 0) return 'none'
  if (values.every(isFlatObject)) {
    const keys = [...new Set(values.flatMap((one) => Object.keys(one)))]
    return renderTable(
      keys,
      values.map((one) => keys.map((key) => scalar(one[key]))),
      look,
    )
  }
  return values.map((one) => (isScalar(one) ? `- ${scalar(one)}` : `- ${indent(block(one, narrower(look)))}`)).join('\n')
}

function objectBlock(value: Readonly<Record<string, unknown>>, look: Look): string {
  const entries = Object.entries(value).filter(([, one]) => one !== undefined)
  if (entries.length === 0) return 'nothing'
  return entries
    .map(([key, one]) => {
      const label = paint(look, 'dim', `${plain(key)}:`)
      if (isScalar(one) || isEmpty(one)) return `${label} ${isScalar(one) ? scalar(one) : 'none'}`
      return `${label}\n  ${indent(block(one, narrower(look)))}`
    })
    .join('\n')
}

function indent(text: string): string {
  return text.replaceAll('\n', '\n  ')
}

function narrower(look: Look): Look {
  return { ...look, columns: look.columns - 2 }
}

function scalar(value: unknown): string {
  if (value === undefined || value === null) return '-'
  if (value instanceof Date) return value.toISOString()
  return plain(typeof value === 'string' ? value : String(value))
}

function isScalar(value: unknown): boolean {
  return typeof value !== 'object' || value === null || value instanceof Date
}

function isEmpty(value: unknown): boolean {
  return Array.isArray(value) ? value.length === 0 : isObject(value) && Object.keys(value).length === 0
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)
}

function isFlatObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return isObject(value) && Object.values(value).every(isScalar)
}
