import type { MetricPoint } from '@switchyard/trace/metrics'
import { Option } from 'commander'
import type { Define } from '../lib/own-commands.ts'
import { renderMetrics } from '../render/metrics.ts'

export const define: Define = (command, session) => {
  command
    .argument('[name]', 'Only names that have this in them, such as "breaker"')
    .option('--text <words>', 'The same')
    .addOption(new Option('--format <format>', 'How to say it').choices(['table', 'prometheus']).default('table'))
    .action(async (name: string | undefined, { text = name, format }: { text?: string; format: 'table' | 'prometheus' }) => {
      const points = (await session.yard()).metrics().filter((point) => text === undefined || point.name.includes(text))
      const { prometheusText, instrumentOf, quantile, isHistogram } = await import('@switchyard/trace/metrics')
      const rowOf = (point: MetricPoint) => ({
        ...point,
        kind: instrumentOf(point.name)?.kind ?? 'gauge',
        ...(isHistogram(point) && { p50: quantile(point, 0.5), p95: quantile(point, 0.95) }),
      })
      const rows = points.map(rowOf)
      if (format === 'prometheus') return session.answer({ data: { text: prometheusText(points) }, text: prometheusText(points).trimEnd() })
      session.answer({ data: rows, text: (look) => renderMetrics(rows, look) })
    })
}
