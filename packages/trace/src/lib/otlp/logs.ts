import type { LogLevel, LogLine } from '../logs/log-line.ts'
import { nanosOf, type OtlpResource, writeAttributes } from './values.ts'

const SEVERITY: Readonly<Record<LogLevel, number>> = { debug: 5, info: 9, warn: 13, error: 17 }

/** Lines as the `ResourceLogs` of an OTLP/HTTP JSON request. */
export function encodeLogs(lines: readonly LogLine[], resource: OtlpResource): object {
  const logRecords = lines.map(({ atMs, level, message, plugin, traceId, spanId, requestId, fields }) => ({
    timeUnixNano: nanosOf(atMs),
    severityNumber: SEVERITY[level],
    severityText: level.toUpperCase(),
    body: { stringValue: message },
    attributes: writeAttributes({
      'switchyard.plugin': plugin,
      ...(requestId !== undefined && { 'switchyard.request_id': requestId }),
      ...(fields !== undefined && { 'switchyard.fields': JSON.stringify(fields) }),
    }),
    ...(traceId !== undefined && { traceId }),
    ...(spanId !== undefined && { spanId }),
  }))
  return { resourceLogs: [{ resource, scopeLogs: [{ scope: { name: 'switchyard' }, logRecords }] }] }
}
