import { randomUUID } from 'node:crypto'
import { type Clock, systemClock } from '@switchyard/contracts'
import type { Prompt, Question } from '@switchyard/plugin-kit'
import type { Asked, Asking, RunOptions } from '@switchyard/yard'
import { callTool, failure, type ToolResult } from './call-tool.ts'
import { type Completion, completePrompt, completeVariable } from './completion.ts'
import { createConversations, type Form, type Leg, type Reply, type Talk, type Turn } from './conversation.ts'
import { needsAnswer, noSuchResource, unknownTool, wrongReference } from './errors.ts'
import { type Page, pageOf } from './page.ts'
import { promptText } from './prompts.ts'
import { findResource, type ReadableResource, resourcesOf } from './resources.ts'
import { visible } from './text.ts'
import type { Actions, ToolSource } from './tool-source.ts'
import { createToolSet, type Tool, type ToolRoute, type ToolSet } from './tools.ts'

/** A source with what does its work, which is opened when first needed. */
export interface Mount {
  readonly source: ToolSource
  actions(): Promise<Actions>
}

export interface SurfaceOptions {
  readonly mounts: readonly Mount[]
  /** Lists every command with whole schemas. @default false */
  readonly full?: boolean
  readonly clock?: Clock
}

/** A client's call of a tool. */
interface ToolRequest extends Leg {
  readonly name: string
  readonly input: unknown
  /** Whether the client puts forms to a person. */
  readonly canAsk: boolean
  /** W3C trace that the call belongs to. */
  readonly traceparent?: string
  readonly tracestate?: string
  /** How the client calls this use of the tool, in its own traces too. */
  readonly toolUseId?: string
  /** What the person made of the form that an earlier turn of this call asked with. */
  readonly reply?: { readonly ticket: string; readonly reply: Reply }
}

interface ResourceEntry {
  readonly name: string
  readonly description: string
  readonly mimeType: string
}

/** Everything that MCP clients see of some sources, without a word of how it travels. */
export interface Surface {
  readonly instructions: string
  listTools(cursor?: string): Page<Tool>
  callTool(request: ToolRequest): Promise<Turn<ToolResult>>
  /** Whether a form waits for its reply under this ticket. */
  knowsTicket(ticket: string): boolean
  listResources(cursor?: string): Page<ResourceEntry & { readonly uri: string }>
  listTemplates(cursor?: string): Page<ResourceEntry & { readonly uriTemplate: string }>
  /** @throws NOT_FOUND, and what the command throws */
  readResource(uri: string, leg: Leg): Promise<unknown>
  listPrompts(cursor?: string): Page<Prompt>
  /** @throws NOT_FOUND, VALIDATION */
  promptText(name: string, given: Readonly<Record<string, string>>): string
  /** @throws NOT_FOUND */
  complete(of: { prompt: string } | { template: string }, argument: string, typed: string, leg: Leg): Promise<Completion>
  /** Puts a question that a command asks while it runs to the client whose call it belongs to, by the session that goes along with it. @throws NEEDS_ANSWER */
  answer(question: Question, sessionId: string | undefined): Promise<string>
  /** Takes back whatever is asked. */
  close(): void
}

/** A sign of life for clients that give up on what is silent, while a command has nothing to say. */
const HEARTBEAT_MS = 10_000

