import { z } from 'zod'
import { projectField } from '../files/project.ts'
import { FORMATS } from './formats.ts'
import { SEVERITIES } from './severity.ts'

const TARGETS = ['all', 'compose', 'caddy', 'systemd', 'env'] as const
export type Target = (typeof TARGETS)[number]

const looking = {
  project: projectField,
  env: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]*$/i, 'must be letters, digits and "-"')
    .optional()
    .describe('The environment, such as production, whose .env.NAME and compose.NAME.yaml are laid over the others'),
  compose: z
    .array(z.string().min(1))
    .min(1)
    .max(20)
    .optional()
    .describe('Compose files in the order in which they are laid over one another; default as Compose finds them'),
  target: z.enum(TARGETS).default('all').describe('Which kind of file to judge; all are read, as they name one another'),
}

export const validateInput = z.object({
  ...looking,
  strict: z.boolean().default(false).describe('Warnings fail too'),
  fix: z.boolean().default(false).describe('Also show what deploy.fix would change'),
  gate: z.boolean().default(false).describe('Fail with STACK_INVALID where the verdict is fail, for CI'),
  tools: z.boolean().default(true).describe('Also ask caddy and systemd-analyze where this machine has them'),
  format: z.enum(FORMATS).default('text').describe('What the field "text", which a terminal shows, is written in'),
})

const place = { file: z.string(), line: z.int().min(1), column: z.int().min(1) }

const findingSchema = z.object({
  rule: z.string(),
  severity: z.enum(SEVERITIES),
  note: z.string().describe('What is the case'),
  ...place,
  endLine: z.int().min(1),
  endColumn: z.int().min(1),
  mend: z.string().describe('What to do about it'),
  fixable: z.boolean().describe('Whether deploy.fix mends it'),
  docs: z.string(),
  fingerprint: z.string().describe('Stays the same while lines move'),
})

const reportSchema = z.object({
  verdict: z
    .enum(['pass', 'fail', 'empty'])
    .describe('fail: something critical, or with "strict" a warning; empty: there is nothing to deploy here'),
  counts: z.object({ critical: z.int(), warning: z.int(), info: z.int(), suppressed: z.int(), fixable: z.int() }),
  stack: z
    .object({ files: z.array(z.string()), services: z.int(), sites: z.int(), units: z.int(), envFiles: z.int() })
    .describe('What was looked at'),
  findings: z.array(findingSchema).describe('By severity and place; the first 500'),
  suppressions: z
    .array(
      z.object({ rule: z.string(), ...place, reason: z.string(), until: z.string().optional(), expired: z.boolean(), findings: z.int() }),
    )
    .describe('What was accepted, and how much each takes out; 0 is idle'),
  checkedBy: z
    .array(z.object({ tool: z.string(), ran: z.boolean(), why: z.string().optional() }))
    .describe('What else was asked, or why it was not'),
})

/** The report as data alone: what every format is made of. */
export type Report = z.output<typeof reportSchema>
export type Finding = z.output<typeof findingSchema>

export const validateOutput = reportSchema.extend({
  diff: z.string().optional().describe('What deploy.fix would change; with "fix" alone'),
  text: z.string(),
})

export const fixInput = z.object({
  ...looking,
  rules: z.array(z.string()).default([]).describe('Ids of the rules to mend; default all that have a repair'),
})

export const fixOutput = z.object({
  fixes: z.array(z.object({ rule: z.string(), findings: z.int(), does: z.string(), files: z.array(z.string()) })),
  verdict: reportSchema.shape.verdict.describe('After the repairs'),
  left: z.int().describe('Findings that still need a person'),
  diff: z.string(),
  change: z.string().optional().describe('Takes it back; absent where nothing was changed'),
  text: z.string(),
})
