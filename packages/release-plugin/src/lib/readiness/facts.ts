import { type Context, isSwitchyardError } from '@switchyard/plugin-kit'
import { z } from 'zod'

/** Something that is known, or why it is not. */
export type Known<value> = { readonly value: value } | { readonly unknown: string }

/** What other plugins say about a project. */
export interface OpsFacts {
  /** 0 to 100. */
  readonly score: Known<number>
  /** Titles of those that are not closed. */
  readonly critical: Known<readonly string[]>
  readonly high: Known<readonly string[]>
}

const scanned = z.object({ score: z.number() })
const listed = z.object({ issues: z.array(z.object({ title: z.string(), priority: z.string() })) })

/** Asks ops-plugin over the bus. Nobody there to answer is no failure: then it is not known. */
export async function askOps(ctx: Pick<Context, 'call' | 'signal'>, project: string): Promise<OpsFacts> {
  const [score, issues] = await Promise.all([
    asked(() => ctx.call('ops.health.scan', { project }), scanned, ctx.signal),
    asked(() => ctx.call('ops.issue.list', { project, priority: ['critical', 'high'], limit: 100 }), listed, ctx.signal),
  ])
  const titles = (priority: string): Known<readonly string[]> =>
    'unknown' in issues ? issues : { value: issues.value.issues.filter((issue) => issue.priority === priority).map(({ title }) => title) }
  return { score: 'unknown' in score ? score : { value: score.value.score }, critical: titles('critical'), high: titles('high') }
}

async function asked<value>(call: () => Promise<unknown>, schema: z.ZodType<value>, signal: AbortSignal): Promise<Known<value>> {
  try {
    const answer = schema.safeParse(await call())
    return answer.success ? { value: answer.data } : { unknown: 'the answer has another shape than was expected' }
  } catch (error) {
    if (signal.aborted) throw error
    if (!isSwitchyardError(error)) return { unknown: String(error) }
    if (NOBODY.has(error.code)) return { unknown: 'no plugin answers that here' }
    return { unknown: error.code.startsWith('PROJECT_') ? 'the project is not registered: switchyard ops project register' : error.message }
  }
}

const NOBODY: ReadonlySet<string> = new Set(['NO_RESPONDER', 'UNKNOWN_METHOD', 'UNKNOWN_COMMAND'])
