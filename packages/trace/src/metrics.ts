export {
  type CounterName,
  type GaugeName,
  type HistogramName,
  INSTRUMENTS,
  type Instrument,
  instrumentOf,
  type LabelsOf,
  type MetricName,
} from './lib/metrics/instruments.ts'
export { BEAT_MS, createMetricStore, type MetricStore, type MetricStoreOptions } from './lib/metrics/metric-store.ts'
export { type Counter, createMetrics, type Gauge, type Histogram, type Metrics } from './lib/metrics/metrics.ts'
export { type HistogramPoint, isHistogram, type MetricPoint, mergePoints, quantile, type ValuePoint } from './lib/metrics/point.ts'
export { prometheusText } from './lib/metrics/prometheus.ts'
export { type MetricsEndpoint, serveMetrics } from './lib/metrics/serve.ts'
