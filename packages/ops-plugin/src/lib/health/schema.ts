import { z } from 'zod'
import { DOMAINS } from './check.ts'

const findingSchema = z.object({
  status: z.enum(['warn', 'fail', 'unknown']),
  note: z.string().describe('What is the case'),
  file: z.string().optional().describe('Relative to the project'),
  line: z.int().min(1).optional(),
})

export const scanInput = z.object({
  project: z.string().min(1).default('.').describe('Folder of the project, relative to the workspace or absolute'),
  strict: z.boolean().default(false).describe('Warnings earn nothing instead of half'),
})

export const scanOutput = z.object({
  project: z.string().describe('The name of its folder'),
  rubric: z.int().describe('Version of the set of checks; scores compare only within one'),
  kinds: z.array(z.string()).describe('What the project was found to be'),
  status: z.enum(['pass', 'warn', 'fail']).describe('pass from 80, warn from 50'),
  score: z.int().min(0).max(100),
  confidence: z.int().min(0).max(100).describe('Share of the weight that could be judged, in percent'),
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
      findings: z.array(findingSchema).describe('The first 50'),
      total: z.int().describe('How many there are'),
    }),
  ),
  notApplicable: z.array(z.string()).describe('Ids of checks that say nothing about this project'),
  nextBestFix: z.object({ check: z.string(), gain: z.number().describe('Points of the score'), mend: z.string() }).optional(),
  files: z.object({
    total: z.int(),
    bytes: z.int(),
    source: z.enum(['git', 'folder']).describe('Whether git or a walk named the files'),
    notRead: z.array(z.object({ path: z.string(), why: z.string() })).describe('Files that no check of content saw whole; the first 50'),
  }),
  text: z.string().describe('The report for people, 80 columns wide'),
})

export type ScanReport = z.output<typeof scanOutput>
