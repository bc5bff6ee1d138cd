import { isSwitchyardError } from '@switchyard/contracts'
import type { AskedByChain, PlannedRun, RunOptions } from '@switchyard/yard'
import { withoutSecrets } from '@switchyard/yard/config'
import { z } from 'zod'
import { answerCall, chainData, wanted } from './chain-text.ts'
import type { Form, Reply, Talk } from './conversation.ts'
import { foreignPlan, planUnknown, unknownMore, wantsAnswer, wrongArguments } from './errors.ts'
import { inputSchemaOf } from './json-schema.ts'
import { type ResourceLink, resourceLinks } from './links.ts'
import { errorReport, errorText, planData, planText, visible } from './text.ts'
import { type Actions, DIRECTOR, type ToolCommand } from './tool-source.ts'
import type { ToolRoute, ToolSet } from './tools.ts'

/** What a tool answers, as MCP writes it. */
export interface ToolResult {
  readonly content: readonly (TextContent | ResourceLink)[]
  readonly structuredContent?: unknown
  readonly isError?: boolean
}

interface TextContent {
  readonly type: 'text'
  readonly text: string
}

export interface ToolCall {
  readonly set: ToolSet
  readonly route: ToolRoute
  readonly input: unknown
  readonly actions: Actions
  /** Whether the client puts forms to a person. */
  readonly canAsk: boolean
  readonly talk: Talk
  /** Goes along with whatever is called. */
  readonly options: RunOptions
}

/** Does what a tool is for. Whatever fails is an answer too, with its code and the next step: the model reads it and goes on. */
export async function callTool(call: ToolCall): Promise<ToolResult> {
  try {
    return await run(call)
  } catch (error) {
    return failure(error, nextAfter(error, call), freshPlan(error, call))
  }
}

function run(call: ToolCall): ToolResult | Promise<ToolResult> {
  const { route, input } = call
  switch (route.does) {
    case 'command':
      return runCommand(call, route.commandId, route.command, input ?? {})
    case 'apply': {
      const { plan, ...given } = parsed(applyInput, input, call.set.names.apply)
      return isChain(plan) ? answerChain(call, plan, given) : apply(call, ownPlan(call, plan))
    }
    case 'undo':
      return undo(call, ownPlan(call, parsed(planInput, input, call.set.names.undo).plan))
    case 'more':
      return more(call, route.commands)
  }
}

async function runCommand(call: ToolCall, commandId: string, command: ToolCommand, input: unknown): Promise<ToolResult> {
  const { actions, options } = call
  if (command.effect !== 'read') return offer(call, await actions.plan(commandId, input, options))
  const result = await actions.call(commandId, input, options)
  const { content, ...answered } = answer(result, resourceLinks(call.set.source, commandId, result))
  return { ...answered, content: [...content, ...(await howToAnswer(call, result))] }
}

/** A plan, to be applied later or, where a person can be asked and says so, at once. */
async function offer(call: ToolCall, planned: PlannedRun): Promise<ToolResult> {
  if (call.canAsk) return askAndApply(call, planned)
  return kept(call, planned)
}

function kept({ set: { names } }: ToolCall, planned: PlannedRun, why = 'Nothing was done.'): ToolResult {
  const apply = `${names.apply} {"plan":"${planned.id}"}`
  return {
    content: [text(`${planText(planned)}\n\n${why} Once the person agrees: ${apply}`)],
    structuredContent: { ...planData(planned), done: false, next: apply },
  }
}

async function askAndApply(call: ToolCall, planned: PlannedRun): Promise<ToolResult> {
  const { talk, actions } = call
  const reply = await talk.ask(approvalForm(planned))
  if (reply.action !== 'accept') {
    actions.discard(planned.id)
    return {
      content: [text(`The person said no (${reply.action}); nothing was done, and the plan ${planned.id} is gone. Do not ask again.`)],
      structuredContent: { plan: planned.id, done: false, declined: true },
    }
  }
  const { now, name } = reply.content
  if (planned.effect === 'destroy' && name !== nameToType(planned))
    return kept(call, planned, 'The name typed is another, so nothing was done.')
  if (planned.effect !== 'destroy' && now !== true) return kept(call, planned, 'The person wants it later.')
  return applied(call, planned)
}

function apply(call: ToolCall, planned: PlannedRun): Promise<ToolResult> {
  return call.canAsk && planned.state === 'waiting' ? askAndApply(call, planned) : applied(call, planned)
}

async function applied(call: ToolCall, { id, command }: PlannedRun): Promise<ToolResult> {
  const { actions, options, set } = call
  const result = await actions.approve(id, options)
  const undoable = planOf(actions, id).undoable
  const next = `${set.names.undo} {"plan":"${id}"}`
  return {
    content: [
      text(`${command} is done (plan ${id}): ${JSON.stringify(result ?? null)}${undoable ? `\nTo take it back: ${next}` : ''}`),
      ...resourceLinks(set.source, command, result),
      ...(await howToAnswer(call, result)),
    ],
    structuredContent: { plan: id, command, done: true, result: result ?? null, ...(undoable && { undo: next }) },
  }
}