export function createSurface({ mounts, full = false, clock = systemClock }: SurfaceOptions): Surface {
  const sets = mounts.map(({ source }) => createToolSet(source, { full }))
  const tools = sets.flatMap((set) => set.tools)
  const prompts = mounts.flatMap(({ source }) => source.prompts ?? [])
  const resources = mounts.flatMap(({ source }) => resourcesOf(source))
  const conversations = createConversations<ToolResult>({ clock })
  /** Calls under way whose client can be asked, by an id of their own: a client may make several in one trace. */
  const talks = new Map<string, Talk>()

  return {
    instructions: instructionsOf(sets),
    listTools: (cursor) => pageOf(tools, cursor),
    async callTool(request) {
      const { reply } = request
      const set = sets.find(({ routes }) => routes.has(request.name))
      if (set === undefined) {
        throw unknownTool(
          request.name,
          tools.map(({ name }) => name),
        )
      }
      const turn = reply === undefined ? undefined : conversations.resume(reply.ticket, reply.reply, request)
      return turn ?? conversations.start(request, (talk) => runTool(set, request, talk))
    },
    knowsTicket: (ticket) => conversations.knows(ticket),
    listResources(cursor) {
      const fixed = resources.filter(({ template }) => template.variables.length === 0)
      return pageOf(
        fixed.map((one) => ({ uri: one.template.text, ...entryOf(one) })),
        cursor,
      )
    },
    listTemplates(cursor) {
      const forms = resources.filter(({ template }) => template.variables.length > 0)
      return pageOf(
        forms.map((one) => ({ uriTemplate: one.template.text, ...entryOf(one) })),
        cursor,
      )
    },
    readResource: read,
    listPrompts: (cursor) => pageOf(prompts, cursor),
    promptText: (name, given) => promptText(prompts, name, given),
    async complete(of, argument, typed, leg) {
      const readUri = (uri: string): Promise<unknown> => read(uri, leg)
      if ('prompt' in of) {
        const prompt = prompts.find(({ name }) => name === of.prompt)
        if (prompt === undefined) throw wrongReference(of.prompt)
        return completePrompt(prompt, argument, typed, resources, readUri)
      }
      const resource = resources.find(({ template }) => template.text === of.template)
      if (resource === undefined) throw wrongReference(of.template)
      return completeVariable(resource, argument, typed, resources, readUri)
    },
    async answer({ text, choices }, sessionId = '') {
      const talk = talks.get(sessionId)
      if (talk === undefined) throw needsAnswer(text)
      const reply = await talk.ask(questionForm(visible(text), choices))
      if (reply.action === 'decline' && choices?.includes('no') === true) return 'no'
      if (reply.action !== 'accept' || typeof reply.content.answer !== 'string') throw needsAnswer(text)
      return reply.content.answer
    },
    close: () => conversations.close(),
  }

  async function read(uri: string, leg: Leg): Promise<unknown> {
    const found = findResource(resources, uri)
    if (found === undefined) throw noSuchResource(uri)
    const actions = await actionsOf(found.resource.source)
    return actions.call(found.resource.commandId, found.input, { signal: leg.signal, onProgress: (progress) => leg.progress(progress) })
  }

  function actionsOf(source: ToolSource): Promise<Actions> {
    return mounts.find((mount) => mount.source === source)!.actions()
  }

  async function runTool(set: ToolSet, request: ToolRequest, talk: Talk): Promise<ToolResult> {
    const { name, input, canAsk } = request
    const sessionId = randomUUID()
    const startedMs = clock.monotonicMs()
    let stopBeating = (): void => {}
    const beat = (): void => {
      stopBeating = clock.after(HEARTBEAT_MS, () => {
        talk.progress({ message: `running for ${Math.round((clock.monotonicMs() - startedMs) / 1_000)} s` })
        beat()
      })
    }
    beat()
    if (canAsk) talks.set(sessionId, talk)
    let asking: Asking | undefined
    try {
      const actions = await actionsOf(set.source)
      const route = set.routes.get(name)!
      const { traceparent, tracestate } = request
      const given = { ...(traceparent !== undefined && { traceparent }), ...(tracestate !== undefined && { tracestate }) }
      asking = actions.begin?.(askedOf(request, route))
      const headers = { ...(asking?.headers ?? given), sessionId }
      const by = canAsk ? 'person' : 'mcp client'
      const options: RunOptions = { signal: talk.signal, onProgress: (progress) => talk.progress(progress), headers, by }
      const result = await callTool({ set, route, input, actions, canAsk, talk, options })
      asking?.end(result.isError === true ? { error: (result.structuredContent as { error?: unknown } | undefined)?.error } : {})
      return result
    } catch (error) {
      asking?.end({ error })
      return failure(error) // The workspace could not be opened.
    } finally {
      stopBeating()
      talks.delete(sessionId)
    }
  }
}

/** A call of a tool as the beginning of a trace, in the words of OpenTelemetry's conventions for MCP. */
function askedOf({ name, input, traceparent, tracestate, toolUseId }: ToolRequest, route: ToolRoute): Asked {
  const said = (input as { readonly request?: unknown } | undefined)?.request
  return {
    name: typeof said === 'string' ? said : route.does === 'command' ? route.commandId : name,
    from: 'mcp',
    traceparent,
    tracestate,
    attributes: {
      'mcp.method.name': 'tools/call',
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': name,
      ...(route.does === 'command' && { 'switchyard.command': route.commandId }),
      ...(toolUseId !== undefined && { 'gen_ai.tool.call.id': toolUseId, 'switchyard.tool_use_id': toolUseId }),
    },
  }
}

function entryOf({ name, command }: ReadableResource): ResourceEntry {
  return { name, description: command.summary, mimeType: 'application/json' }
}

function questionForm(message: string, choices: readonly string[] | undefined): Form {
  const answer = { type: 'string', title: 'Answer', ...(choices !== undefined && { enum: choices }) }
  return { message, schema: { type: 'object', properties: { answer }, required: ['answer'] } }
}

/** What the model is told once, so that no tool has to repeat it. */
function instructionsOf(sets: readonly ToolSet[]): string {
  const lines = sets.map(({ source }) => `${source.name}: ${source.summary}.`)
  const changing = sets.filter(({ routes, names }) => routes.has(names.apply))
  if (changing.length > 0) {
    const applies = changing.map(({ names }) => names.apply).join(', ')
    lines.push(
      'A tool that is not read-only changes nothing by itself: it returns a plan with an id. Show the person the plan, and once they agree ' +
        `hand its id to ${applies}. Clients that can ask put the plan to the person at once; what they decline is final.`,
    )
  }
  lines.push('Errors carry a code and the next step. Resource links in results can be read for more.')
  return lines.join('\n').slice(0, 2_048)
}
