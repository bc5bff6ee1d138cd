import { INSTRUMENTS, type Instrument, instrumentOf } from './instruments.ts'
import { isHistogram, type MetricPoint } from './point.ts'

/** What goes with the text over HTTP. */
export const PROMETHEUS_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

/** Series in Prometheus' text format, by name in the order of the instruments. */
export function prometheusText(points: readonly MetricPoint[]): string {
  const families = Map.groupBy(points, ({ name }) => name)
  const names = [...Object.keys(INSTRUMENTS).filter((name) => families.has(name))]
  return names.map((name) => familyText(name, instrumentOf(name)!, families.get(name)!)).join('')
}

function familyText(name: string, { kind, help, bounds = [] }: Instrument, points: readonly MetricPoint[]): string {
  const lines = [`# HELP ${name} ${help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}`, `# TYPE ${name} ${kind}`]
  for (const point of points) {
    if (!isHistogram(point)) {
      lines.push(`${name}${labelsText(point.labels)} ${point.value}`)
      continue
    }
    let below = 0
    for (const [at, count] of point.buckets.entries()) {
      below += count
      lines.push(`${name}_bucket${labelsText({ ...point.labels, le: String(bounds[at] ?? '+Inf') })} ${below}`)
    }
    lines.push(`${name}_sum${labelsText(point.labels)} ${point.sum}`, `${name}_count${labelsText(point.labels)} ${point.count}`)
  }
  return `${lines.join('\n')}\n`
}

function labelsText(labels: Readonly<Record<string, string>>): string {
  const texts = Object.entries(labels).map(
    ([name, value]) => `${name}="${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`,
  )
  return texts.length === 0 ? '' : `{${texts.join(',')}}`
}