/** How long an answer waits for a chain; one that takes longer goes on, and can be looked at. */
export const WATCHED_MS = 30_000

/** Gives a chain that waits a person's answer: what they say to a form, or where they cannot be asked, what the client says that they said. */
async function answerChain(call: ToolCall, id: string, given: Omit<z.output<typeof applyInput>, 'plan'>): Promise<ToolResult> {
  const { set, actions, options, canAsk, talk } = call
  const { source, names } = set
  if (actions.talk === undefined) throw planUnknown(id)
  const asked = await actions.talk.question(id, given.step)
  if (!isOwnChain(source, asked)) throw foreignPlan(id, asked.name, source.name)
  const { question, wants, choices, step } = asked
  const value = canAsk ? answerOf(asked, await talk.ask(answerForm(asked))) : (given.answer ?? (wants === 'approval' ? true : undefined))
  if (value === undefined && canAsk) {
    return {
      content: [text(`The person did not answer: the chain ${id} still waits. Do not ask again.`)],
      structuredContent: { plan: id, done: false, declined: true },
    }
  }
  if (value === undefined) throw wantsAnswer(id, question, answerCall(names.apply, id, { answer: wanted(wants, choices) }))
  const report = await actions.talk.answer(id, { value, step }, { ...options, watchMs: WATCHED_MS })
  const result = chainData(report, names.apply)
  const { next } = result
  return {
    content: [text(`The chain ${id} is ${report.state}: ${JSON.stringify(result)}${next === undefined ? '' : `\nNext: ${next}`}`)],
    structuredContent: { plan: id, done: report.state === 'done', result, ...(next !== undefined && { next }) },
  }
}

const isOwnChain = ({ name }: ToolSet['source'], { plugin }: AskedByChain): boolean => name === DIRECTOR || plugin === name

/** How the chain that a result of a plugin names is answered, where it waits for a person. */
async function howToAnswer({ set: { source, names }, actions: { talk } }: ToolCall, result: unknown): Promise<readonly TextContent[]> {
  const id = (result as { readonly chain?: unknown } | null)?.chain
  if (talk === undefined || typeof id !== 'string' || !isChain(id)) return []
  const asked = await talk.question(id).catch(() => undefined)
  if (asked === undefined || !isOwnChain(source, asked)) return []
  const { question, wants, choices } = asked
  const how = answerCall(names.apply, id, { answer: wanted(wants, choices) })
  return [text(`The chain ${id} asks: ${question}\nNext: put it to the person, then ${how}`)]
}

async function undo({ actions, options }: ToolCall, { id, command }: PlannedRun): Promise<ToolResult> {
  const result = await actions.undo(id, options)
  return {
    content: [text(`${command} was taken back (plan ${id})`)],
    structuredContent: { plan: id, undone: true, result: result ?? null },
  }
}

const moreInput = z.strictObject({ command: z.string().optional(), input: z.unknown().optional() })

/** Lists what is grouped, explains one of it, or runs it. */
function more(call: ToolCall, commands: ReadonlyMap<string, ToolCommand>): ToolResult | Promise<ToolResult> {
  const { source, names } = call.set
  const given = parsed(moreInput, call.input ?? {}, names.more)
  const short = (id: string): string => id.slice(source.name.length + 1)
  if (given.command === undefined)
    return answer({ commands: [...commands].map(([id, { summary, effect }]) => ({ command: short(id), summary, effect })) })
  // People and models write it as they know it: `health.scan`, `ops.health.scan` or `ops_health_scan`.
  const wanted = given.command.replaceAll('_', '.')
  const commandId = [wanted, `${source.name}.${wanted}`].find((id) => commands.has(id))
  if (commandId === undefined) throw unknownMore(given.command, [...commands.keys()].map(short))
  const command = commands.get(commandId)!
  if (given.input !== undefined) return runCommand(call, commandId, command, given.input)
  const { summary, description, effect, input } = command
  return answer({
    command: short(commandId),
    summary,
    ...(description !== undefined && { description }),
    effect,
    input: inputSchemaOf(input),
  })
}

const planInput = z.strictObject({ plan: z.string() })
const applyInput = planInput.extend({ answer: z.union([z.string(), z.boolean(), z.number()]).optional(), step: z.string().optional() })

const isChain = (id: string): boolean => id.startsWith('c-')

/** Only a plan of the tool's own plugin: a client that was given leave for one plugin has none for another. */
function ownPlan({ actions, set }: ToolCall, plan: string): PlannedRun {
  const { name } = set.source
  const found = planOf(actions, plan)
  if (name !== DIRECTOR && !found.command.startsWith(`${name}.`)) throw foreignPlan(plan, found.command, name)
  return found
}

function planOf(actions: Actions, id: string): PlannedRun {
  const found = actions.plans().find((one) => one.id === id)
  if (found === undefined) throw planUnknown(id)
  return found
}

