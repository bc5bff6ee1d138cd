import type { ChainReport } from '@switchyard/chain'

/** A chain as clients are shown it: without what went in and out of each step, which may be long and hold secrets; with how to answer it. */
export function chainData(
  { definition: _, input: __, steps, ...report }: ChainReport,
  apply: string,
): Readonly<Record<string, unknown>> & { readonly next?: string } {
  const next = nextOf(report, apply)
  return {
    ...report,
    steps: steps.map(({ path, state, attempts, error }) => ({ path, state, attempts, ...(error && { error: error.message }) })),
    ...(next !== undefined && { next }),
  }
}

/** What a person, or a client for one, can do about a chain that waits for a word. */
function nextOf({ id, state, waitsFor }: Pick<ChainReport, 'id' | 'state' | 'waitsFor'>, apply: string): string | undefined {
  if (state === 'uncertain') return `a person has to say what became of it: switchyard chain resume --settle ${id} --as ran|not-run|failed`
  const asked = waitsFor.filter(({ answer }) => answer !== undefined)
  if (asked.length === 0) return undefined
  return asked
    .map(({ path, question, answer, choices }) => {
      const step = asked.length > 1 ? { step: path } : {}
      return `put ${JSON.stringify(question)} to the person, then ${answerCall(apply, id, { ...step, answer: wanted(answer, choices) })}`
    })
    .join('; ')
}

/** The call that answers. */
export function answerCall(apply: string, id: string, answer: { readonly step?: string; readonly answer: string }): string {
  return `${apply} ${JSON.stringify({ plan: id, ...answer })}`
}

/** In place of an answer: what it may be. */
export function wanted(answer: 'approval' | 'text' | 'number' | undefined, choices: readonly string[] | undefined): string {
  return choices?.join(' | ') ?? (answer === 'approval' ? 'yes | no' : `<${answer ?? 'text'}>`)
}
