import { z } from 'zod'

/** A time such as `500ms`, `30s`, `5m`, `2h` or `7d`. */
export type Duration = `${number}${'ms' | 's' | 'm' | 'h' | 'd'}`

const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** Milliseconds of a duration that the schema has accepted. */
export function durationMs(duration: Duration): number {
  const [, amount = '0', unit = 'ms'] = /^(\d+)(\D+)$/.exec(duration) ?? []
  return Number(amount) * UNIT_MS[unit as keyof typeof UNIT_MS]
}

export const MAX_STEPS = 10_000
const MAX_BRANCHES = 1_000
const MAX_ITERATIONS = 10_000

const duration = z
  .string()
  .regex(/^\d{1,9}(ms|s|m|h|d)$/, 'must be a time such as 500ms, 30s, 5m, 2h or 7d')
  .meta({ id: 'duration', description: 'A time such as `500ms`, `30s`, `5m`, `2h` or `7d`' }) as unknown as z.ZodType<Duration>
const name = z
  .string()
  .max(60)
  .regex(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/, 'must be lower-case words joined by "-"')
const commandId = z.string().regex(/^[a-z][a-z0-9-]*(\.[a-z][a-z0-9-]*){1,2}$/, 'must be a command such as "ops.health.scan"')
const expression = z
  .string()
  .regex(/^\$\{\{.*\}\}$/s, `must be one expression between $\{{ and }}`)
  .meta({ id: 'expression', description: `One expression between \`$\{{\` and \`}}\`` })
const template = z.unknown().meta({ id: 'template', description: 'Any value; each text in it may hold expressions' })
const templates = z.record(z.string(), template)

/** What goes into a chain, or into a part of it. */
export interface InputField {
  readonly type: 'string' | 'number' | 'integer' | 'boolean' | 'list' | 'object'
  readonly description?: string | undefined
  readonly enum?: readonly (string | number)[] | undefined
  readonly default?: unknown
  readonly optional?: boolean | undefined
  readonly items?: InputField | undefined
}

const inputField: z.ZodType<InputField> = z.lazy(() =>
  z.strictObject({
    type: z.enum(['string', 'number', 'integer', 'boolean', 'list', 'object']),
    description: z.string().optional(),
    enum: z
      .array(z.union([z.string(), z.number()]))
      .min(1)
      .optional()
      .describe('The only values it may have'),
    default: z.unknown().optional().describe('Used where it is not given; makes it optional'),
    optional: z.boolean().optional().describe('May be left out and is null then'),
    items: inputField.optional().describe('What a list holds'),
  }),
)

const retrySchema = z.strictObject({
  attempts: z.int().min(1).max(100).describe('Tries in all'),
  delay: duration.optional().describe('Before the second try; default 1s'),
  factor: z.number().min(1).max(10).optional().describe('Each wait is this many times the one before; default 2'),
  maxDelay: duration.optional().describe('No wait is longer; default 1m'),
  on: z.array(z.string()).optional().describe('Error codes that are tried again; default: those that say they may be'),
})

const undoSchema = z.union([
  z.literal(false),
  z.strictObject({ call: commandId, input: templates.optional() }).describe('in it, `output` is what the step returned'),
])

const common = {
  id: name.describe('Its name in references; unique in the file'),
  when: expression.optional().describe('Skipped unless true'),
  timeout: duration.optional().describe('It has failed with TIMEOUT when it takes longer'),
  onError: z
    .enum(['abort', 'continue', 'fallback'])
    .optional()
    .describe('`abort` (default) fails what it is part of; `continue` goes on with the output null; `fallback` runs `fallback` instead'),
}
const pivot = z.boolean().optional().describe('Once it is done nothing is undone any more')

export type RetryRule = z.infer<typeof retrySchema>
type UndoRule = z.infer<typeof undoSchema>