/** What is to be agreed to; what removes something for good wants its name typed. */
function approvalForm(planned: PlannedRun): Form {
  const message = visible(planText(planned))
  if (planned.effect !== 'destroy') {
    const now = { type: 'boolean', title: 'Do it now', description: 'No keeps the plan for later', default: true }
    return { message, schema: { type: 'object', properties: { now }, required: ['now'] } }
  }
  const name = { type: 'string', title: visible(`Type ${nameToType(planned)} to go on`) }
  return { message, schema: { type: 'object', properties: { name }, required: ['name'] } }
}

/** What a chain asks, with what comes after it; what removes something for good wants the chain's name typed. */
function answerForm({ name, plan, effect, wants, choices }: AskedByChain): Form {
  const message = visible(planText({ command: name, plan }))
  const title = wants === 'approval' && effect === 'destroy' ? visible(`Type ${name} to go on`) : wants === 'approval' ? 'Yes' : 'Answer'
  const type = wants === 'number' ? 'number' : wants === 'approval' && effect !== 'destroy' ? 'boolean' : 'string'
  const answer = { type, title, ...(choices !== undefined && { enum: choices }) }
  return { message, schema: { type: 'object', properties: { answer }, required: ['answer'] } }
}

/** A no to an approval is one however it is said; whatever else is not answered stays open. */
function answerOf({ name, effect, wants }: AskedByChain, reply: Reply): unknown {
  if (reply.action === 'decline' && wants === 'approval') return false
  if (reply.action !== 'accept') return undefined
  const { answer } = reply.content
  if (wants !== 'approval' || effect !== 'destroy') return answer
  return answer === name ? true : undefined
}

/** What is about to be lost, by its own name; the command's where its input names nothing. */
function nameToType({ command, input }: PlannedRun): string {
  for (const field of ['target', 'env', 'service', 'project', 'name']) {
    const value = (input as Readonly<Record<string, unknown>> | null)?.[field]
    if (typeof value === 'string' && value.trim() !== '') return value
  }
  return command
}

function answer(result: unknown, links: readonly ResourceLink[] = []): ToolResult {
  const isObject = typeof result === 'object' && result !== null && !Array.isArray(result)
  return { content: [text(JSON.stringify(result ?? null)), ...links], ...(isObject && { structuredContent: result }) }
}

/** An error as a tool's answer; `next` wins over the error's own next step. */
export function failure(error: unknown, next?: string, fresh?: PlannedRun): ToolResult {
  const report = errorReport(error, next)
  return {
    content: [text(fresh === undefined ? errorText(report) : `${errorText(report)}\n\nWhat would happen now:\n${planText(fresh)}`)],
    structuredContent: { error: { ...report, ...(fresh !== undefined && { plan: planData(fresh) }) } },
    isError: true,
  }
}

/** What would happen now, where a plan is not true any more. */
function freshPlan(error: unknown, { actions }: ToolCall): PlannedRun | undefined {
  return isSwitchyardError(error, 'PLAN_STALE') ? actions.plans().find(({ id }) => id === error.data.fresh) : undefined
}

const AGAIN = 'call the tool that makes the plan again, and show the person the new one'

/** Told to plan it again, a client whose first call timed out would do it twice. */
function afterUse(state: unknown): string | undefined {
  if (state === 'done') return 'nothing, as it has been applied'
  if (state === 'running') return 'wait, as it is being applied'
  return state === 'interrupted' ? undefined : AGAIN
}

/** The next step in the words of tools, where the error's own is for a terminal. */
function nextAfter(error: unknown, { set, route, input }: ToolCall): string | undefined {
  if (!isSwitchyardError(error)) return undefined
  const { names } = set
  switch (error.code) {
    case 'VALIDATION': {
      if (route.does !== 'more') return 'call it again with arguments that fit its input schema'
      const { command } = withoutSecrets(input) as { command?: unknown }
      return `${names.more} ${JSON.stringify({ command })} explains what it takes`
    }
    case 'PLAN_STALE':
      return `show the person what would happen now, then ${names.apply} ${JSON.stringify({ plan: error.data.fresh })}`
    case 'PLAN_USED':
      return afterUse(error.data.state)
    case 'PLAN_UNKNOWN':
      return AGAIN
    case 'NEEDS_ANSWER':
      // What a chain asks says itself how it is answered.
      return error.data.chain === undefined
        ? 'ask the person, then run it in a terminal, or from a client that can ask (MCP elicitation)'
        : undefined
    case 'CHAIN_ANSWER':
      return 'put the question to the person again, and hand on what they say'
    case 'NOT_WAITING':
      return set.source.name === DIRECTOR ? `director_chain_show ${JSON.stringify({ id: error.data.chain })}` : undefined
    case 'CHAIN_UNKNOWN':
      return set.source.name === DIRECTOR ? 'director_chain_list {}' : undefined
    default:
      return undefined
  }
}

function parsed<output>(schema: z.ZodType<output>, input: unknown, tool: string): output {
  const result = schema.safeParse(input)
  if (result.success) return result.data
  throw wrongArguments(tool, result.error.issues.map(({ path, message }) => [...path, message].join(': ')).join('; '))
}

function text(value: string): TextContent {
  return { type: 'text', text: visible(value) }
}
