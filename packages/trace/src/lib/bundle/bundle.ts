import type { Redactor } from '@switchyard/contracts/redact'
import type { AlertNotice } from '../alerts/alerts.ts'
import type { LogLine } from '../logs/log-line.ts'
import type { MetricPoint } from '../metrics/point.ts'
import type { Run } from '../spans/run.ts'
import type { Span } from '../spans/span.ts'

/** All that is known of one run. */
export interface IncidentParts {
  readonly run: Run
  readonly spans: readonly Span[]
  /** Lines of the run itself. */
  readonly logs: readonly LogLine[]
  /** Warnings and errors of others, from shortly before until shortly after it. */
  readonly logsAround: readonly LogLine[]
  /** How its request was read. */
  readonly decision: unknown
  readonly plan: unknown
  readonly chain: unknown
  readonly breakers: readonly unknown[]
  readonly deadLetters: readonly unknown[]
  readonly alerts: readonly AlertNotice[]
  readonly metrics: readonly MetricPoint[]
  readonly versions: Readonly<Record<string, unknown>>
}

/** A run as one document that can be sent to somebody else. */
export interface IncidentBundle extends IncidentParts {
  readonly format: 'switchyard-incident'
  readonly formatVersion: 1
  readonly madeAt: string
}

/**
 * Puts it together, with secrets taken out of every part once more: what is kept here was redacted when it was written, but by what was
 * known then. One JSON document and no archive, as all of it is text that people search, compare and paste.
 */
export function makeBundle(parts: IncidentParts, { redactor, nowMs }: { redactor: Redactor; nowMs: number }): IncidentBundle {
  return { format: 'switchyard-incident', formatVersion: 1, madeAt: new Date(nowMs).toISOString(), ...redactor.value(parts) }
}