interface StepBase {
  readonly id: string
  readonly when?: string | undefined
  readonly timeout?: Duration | undefined
  readonly onError?: 'abort' | 'continue' | 'fallback' | undefined
  readonly fallback?: readonly Step[] | undefined
}

export interface CallStep extends StepBase {
  readonly call: string
  readonly input?: Readonly<Record<string, unknown>> | undefined
  readonly retry?: RetryRule | undefined
  readonly key?: string | undefined
  readonly undo?: UndoRule | undefined
  readonly compensateOnFailure?: boolean | undefined
  readonly pivot?: boolean | undefined
}
interface GroupStep extends StepBase {
  readonly retry?: RetryRule | undefined
  readonly steps: readonly Step[]
  readonly otherwise?: readonly Step[] | undefined
}
export interface ParallelStep extends StepBase {
  readonly retry?: RetryRule | undefined
  readonly parallel: readonly Step[]
  readonly mode?: 'all' | 'allSettled' | 'quorum' | 'race' | undefined
  readonly quorum?: number | undefined
  readonly concurrency?: number | undefined
}
export interface ForEachStep extends StepBase {
  readonly retry?: RetryRule | undefined
  readonly forEach: unknown
  readonly do: readonly Step[]
  readonly concurrency?: number | undefined
  readonly max?: number | undefined
}
export interface RepeatStep extends StepBase {
  readonly retry?: RetryRule | undefined
  readonly repeat: readonly Step[]
  readonly until: string
  readonly max: number
  readonly delay?: Duration | undefined
}
export interface WaitStep extends StepBase {
  readonly wait:
    | Duration
    | { readonly until: string }
    | { readonly event: string; readonly match?: Readonly<Record<string, unknown>> | undefined }
}
export interface AskStep extends StepBase {
  readonly ask: string
  readonly answer?: 'approval' | 'text' | 'number' | undefined
  readonly choices?: readonly string[] | undefined
  readonly pivot?: boolean | undefined
}
interface SubChainStep extends StepBase {
  readonly retry?: RetryRule | undefined
  readonly chain: string
  readonly input?: Readonly<Record<string, unknown>> | undefined
}
interface ValueStep extends StepBase {
  readonly value: unknown
}

export type Step = CallStep | GroupStep | ParallelStep | ForEachStep | RepeatStep | WaitStep | AskStep | SubChainStep | ValueStep

/** A chain as data, as a file, an object or the builder gives it. */
export interface ChainDefinition {
  readonly name: string
  readonly summary?: string | undefined
  readonly saga?: boolean | undefined
  readonly timeout?: Duration | undefined
  readonly input?: Readonly<Record<string, InputField>> | undefined
  readonly steps: readonly Step[]
  readonly output?: unknown
}

const step: z.ZodType<Step> = z.lazy(() => z.union(Object.values(STEP_SCHEMAS)) as z.ZodType<Step>)
const steps = z.array(step).min(1)

const fallback = { fallback: steps.optional().describe('Steps that run instead; their last output becomes the output') }
const base = { ...common, ...fallback }
const again = retrySchema.optional().describe('Takes back what it did and begins anew when it fails')

