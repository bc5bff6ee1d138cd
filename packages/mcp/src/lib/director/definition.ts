import type { RunState } from '@switchyard/trace'
import { z } from 'zod'
import type { ToolSource } from '../tool-source.ts'

const anything = z.looseObject({})
const request = z.object({ request: z.string().min(1).max(2_000).describe('What is wanted, in plain words') })
const RUN_STATES = ['running', 'waiting', 'done', 'failed', 'undone', 'interrupted'] as const satisfies readonly RunState[]
const limitedRequest = request.extend({
  budgetUsd: z.number().positive().optional().describe('What it may cost; nothing of what would cost more is done'),
  maxMinutes: z.number().positive().optional().describe('How long it may take'),
})
export type LimitedRequest = z.output<typeof limitedRequest>
export const runFilter = z.object({
  text: z.string().optional().describe('Each word is in its request, command, plugins, error or ids'),
  state: z.enum(RUN_STATES).optional(),
  limit: z.int().min(1).max(100).default(20),
})
export const runChoice = z.object({
  id: z.string().describe('The first digits of its id, or "last"'),
  span: z.string().optional().describe('One of its spans: all that is known of it'),
})
const chainId = z.object({ id: z.string().describe('Such as c-4kq7w2m') })

/** What the director can be asked; the work is in `director.ts`. */
export const DIRECTOR_COMMANDS = {
  ask: {
    summary: 'Do what a request in plain words means: reads at once, and a plan to apply for whatever changes something',
    input: limitedRequest,
    output: anything,
    effect: 'read',
    timeoutMs: 600_000,
  },
  route: {
    summary: 'Tell which commands a request in plain words means, and do nothing',
    input: request,
    output: anything,
    effect: 'read',
  },
  'plan.list': {
    summary: 'List the plans of this workspace and what became of them, newest first',
    input: z.object({}),
    output: z.object({ plans: z.array(anything) }),
    effect: 'read',
    resource: { uri: 'director://plans' },
    rare: true,
  },
  'plan.show': {
    summary: 'Show one plan',
    input: z.object({ id: z.string().describe('Such as p-4kq7w2m') }),
    output: anything,
    effect: 'read',
    resource: { uri: 'director://plans/{id}' },
    rare: true,
  },
  'chain.list': {
    summary: 'List the chains, newest first, and the names of those that can be started',
    input: z.object({ unfinished: z.boolean().default(false) }),
    output: z.object({ chains: z.array(anything), available: z.array(z.string()) }),
    effect: 'read',
    resource: { uri: 'director://chains' },
  },
  'chain.show': {
    summary: 'Show how far a chain is, step by step',
    input: chainId,
    output: anything,
    effect: 'read',
    resource: { uri: 'director://chains/{id}' },
  },
  'chain.start': {
    summary: 'Run a chain by its name',
    input: z.object({ chain: z.string(), input: z.record(z.string(), z.unknown()).default({}) }),
    output: anything,
    effect: 'write',
  },
  'chain.cancel': {
    summary: 'End a chain and take back what it did',
    input: z.object({ id: z.string(), undo: z.boolean().default(true).describe('False leaves what was done') }),
    output: anything,
    effect: 'destroy',
    rare: true,
  },
  'chain.retry': {
    summary: 'Go on from the step that failed',
    input: chainId,
    output: anything,
    effect: 'write',
    rare: true,
  },
  'trace.list': {
    summary: 'List what ran here, newest first, and what became of it',
    input: runFilter,
    output: z.object({ runs: z.array(anything) }),
    effect: 'read',
    resource: { uri: 'director://traces' },
  },
  'trace.show': {
    summary: 'Show one run as a tree: who called whom, how long it took, what failed',
    input: runChoice,
    output: anything,
    effect: 'read',
    resource: { uri: 'director://traces/{id}' },
  },
} as const satisfies ToolSource['commands']

export type DirectorCommand = keyof typeof DIRECTOR_COMMANDS

/** Usual ways to use it, whatever plugins there are. */
export const DIRECTOR_PROMPTS: NonNullable<ToolSource['prompts']> = [
  {
    name: 'do',
    summary: 'Do what you say, step by step, with your leave',
    args: [{ name: 'request', summary: 'What is wanted, in plain words' }],
    text:
      'Use director_ask with this request: {request}\n' +
      'Show me the plan in your own words before anything is applied, and what became of it afterwards.',
  },
  {
    name: 'unfinished',
    summary: 'What is not finished, and what it waits for',
    text:
      'Use director_chain_list with unfinished true, look at each with director_chain_show, and tell me in a few lines what each waits ' +
      'for, and what I can do about it.',
  },
  {
    name: 'failed',
    summary: 'What failed last, where, and why',
    text:
      'Use director_trace_list with state failed, look at the newest with director_trace_show, and at the span in which it began to fail ' +
      'by its id. Tell me in a few lines what was asked, which step failed and why, what was undone, and what I can do now.',
  },
]
