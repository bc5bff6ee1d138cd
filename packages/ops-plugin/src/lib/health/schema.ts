import { z } from 'zod'
import { DOMAINS } from './check.ts'
import { FORMATS } from './formats.ts'

export const projectField = z.string().min(1).default('.').describe('Folder of the project, relative to the workspace or absolute')

const findingSchema = z.object({
  status: z.enum(['warn', 'fail', 'unknown']),
  note: z.string().describe('What is the case'),
  file: z.string().optional().describe('Relative to the project'),
  line: z.int().min(1).optional(),
  fingerprint: z.string().describe('Stays the same while lines move and other files come and go'),
  isNew: z.boolean().optional().describe('Not in the baseline; absent without one'),
})

/** How a scan judges, and what else it asks. */
const judging = {
  project: projectField,
  strict: z.boolean().default(false).describe('Warnings earn nothing instead of half'),
  network: z.boolean().default(false).describe('Also ask package registries: known vulnerabilities, outdated versions'),
  registry: z.url().optional().describe('Address of the npm registry to ask; default https://registry.npmjs.org'),
  minimum: z.int().min(0).max(100).optional().describe('Fail with HEALTH_BELOW_MINIMUM where the score is lower'),
  ratchet: z.boolean().default(false).describe('Fail with HEALTH_WORSENED where something is wrong that the baseline does not have'),
}

export const scanInput = z.object({
  ...judging,
  format: z.enum(FORMATS).default('text').describe('What the field "text", which a terminal shows, is written in'),
})

export const scanOutput = z.object({
  project: z.string().describe('The name of its folder'),
  rubric: z.int().describe('Version of the set of checks; scores compare only within one'),
  kinds: z.array(z.string()).describe('What the project was found to be'),
  pluginType: z.enum(['skill-only', 'mcp', 'full']).optional().describe('By what its Claude Code plugins bring'),
  status: z.enum(['pass', 'warn', 'fail']).describe('pass from 80, warn from 50'),
  score: z.int().min(0).max(100),
  confidence: z.int().min(0).max(100).describe('Share of the weight that could be judged, in percent'),
  caps: z.array(z.object({ check: z.string(), at: z.int() })).describe('Failed checks that hold the score down'),
  domains: z.array(
    z.object({
      domain: z.enum(DOMAINS),
      score: z.int().min(0).max(100),
      earned: z.number(),
      possible: z.number(),
      pass: z.int(),
      warn: z.int(),
      fail: z.int(),
      unknown: z.int(),
    }),
  ),
  checks: z.array(
    z.object({
      id: z.string(),
      domain: z.enum(DOMAINS),
      title: z.string().describe('What is true where it passes'),
      status: z.enum(['pass', 'warn', 'fail', 'unknown']),
      weight: z.number(),
      mend: z.string().optional().describe('What to do; absent where it passes'),
      fix: z.string().optional().describe('Id of the fix that ops.health.fix makes; absent where a person must decide'),
      docs: z.string().describe('The page about it'),
      findings: z.array(findingSchema).describe('The first 50'),
      total: z.int().describe('How many there are'),
      suppressed: z.int().describe('How many more were accepted for a time'),
    }),
  ),
  notApplicable: z.array(z.string()).describe('Ids of checks that say nothing about this project'),
  nextBestFix: z.object({ check: z.string(), gain: z.number().describe('Points of the score'), mend: z.string() }).optional(),
  baseline: z
    .object({
      score: z.int().describe('What it was when the baseline was taken'),
      isComparable: z.boolean().describe('Whether it was taken by the same rubric'),
      new: z.int().describe('Findings that it does not have'),
      gone: z.int().describe('Findings of it that are mended'),
    })
    .optional(),
  suppressions: z
    .array(
      z.object({
        check: z.string(),
        file: z.string().optional(),
        reason: z.string(),
        until: z.string(),
        findings: z.int().describe('0: idle'),
      }),
    )
    .describe('What was accepted for a time, by the committed file'),
  files: z.object({
    total: z.int(),
    bytes: z.int(),
    source: z.enum(['git', 'folder']).describe('Whether git or a walk named the files'),
    notRead: z.array(z.object({ path: z.string(), why: z.string() })).describe('Files that no check of content saw whole; the first 50'),
  }),
  text: z.string().describe('The report in the format that was asked for; for people, 80 columns wide'),
})

export type ScanReport = z.output<typeof scanOutput>
/** The report as data alone: what every format is made of. */
export type Report = Omit<ScanReport, 'text'>

const changeField = z.string().optional().describe('Takes it back with ops.health.restore; absent where nothing was changed')

export const reportInput = z.object({
  project: projectField,
  output: z.string().min(1).default('health.html').describe('File to write, relative to the workspace'),
  format: z.enum(FORMATS).optional().describe('Default by the ending of the file: html, sarif, md, xml for junit, json, txt'),
  overwrite: z.boolean().default(false),
  strict: judging.strict,
  network: judging.network,
  registry: judging.registry,
})
export const reportOutput = z.object({
  file: z.string(),
  format: z.enum(FORMATS),
  score: z.int(),
  status: z.enum(['pass', 'warn', 'fail']),
  change: changeField,
})

export const fixInput = z.object({
  project: projectField,
  checks: z.array(z.string()).default([]).describe('Ids of the checks to mend; default all that have a fix'),
})
export const fixOutput = z.object({
  before: z.int().describe('The score before'),
  after: z.int().describe('The score after'),
  fixes: z.array(
    z.object({
      check: z.string(),
      fix: z.string(),
      before: z.enum(['pass', 'warn', 'fail', 'unknown']),
      after: z.enum(['pass', 'warn', 'fail', 'unknown']).describe('What the check said when it was asked again'),
      paths: z.array(z.string()),
    }),
  ),
  left: z.array(z.string()).describe('Checks that still need a person'),
  diff: z.string(),
  change: changeField,
  text: z.string(),
})

export const restoreInput = z.object({ change: z.string().describe('The change’s id, from the result of what made it') })
export const restoreOutput = z.object({ files: z.array(z.string()) })

export const baselineInput = z.object({ project: projectField })
export const baselineOutput = z.object({ file: z.string(), score: z.int(), findings: z.int(), change: changeField })

export const suppressInput = z.object({
  project: projectField,
  check: z.string().min(1).describe('Id of the check'),
  file: z.string().min(1).optional().describe('Glob of the files; all findings of the check where it is absent'),
  reason: z.string().min(10).describe('Why this is accepted, in ten characters at least'),
  until: z.iso.date().describe('Last day, such as 2027-01-31; from then on the findings count again'),
  owner: z.string().optional().describe('Who accepts it'),
})
export const suppressOutput = z.object({ file: z.string(), findings: z.int().describe('How many it takes in now'), change: changeField })

const STEPS = ['build', 'typecheck', 'test'] as const
export const verifyOutput = scanOutput.extend({
  passed: z.boolean().describe('Whether there were programs to run and all of them succeeded, whatever the score'),
})

export const verifyInput = z.object({
  ...judging,
  steps: z
    .array(z.enum(STEPS))
    .min(1)
    .default([...STEPS])
    .describe('Which of the project’s own programs to run'),
  minutes: z.number().positive().max(60).default(10).describe('Time limit of all of them together'),
})