/** One schema for each kind of step, under the key that makes a step of that kind. */
export const STEP_SCHEMAS = {
  call: z
    .strictObject({
      ...base,
      call: commandId,
      input: templates.optional().describe('What the command gets'),
      retry: retrySchema.optional(),
      key: z.string().optional().describe('Idempotency key; default: the chain and the step'),
      undo: undoSchema.optional().describe("How to take it back; default: the command's own undo; `false`: it need not be"),
      compensateOnFailure: z.boolean().optional().describe('Undone also when it failed, as it may have had effects; needs `undo`'),
      pivot,
    })
    .describe('Calls a command; its output is the result'),
  steps: z
    .strictObject({ ...base, retry: again, steps, otherwise: steps.optional().describe('Runs in their place when `when` is not true') })
    .describe('Steps one after another; the output is that of the last one that was not skipped'),
  parallel: z
    .strictObject({
      ...base,
      retry: again,
      parallel: z.array(step).min(1).max(MAX_BRANCHES),
      mode: z
        .enum(['all', 'allSettled', 'quorum', 'race'])
        .optional()
        .describe(
          '`all` (default): the first failure aborts the others; `allSettled`: waits for all; `quorum`: enough when so many succeeded; `race`: the first that succeeds',
        ),
      quorum: z.int().min(1).optional(),
      concurrency: z.int().min(1).optional().describe('At work at once; default all'),
    })
    .describe('Steps at the same time; the output is a list in their order, for `race` that of the winner'),
  forEach: z
    .strictObject({
      ...base,
      retry: again,
      forEach: z.union([expression, z.array(template)]).describe('A list; in `do` its elements are `item`, counted by `index`'),
      do: steps,
      concurrency: z.int().min(1).optional().describe('At work at once; default 1'),
      max: z.int().min(1).max(MAX_ITERATIONS).optional().describe('A longer list fails; default 1000'),
    })
    .describe('The steps once for each element; the output is a list in its order'),
  repeat: z
    .strictObject({
      ...base,
      retry: again,
      repeat: steps,
      until: expression.describe('Read after each round'),
      max: z.int().min(1).max(MAX_ITERATIONS).describe('Fails when it is not true after so many rounds'),
      delay: duration.optional().describe('Between rounds'),
    })
    .describe('The steps again and again; the output is that of the last round'),
  wait: z
    .strictObject({
      ...base,
      wait: z.union([
        duration,
        z.strictObject({ until: z.string().describe('A moment, ISO 8601') }),
        z.strictObject({ event: z.string(), match: templates.optional().describe('Fields that the event must have, by path') }),
      ]),
    })
    .describe('Waits for a time or an event; the output is `null`, or what the event carries'),
  ask: z
    .strictObject({
      ...base,
      ask: z.string().describe('What the person reads'),
      answer: z.enum(['approval', 'text', 'number']).optional().describe('Default `approval`: a "no" fails the step with REFUSED'),
      choices: z.array(z.string()).min(1).optional().describe('The only answers'),
      pivot,
    })
    .describe('Waits for a person; the output is `{ value, by }`'),
  chain: z
    .strictObject({ ...base, retry: again, chain: name, input: templates.optional() })
    .describe('Another chain as a part of this one; the output is its output'),
  value: z.strictObject({ ...base, value: template }).describe('Nothing but an output'),
} as const satisfies Record<string, z.ZodType>

export type StepKind = keyof typeof STEP_SCHEMAS

export const STEP_KINDS = Object.keys(STEP_SCHEMAS) as readonly StepKind[]

/** Which kind a step is. */
export function kindOf(one: object): StepKind | undefined {
  return STEP_KINDS.find((kind) => Object.hasOwn(one, kind))
}

export const chainSchema: z.ZodType<ChainDefinition> = z.strictObject({
  name,
  summary: z.string().max(300).optional(),
  saga: z.boolean().optional().describe('Whether a failure undoes what was done; default true'),
  timeout: duration.optional().describe('The chain has failed with TIMEOUT when it takes longer'),
  input: z.record(z.string().regex(/^[A-Za-z]\w*$/, 'must be a name'), inputField).optional(),
  steps,
  output: template.optional().describe('Default: the output of the last step'),
}) as z.ZodType<ChainDefinition>

/** The steps directly inside a step, by the key that holds them. */
export function childrenOf(one: Step): readonly (readonly [key: string, steps: readonly Step[]])[] {
  const found: [string, readonly Step[]][] = []
  const holder = one as unknown as Readonly<Record<string, unknown>>
  for (const key of ['steps', 'otherwise', 'parallel', 'do', 'repeat', 'fallback'])
    if (Array.isArray(holder[key])) found.push([key, holder[key] as readonly Step[]])
  return found
}
