import { inputSchemaOf, type JsonSchema, outline, outputSchemaOf, shortened } from './json-schema.ts'
import { estimateTokens } from './tokens.ts'
import { DIRECTOR, type ToolCommand, type ToolSource } from './tool-source.ts'

/** A tool as clients list it. */
export interface Tool {
  readonly name: string
  readonly title: string
  readonly description: string
  readonly inputSchema: JsonSchema
  readonly outputSchema?: JsonSchema
  readonly annotations: ToolAnnotations
  readonly _meta?: Readonly<Record<string, unknown>>
}

/** All four, on every tool: what a client assumes of one that is absent is the worst. */
interface ToolAnnotations {
  readonly readOnlyHint: boolean
  readonly destructiveHint: boolean
  readonly idempotentHint: boolean
  readonly openWorldHint: boolean
}

/** What a tool does when it is called. */
export type ToolRoute =
  | { readonly does: 'command'; readonly source: ToolSource; readonly commandId: string; readonly command: ToolCommand }
  | { readonly does: 'apply' | 'undo'; readonly source: ToolSource }
  | { readonly does: 'more'; readonly source: ToolSource; readonly commands: ReadonlyMap<string, ToolCommand> }

/** The tools of one source, in the order in which they are listed. */
export interface ToolSet {
  readonly source: ToolSource
  readonly tools: readonly Tool[]
  readonly routes: ReadonlyMap<string, ToolRoute>
  /** Names of the tools that plans and undoing are said to need. */
  readonly names: { readonly apply: string; readonly undo: string; readonly more: string }
}

/** What a source's list may cost a client by default, by `estimateTokens`. */
export const TOKEN_BUDGET = 1_500

/** What clients cut descriptions to. */
const MAX_DESCRIPTION = 2_048

/** Asks the person whatever the client was told to allow. */
const ASKS_ALWAYS = { 'anthropic/requiresUserInteraction': true }

export interface ToolSetOptions {
  /** Every command as a tool of its own, with whole schemas and descriptions. @default false */
  full?: boolean
}

/**
 * The tools of a source. By default its list stays within the budget: rare commands stand together under one tool, the schemas of
 * results shrink to their outline or, where that is too much, to nothing but that there is one, and commands are listed until the
 * list is full, one of each noun in turn; what finds no room joins the rare ones.
 */
export function createToolSet(source: ToolSource, { full = false }: ToolSetOptions = {}): ToolSet {
  const names = namesOf(source)
  const offered = Object.entries(source.commands).filter(([, { internal }]) => internal !== true)
  const drafts = offered.map(([name, command]) => createDraft(source, name, command))
  const closing = closingTools(source, names)
  if (full) return toolSet(drafts.map((draft) => ({ draft, tool: wholeTool(source, draft) })))
  const frequent = inTurn(drafts.filter(({ command }) => command.rare !== true))
  const outlined = fill('outline')
  return toolSet(outlined.length === frequent.length ? outlined : fill('object'))

  function fill(outputs: 'outline' | 'object'): readonly Listed[] {
    // What finds no room is named in the description of the tool for the rest, for which the longest is reckoned with.
    const closingTokens = estimateTokens([...closing.map(({ tool }) => tool), moreTool(source, names.more, drafts)])
    const told = new Set<string>()
    const listed: Listed[] = []
    let left = TOKEN_BUDGET - closingTokens
    for (const draft of frequent) {
      const toldHere = new Set(told)
      const tool = shortTool(source, draft, outputs, toldHere)
      left -= estimateTokens(tool)
      if (left < 0) break
      listed.push({ draft, tool })
      for (const mark of toldHere) told.add(mark)
    }
    return listed
  }

  function toolSet(listed: readonly Listed[]): ToolSet {
    const shown = new Set(listed.map(({ draft }) => draft))
    const grouped = drafts.filter((draft) => !shown.has(draft))
    const tools = listed.map(({ tool }) => tool)
    const routes = new Map<string, ToolRoute>(
      listed.map(({ draft: { toolName, commandId, command } }) => [toolName, { does: 'command', source, commandId, command }]),
    )
    if (grouped.length > 0) {
      tools.push(moreTool(source, names.more, grouped))
      routes.set(names.more, { does: 'more', source, commands: new Map(grouped.map(({ commandId, command }) => [commandId, command])) })
    }
    for (const { tool, does } of closing) {
      tools.push(tool)
      routes.set(tool.name, { does, source })
    }
    return { source, tools, routes, names }
  }
}

interface Listed {
  readonly draft: Draft
  readonly tool: Tool
}

/** A command whose schemas are made when they are first wanted, as most of them are not. */
interface Draft {
  readonly toolName: string
  readonly commandId: string
  readonly noun: string
  readonly command: ToolCommand
  readonly input: () => JsonSchema
  readonly output: () => JsonSchema | undefined
}

function createDraft(source: ToolSource, name: string, command: ToolCommand): Draft {
  let input: JsonSchema | undefined
  let output: JsonSchema | undefined
  return {
    toolName: toolNameOf(source.name, name),
    commandId: `${source.name}.${name}`,
    noun: name.split('.', 1)[0]!,
    command,
    input() {
      input ??= inputSchemaOf(command.input)
      return input
    },
    output() {
      if (command.effect === 'read') output ??= outputSchemaOf(command.output)
      return output
    },
  }
}

