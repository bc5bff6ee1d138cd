import type { MessageHeaders } from '@switchyard/contracts'
import { parseTraceContext } from '@switchyard/trace'
import type { YardOptions } from './yard.ts'

/** Questions to the person behind a run, also those of what a chain calls for it. */
export interface Questions {
  /** Absent where nobody can answer. */
  readonly ask: YardOptions['ask']
  /** Whoever is named by these headers is asked, from now on, whatever is asked in a trace by what names nobody. Ended by the returned function. */
  answersFor(traceId: string, headers: Partial<MessageHeaders> | undefined): () => void
  /** Stops somebody's watch while anything is asked in a trace, from now on; what `pause` returns lets it go on. Ended by the returned function. */
  whileAsked(traceId: string, pause: () => () => void): () => void
}

export function createQuestions(ask: YardOptions['ask']): Questions {
  const sessions: { readonly traceId: string; readonly sessionId: string }[] = []
  const watches: { readonly traceId: string; readonly pause: () => () => void }[] = []

  /** A chain calls under headers of its own, which name its trace and nobody. */
  function named(headers: Partial<MessageHeaders> | undefined): Partial<MessageHeaders> | undefined {
    if (headers === undefined || headers.sessionId !== undefined || sessions.length === 0) return headers
    const traceId = parseTraceContext(headers)?.traceId
    const found = sessions.findLast((one) => one.traceId === traceId)
    return found === undefined ? headers : { ...headers, sessionId: found.sessionId }
  }

  async function asked(put: NonNullable<YardOptions['ask']>, ...[question, headers]: Parameters<typeof put>): Promise<string> {
    const traceId = watches.length === 0 || headers === undefined ? undefined : parseTraceContext(headers)?.traceId
    const resumes = watches.filter((one) => one.traceId === traceId).map(({ pause }) => pause())
    try {
      return await put(question, named(headers))
    } finally {
      for (const resume of resumes) resume()
    }
  }

  return {
    ask: ask === undefined ? undefined : (question, headers) => asked(ask, question, headers),
    answersFor(traceId, headers) {
      const sessionId = headers?.sessionId
      if (sessionId === undefined) return () => {}
      const one = { traceId, sessionId }
      sessions.push(one)
      return () => void sessions.splice(sessions.indexOf(one), 1)
    },
    whileAsked(traceId, pause) {
      const one = { traceId, pause }
      watches.push(one)
      return () => void watches.splice(watches.indexOf(one), 1)
    },
  }
}
