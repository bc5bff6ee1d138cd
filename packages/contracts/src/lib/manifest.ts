import valid from 'semver/functions/valid.js'
import validRange from 'semver/ranges/valid.js'
import { z } from 'zod'
import { SwitchyardError } from './error.ts'
import { isTopic, isTopicPattern } from './topic.ts'
import { parseUriTemplate, uriTemplateMistake } from './uri-template.ts'

/** What a command does to the world: nothing, something that can be looked at first, or something that is gone afterwards. */
export type Effect = 'read' | 'write' | 'destroy'

const NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/
const COMMAND_NAME = /^[a-z][a-z0-9-]*(\.[a-z][a-z0-9-]*)?$/

const isFunction = (value: unknown): boolean => typeof value === 'function'
const isSchema = (value: unknown): boolean => typeof value === 'object' && value !== null && '_zod' in value
const functionField = z.custom<(...args: never[]) => unknown>(isFunction, 'must be a function')
const schemaField = z.custom<z.ZodType>(isSchema, 'must be a zod schema')
const sentence = z.string().min(3).max(300)

const topicName = z.string().refine(isTopic, 'must be a topic such as "deploy/finished": segments between slashes, no wildcard')
const topicPattern = z.string().refine(isTopicPattern, 'must be a topic pattern: whole segments, "*" for one, "**" for any number')

/** Breaker, retry, bulkhead and fallback of a plugin or a command; the room `resilience` says what each means. */
const guardSchema = z.looseObject({})

const topicSchema = z.strictObject({ name: topicName, schema: schemaField, durable: z.boolean().optional() })

const uriTemplate = z.string().superRefine((text, { addIssue }) => {
  const mistake = uriTemplateMistake(text)
  if (mistake !== undefined) addIssue(mistake)
})

const commandSchema = z
  .strictObject({
    summary: sentence,
    description: z.string().max(4_000).optional(),
    examples: z.array(z.string().min(3).max(200)),
    input: schemaField,
    output: schemaField,
    effect: z.enum(['read', 'write', 'destroy']),
    run: functionField,
    plan: functionField.optional(),
    undo: functionField.optional(),
    idempotent: z.union([z.boolean(), z.literal('key')]).optional(),
    costUsd: z.number().min(0).optional(),
    spentUsd: functionField.optional(),
    timeoutMs: z.int().min(1).max(86_400_000).optional(),
    guard: guardSchema.optional(),
    resource: z.strictObject({ uri: uriTemplate }).optional(),
    rare: z.boolean().optional(),
    internal: z.boolean().optional(),
  })
  .check(({ value, issues }) => {
    if (value.resource !== undefined) {
      for (const message of resourceMistakes(value.resource.uri, value.effect, value.input))
        issues.push({ code: 'custom', input: value, path: ['resource'], message })
    }
    if (value.effect === 'read' || value.plan !== undefined) return
    issues.push({
      code: 'custom',
      input: value,
      path: ['plan'],
      message: `a command whose effect is "${value.effect}" needs plan(input, ctx), which says what it would do without doing it`,
    })
  })

/** What reads a resource is given its URI's variables and nothing else. */
function resourceMistakes(uri: string, effect: Effect, input: z.ZodType): readonly string[] {
  if (effect !== 'read') return [`belongs to a command whose effect is "read": this one's is "${effect}"`]
  const { variables } = parseUriTemplate(uri)
  const fields: Readonly<Record<string, z.ZodType>> = input instanceof z.ZodObject ? input.shape : {}
  const unknown = variables.filter((name) => !Object.hasOwn(fields, name))
  const missing = Object.entries(fields).filter(([name, field]) => !variables.includes(name) && !field.safeParse(undefined).success)
  return [
    ...unknown.map((name) => `has the variable {${name}}, which is no field of the input`),
    ...missing.map(([name]) => `must name the field "${name}" in its URI, as the input does not do without`),
  ]
}