/** The first command of each noun, then the second of each, so that a short list tells of everything there is. */
function inTurn(drafts: readonly Draft[]): readonly Draft[] {
  const byNoun = Map.groupBy(drafts, ({ noun }) => noun)
  const rounds = Math.max(0, ...[...byNoun.values()].map((own) => own.length))
  return Array.from({ length: rounds }, (_, round) => [...byNoun.values()].flatMap((own) => own[round] ?? [])).flat()
}

/** `health.scan` of `ops` is the tool `ops_health_scan`. */
function toolNameOf(source: string, command: string): string {
  return `${source}_${command.replaceAll('.', '_')}`
}

/** A plugin may have commands of these names, such as `deploy.apply`. */
function namesOf({ name, commands }: ToolSource): ToolSet['names'] {
  const free = (verb: string): string => `${name}_${verb in commands ? `${verb}_plan` : verb}`
  return { apply: free('apply'), undo: free('undo'), more: 'more' in commands ? `${name}_more_commands` : `${name}_more` }
}

function wholeTool(source: ToolSource, draft: Draft): Tool {
  const { summary, description } = draft.command
  const outputSchema = draft.output()
  return {
    ...namedTool(draft, description === undefined ? summary : `${summary}. ${description}`),
    inputSchema: draft.input(),
    ...(outputSchema !== undefined && { outputSchema }),
    ...marksOf(source, draft),
  }
}

function shortTool(source: ToolSource, draft: Draft, outputs: 'outline' | 'object', told: Set<string>): Tool {
  const output = draft.output()
  return {
    ...namedTool(draft, draft.command.summary),
    inputSchema: shortened(draft.input(), told),
    ...(output !== undefined && { outputSchema: outputs === 'outline' ? outline(output) : { type: 'object' } }),
    ...marksOf(source, draft),
  }
}

function namedTool({ toolName, commandId }: Draft, description: string): Pick<Tool, 'name' | 'title' | 'description'> {
  return { name: toolName, title: titleOf(commandId.slice(commandId.indexOf('.') + 1)), description: cut(description) }
}

function marksOf(source: ToolSource, { command: { effect, idempotent = effect === 'read' } }: Draft): Pick<Tool, 'annotations' | '_meta'> {
  return {
    annotations: {
      readOnlyHint: effect === 'read',
      destructiveHint: effect === 'destroy',
      idempotentHint: idempotent === true,
      openWorldHint: reachesOut(source),
    },
    ...(effect === 'destroy' && { _meta: ASKS_ALWAYS }),
  }
}

/** The tools for what was planned, where a source has any. */
function closingTools(source: ToolSource, names: ToolSet['names']): readonly { readonly tool: Tool; readonly does: 'apply' | 'undo' }[] {
  const commands = Object.values(source.commands)
  return [
    ...(commands.some(({ effect }) => effect !== 'read') ? [{ tool: applyTool(source, names.apply), does: 'apply' as const }] : []),
    ...(commands.some(({ undo }) => undo !== undefined) ? [{ tool: undoTool(source, names), does: 'undo' as const }] : []),
  ]
}

function moreTool(source: ToolSource, name: string, grouped: readonly Draft[]): Tool {
  const effects = new Set(grouped.map(({ command }) => command.effect))
  const verbs = grouped.map(({ commandId }) => commandId.slice(source.name.length + 1))
  return {
    name,
    title: 'More commands',
    description: cut(`Less common commands. {} lists them, {command} explains one, {command, input} runs it: ${verbs.join(', ')}`),
    inputSchema: { type: 'object', properties: { command: { type: 'string' }, input: { type: 'object' } } },
    annotations: {
      readOnlyHint: effects.size === 1 && effects.has('read'),
      destructiveHint: effects.has('destroy'),
      idempotentHint: effects.size === 1 && effects.has('read'),
      openWorldHint: reachesOut(source),
    },
    ...(effects.has('destroy') && { _meta: ASKS_ALWAYS }),
  }
}

const PLAN_ID: JsonSchema = { type: 'object', properties: { plan: { type: 'string' } }, required: ['plan'] }
const PLAN_OR_CHAIN: JsonSchema = {
  type: 'object',
  properties: { plan: { type: 'string' }, answer: { type: 'string' }, step: { type: 'string' } },
  required: ['plan'],
}

function applyTool(source: ToolSource, name: string): Tool {
  const destroys = Object.values(source.commands).some(({ effect }) => effect === 'destroy')
  const mayAsk = source.name === DIRECTOR || source.touches?.plugins?.includes('chain') === true
  return {
    name,
    title: 'Apply a plan',
    description: `Do what a plan of ${source.name} says, once the person has agreed to it${mayAsk ? ", or give a chain (c-…) the person's answer" : ''}`,
    inputSchema: mayAsk ? PLAN_OR_CHAIN : PLAN_ID,
    // A plan runs once, so that a second call changes nothing more.
    annotations: { readOnlyHint: false, destructiveHint: destroys, idempotentHint: true, openWorldHint: reachesOut(source) },
    ...(destroys && { _meta: ASKS_ALWAYS }),
  }
}

function undoTool(source: ToolSource, { undo, apply }: ToolSet['names']): Tool {
  return {
    name: undo,
    title: 'Undo a plan',
    description: `Take back what ${apply} did`,
    inputSchema: PLAN_ID,
    annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: reachesOut(source) },
  }
}

function reachesOut({ touches }: ToolSource): boolean {
  return (touches?.hosts ?? []).length > 0
}

function titleOf(name: string): string {
  const words = name.replaceAll(/[._-]/g, ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}

function cut(text: string): string {
  return text.length <= MAX_DESCRIPTION ? text : `${text.slice(0, MAX_DESCRIPTION - 1)}…`
}
