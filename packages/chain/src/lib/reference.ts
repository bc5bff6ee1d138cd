import { z } from 'zod'
import { chainSchema, STEP_KINDS, STEP_SCHEMAS } from './definition.ts'
import { FUNCTIONS } from './functions.ts'

interface JsonSchema {
  readonly $ref?: string
  readonly type?: string
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly items?: JsonSchema
  readonly anyOf?: readonly JsonSchema[]
  readonly description?: string
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
}

/** Keys that every step can have; they are described once. */
const COMMON = ['id', 'when', 'timeout', 'onError', 'fallback'] as const

/** The page about the language of chains, made from its schema. */
export function chainReference(): string {
  const kinds = STEP_KINDS.map((kind) => {
    const schema = toJson(STEP_SCHEMAS[kind])
    const own = {
      ...schema,
      properties: Object.fromEntries(Object.entries(schema.properties ?? {}).filter(([name]) => !COMMON.includes(name as 'id'))),
    }
    return `### ${kind}\n\n${schema.description}.\n\n${table(own)}`
  })
  const call = toJson(STEP_SCHEMAS.call)
  const common = { ...call, properties: Object.fromEntries(COMMON.map((name) => [name, call.properties![name]!])) }
  const functions = Object.values(FUNCTIONS).map(({ signature, summary }) => `| \`${signature}\` | ${summary} |`)
  return `# The language of chains

Generated from the schema by \`npm run docs\`. [The guide](../guide/chains.md) explains; this page lists.

## A chain

${table(toJson(chainSchema))}
## Steps

A step is an object of one of the kinds below. All of them may have:

${table(common)}
${kinds.join('\n')}
### retry

${table(call.properties!.retry!)}
## Expressions

A text may hold expressions between \`\${{\` and \`}}\`. A text that is one expression has the value's own type; elsewhere values are put as text.

| Name | Is |
|---|---|
| \`input.NAME\` | the chain's input |
| \`steps.ID.output\` | what a step returned; null when it was skipped or failed |
| \`steps.ID.state\` | \`done\`, \`skipped\` or \`failed\` |
| \`steps.ID.error.code\`, \`.message\` | why it failed |
| \`steps.ID.degraded\` | whether its fallback answered |
| \`item\`, \`index\` | in a loop: the element, and its place from 0 |
| \`output\` | in \`undo\`: what the step returned |
| \`chain.id\`, \`chain.name\`, \`chain.startedMs\` | the chain itself |

Operators: \`== != < <= > >=\`, \`&& || !\`, parentheses, \`.name\`, \`[index]\`, \`['name']\`. Literals: \`null\`, \`true\`, \`false\`, numbers, and texts in
single or double quotes (a doubled quote stands for one). Reading an expression always ends and never fails: a way through null is null, a comparison of
different types is false, and \`&& || !\` take nothing but true for true.

| Function | |
|---|---|
${functions.join('\n')}
`
}

function toJson(schema: z.ZodType): JsonSchema {
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema
}

function table({ properties = {}, required = [] }: JsonSchema): string {
  const rows = Object.entries(properties).map(([name, field]) => {
    return `| \`${name}\` | ${typeName(field)} | ${required.includes(name) ? 'required' : ''} | ${field.description ?? ''} |`
  })
  return `| Key | Type | | |\n|---|---|---|---|\n${rows.join('\n')}\n`
}

function typeName(field: JsonSchema): string {
  if (field.enum !== undefined) return field.enum.map((value) => `\`${String(value)}\``).join(', ')
  if (field.const !== undefined) return `\`${String(field.const)}\``
  if (field.$ref !== undefined) return refName(field.$ref)
  if (field.anyOf?.length === STEP_KINDS.length) return 'step'
  if (field.anyOf !== undefined) return [...new Set(field.anyOf.map(typeName))].join(' or ')
  if (field.items !== undefined) return `list of ${typeName(field.items)}`
  if (field.type === 'object' && field.properties !== undefined) return `\`{ ${Object.keys(field.properties).join(', ')} }\``
  return field.type ?? 'anything'
}

function refName(ref: string): string {
  const name = ref.replace(/^.*\//, '')
  return name.startsWith('__schema') ? 'list of steps' : name
}