const promptSchema = z
  .strictObject({
    name: z.string().max(60).regex(NAME),
    summary: sentence,
    args: z
      .array(
        z.strictObject({
          name: z.string().regex(/^[a-z][A-Za-z0-9]*$/, 'must be a name such as "project"'),
          summary: sentence,
          default: z.string().optional(),
          choices: z.array(z.string().min(1)).min(1).optional(),
          of: uriTemplate.optional(),
        }),
      )
      .optional(),
    text: z.string().min(1),
  })
  .check(({ value: { args = [], text }, issues }) => {
    const used = [...text.matchAll(PLACEHOLDER)].map(([, name]) => name!)
    const named = args.map(({ name }) => name)
    if (new Set(named).size < named.length)
      issues.push({ code: 'custom', input: args, path: ['args'], message: 'must name each argument once' })
    for (const name of used.filter((one) => !named.includes(one)))
      issues.push({ code: 'custom', input: text, path: ['text'], message: `uses {${name}}, which is none of its args` })
    for (const name of named.filter((one) => !used.includes(one)))
      issues.push({ code: 'custom', input: text, path: ['text'], message: `must use its argument {${name}}` })
  })

const PLACEHOLDER = /\{([a-z][A-Za-z0-9]*)\}/g

/** semver itself forgives a leading "v" and spaces, and leaves build metadata out of what it returns. */
const isVersion = (text: string): boolean => valid(text) === text.split('+', 1)[0]

const words = z.array(z.string().min(1).max(60)).max(100)

const NAMESPACE = /^[a-z][a-z0-9-]*\/[a-z][a-z0-9-]*$/

/** The room `state` says what the rest of a definition means. */
const stateSchema = z.strictObject({
  exports: z.array(z.looseObject({ namespace: z.string().regex(NAMESPACE, 'must be "plugin/name"') })).optional(),
  imports: z.array(z.string().regex(NAMESPACE, 'must be "plugin/name"')).optional(),
})

const pluginSchema = z
  .strictObject({
    name: z.string().max(50).regex(NAME, 'must be lower-case words joined by "-", such as "ops" or "team-chat"'),
    version: z.string().refine(isVersion, 'must be a semantic version such as "1.4.0"'),
    summary: sentence,
    capabilities: z
      .strictObject({ domains: words.optional(), contexts: words.optional(), patterns: words.optional(), integrations: words.optional() })
      .optional(),
    touches: z
      .strictObject({
        files: z.array(z.string()).optional(),
        hosts: z.array(z.string()).optional(),
        programs: z.array(z.string()).optional(),
        plugins: z.array(z.string().regex(NAME, 'must be a plugin name')).optional(),
      })
      .optional(),
    dependencies: z
      .record(
        z.string().regex(NAME, 'must be a plugin name'),
        z.string().refine((range) => validRange(range) !== null, 'must be a range of versions such as "^1.2.0" or ">=0.2.0 <0.4.0"'),
      )
      .optional(),
    publishes: z.array(topicSchema).optional(),
    listens: z
      .array(z.strictObject({ pattern: topicPattern, name: z.string().optional(), schema: schemaField.optional(), handler: functionField }))
      .optional(),
    state: stateSchema.optional(),
    tables: z.array(z.string().min(1)).optional(),
    guard: guardSchema.optional(),
    agents: z.array(z.strictObject({ name: z.string().regex(NAME), summary: sentence, prompt: z.string().min(1) })).optional(),
    prompts: z.array(promptSchema).optional(),
    requests: functionField.optional(),
    commands: z.record(z.string().regex(COMMAND_NAME, 'must be "noun.verb" or "verb" in lower case, such as "health.scan"'), commandSchema),
  })
  .check(({ value: { name, dependencies = {}, state, tables = [], prompts = [], commands }, issues }) => {
    if (Object.hasOwn(dependencies, name))
      issues.push({ code: 'custom', input: name, path: ['dependencies', name], message: 'must be another plugin' })
    const uris = new Set<string>()
    for (const [command, { resource }] of Object.entries(commands)) {
      if (resource === undefined) continue
      const wrong = (message: string): void =>
        void issues.push({ code: 'custom', input: resource.uri, path: ['commands', command, 'resource', 'uri'], message })
      if (!resource.uri.startsWith(`${name}://`)) wrong(`must begin with "${name}://", as it is of this plugin`)
      const form = resource.uri.replaceAll(/\{\w+\}/g, '{}')
      if (uris.has(form)) wrong('must be of another form than that of any other command')
      uris.add(form)
    }
    for (const [index, prompt] of prompts.entries()) {
      if (prompts.findIndex((other) => other.name === prompt.name) === index) continue
      issues.push({ code: 'custom', input: prompt, path: ['prompts', index, 'name'], message: 'must be of one prompt only' })
    }
    for (const [index, sql] of tables.entries()) {
      for (const [, made = ''] of sql.matchAll(CREATES)) {
        if (made.startsWith(`${tablePrefix(name)}`)) continue
        const message = `creates "${made}", but a plugin's tables and indexes are named "${tablePrefix(name)}..."`
        issues.push({ code: 'custom', input: sql, path: ['tables', index], message })
      }
    }
    for (const [index, { namespace }] of (state?.exports ?? []).entries()) {
      if (namespace.startsWith(`${name}/`)) continue
      const path = ['state', 'exports', index]
      issues.push({ code: 'custom', input: namespace, path, message: `is named "${namespace}", but a plugin exports "${name}/..." only` })
    }
  })

