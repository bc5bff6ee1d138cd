export { createOtlpExporter, type OtlpExporter, type OtlpExporterOptions, type OtlpSignal, parseHeaders } from './lib/otlp/exporter.ts'
export { encodeLogs } from './lib/otlp/logs.ts'
export { encodeMetrics } from './lib/otlp/metrics.ts'
export { type ImportedLines, importOtlpLines } from './lib/otlp/otlp-file.ts'
export { createOutbox, type Outbox, type OutboxOptions, type Unsent } from './lib/otlp/outbox.ts'
export { type OtlpReceiver, type OtlpReceiverOptions, startOtlpReceiver } from './lib/otlp/receiver.ts'
export { type DecodedTraces, decodeTraces, encodeTraces } from './lib/otlp/traces.ts'
export {
  nanosOf,
  type OtlpAttribute,
  type OtlpResource,
  type OtlpScope,
  type OtlpValue,
  otlpResource,
  plainOf,
  readAttributes,
  readNanos,
  writeAttributes,
} from './lib/otlp/values.ts'
