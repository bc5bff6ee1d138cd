import { z } from 'zod'
import { projectField } from '../health/schema.ts'

export const checkInput = z.object({
  project: projectField,
  server: z.string().min(1).optional().describe('Name of one server; default every one that the project or its plugins configure'),
  program: z.string().min(1).optional().describe('Program to start instead of a configured server'),
  args: z.array(z.string()).default([]).describe('Its arguments'),
  seconds: z.number().positive().max(300).default(15).describe('How long each answer may take'),
})

export const SMOKE_CHECKS = {
  starts: 'It starts and answers the handshake',
  quick: 'It is ready within 5 s',
  'lists.answer': 'Every list that it announces can be read to its end',
  'tools.names': 'Tools have names that clients take, each its own',
  'tools.descriptions': 'Tools and their inputs say what they are for',
  'tools.schemas': 'Schemas of tools are schemas',
  'tools.annotations': 'Tools say whether they only read and whether they destroy',
  'errors.answered': 'What it does not know it answers with an error',
  'output.clean': 'Nothing but messages is on its output',
  cost: 'Its tools cost less than 10,000 tokens of every session',
  'ends.clean': 'It ends when its input ends',
} as const

const serverReport = z.object({
  name: z.string(),
  commandLine: z.string(),
  status: z.enum(['pass', 'warn', 'fail']),
  info: z.object({ name: z.string(), version: z.string() }).optional().describe('What it calls itself'),
  protocol: z.string().optional(),
  readyMs: z.int().optional().describe('From its start to the answer of the handshake'),
  listMs: z.int().optional().describe('For all lists together'),
  tools: z.array(z.object({ name: z.string(), bytes: z.int(), tokens: z.int() })).describe('The dearest first'),
  resources: z.int(),
  prompts: z.int(),
  bytes: z.int().describe('Of the list of tools'),
  tokens: z.int().describe('About what that costs in every session: four bytes a token'),
  checks: z.array(
    z.object({
      id: z.enum(Object.keys(SMOKE_CHECKS) as [keyof typeof SMOKE_CHECKS, ...(keyof typeof SMOKE_CHECKS)[]]),
      status: z.enum(['pass', 'warn', 'fail', 'unknown']),
      notes: z.array(z.string()).describe('The first 20'),
    }),
  ),
})

export const checkOutput = z.object({
  status: z.enum(['pass', 'warn', 'fail']).describe('The worst of all'),
  servers: z.array(serverReport),
  text: z.string(),
})

export type ServerReport = z.output<typeof serverReport>
export type SmokeCheckId = keyof typeof SMOKE_CHECKS