const CREATES =
  /\bcreate\s+(?:temp\w*\s+)?(?:unique\s+)?(?:virtual\s+)?(?:table|index|view|trigger)\s+(?:if\s+not\s+exists\s+)?["'`[]?(\w+)/gi

/** How the names of a plugin's tables begin: they share one file with everybody else's. */
function tablePrefix(plugin: string): string {
  return `${plugin.replaceAll('-', '_')}_`
}

/** One mistake in a manifest and where it is. */
export interface ManifestMistake {
  readonly path: string
  readonly message: string
}

/** Every mistake of a plugin's definition at once; an empty list means that it is right. */
export function checkManifest(definition: unknown): readonly ManifestMistake[] {
  const result = pluginSchema.safeParse(definition)
  if (result.success) return []
  return result.error.issues.flatMap((issue) => describeIssue(issue))
}

/** @throws MANIFEST_INVALID with all mistakes in its message and in `data.mistakes`. */
export function assertManifest(definition: unknown): void {
  const mistakes = checkManifest(definition)
  if (mistakes.length === 0) return
  const name =
    typeof definition === 'object' && definition !== null && 'name' in definition && typeof definition.name === 'string'
      ? definition.name
      : 'unnamed'
  const lines = mistakes.map(({ path, message }) => `  ${path || '(plugin)'}: ${message}`)
  throw new SwitchyardError('MANIFEST_INVALID', `Cannot load plugin "${name}" as its definition must be right:\n${lines.join('\n')}`, {
    data: { plugin: name, mistakes },
    next: 'mend each of these in its definePlugin({...})',
  })
}

function describeIssue(issue: z.core.$ZodIssue): ManifestMistake[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: pathText([...issue.path, key]), message: 'is no key of a definition' }))
  }
  if (issue.code === 'invalid_key') {
    return [{ path: pathText(issue.path), message: issue.issues.map((inner) => inner.message).join('; ') }]
  }
  return [{ path: pathText(issue.path), message: issue.message }]
}

function pathText(path: readonly PropertyKey[]): string {
  let text = ''
  for (const key of path) {
    if (typeof key === 'number') text += `[${key}]`
    else if (NAME.test(String(key)) || /^[A-Za-z]\w*$/.test(String(key))) text += text === '' ? String(key) : `.${String(key)}`
    else text += `["${String(key)}"]`
  }
  return text
}
