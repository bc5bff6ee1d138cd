import type { MetricPoint } from '@switchyard/trace/metrics'
import type { Look } from './look.ts'
import { renderTable } from './table.ts'

export type MetricRow = MetricPoint & { readonly kind: string; readonly p50?: number | undefined; readonly p95?: number | undefined }

/** By name; of what is measured, how often and how much usually. */
export function renderMetrics(rows: readonly MetricRow[], look: Look): string {
  if (rows.length === 0) return 'Nothing was counted yet'
  const sorted = rows.toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
  return renderTable(
    ['metric', 'value', 'of'],
    sorted.map((row) => [row.name, valueText(row), Object.values(row.labels).join(', ')]),
    look,
  )
}

function valueText(row: MetricRow): string {
  if (!('buckets' in row)) return numberText(row.value)
  return row.count === 0 ? '0' : `${row.count}x p50 ${numberText(row.p50 ?? 0)} p95 ${numberText(row.p95 ?? 0)}`
}

function numberText(value: number): string {
  if (Number.isInteger(value) || Math.abs(value) >= 100) return String(Math.round(value))
  return value.toPrecision(3).replace(/\.?0+$/, '')
}
