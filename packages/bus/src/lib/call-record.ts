import type { AnswerSource } from '@switchyard/resilience'
import type { ExtraHeaders } from './envelope.ts'
import type { CallSpan, SpanTrace } from './hooks.ts'

/**
 * One call as hooks are told of it. A class, as V8 makes literals that live long once, such as those that a hook keeps for a while, in
 * old memory ever after: a call then costs three times as much, in some processes and not in others.
 */
export class CallRecord implements CallSpan {
  readonly side: CallSpan['side']
  readonly kind: CallSpan['kind']
  readonly trace: SpanTrace
  readonly code: string | undefined
  readonly startedAtMs: number
  readonly durationMs: number
  subject = ''
  source = ''
  identity = ''
  attempts = 1
  answer: AnswerSource | undefined = undefined
  headers: ExtraHeaders | undefined = undefined
  input: unknown = undefined
  output: unknown = undefined

  constructor(
    side: CallSpan['side'],
    kind: CallSpan['kind'],
    trace: SpanTrace,
    code: string | undefined,
    startedAtMs: number,
    durationMs: number,
  ) {
    this.side = side
    this.kind = kind
    this.trace = trace
    this.code = code
    this.startedAtMs = startedAtMs
    this.durationMs = durationMs
  }
}
