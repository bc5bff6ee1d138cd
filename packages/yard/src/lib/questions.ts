import type { MessageHeaders } from '@switchyard/contracts'
import { parseTraceContext } from '@switchyard/trace'
import type { YardOptions } from './yard.ts'

/** Questions to the person behind a run, also those of what a chain calls for it. */
export interface Questions {
  /** Absent where nobody can answer. */
  readonly ask: YardOptions['ask']
  /** Whoever is named by these headers is asked, from now on, whatever is asked in a trace by what names nobody. Ended by the returned function. */
  answersFor(traceId: string, headers: Partial<MessageHeaders> | undefined): () => void
}

export function createQuestions(ask: YardOptions['ask']): Questions {
  const sessions: { readonly traceId: string; readonly sessionId: string }[] = []

  /** A chain calls under headers of its own, which name its trace and nobody. */
  function named(headers: Partial<MessageHeaders> | undefined): Partial<MessageHeaders> | undefined {
    if (headers === undefined || headers.sessionId !== undefined || sessions.length === 0) return headers
    const traceId = parseTraceContext(headers)?.traceId
    const found = sessions.findLast((one) => one.traceId === traceId)
    return found === undefined ? headers : { ...headers, sessionId: found.sessionId }
  }

  return {
    ask: ask === undefined ? undefined : (question, headers) => ask(question, named(headers)),
    answersFor(traceId, headers) {
      const sessionId = headers?.sessionId
      if (sessionId === undefined) return () => {}
      const one = { traceId, sessionId }
      sessions.push(one)
      return () => void sessions.splice(sessions.indexOf(one), 1)
    },
  }
}
