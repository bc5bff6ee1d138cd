import { command } from '@switchyard/plugin-kit'
import { z } from 'zod'
import { SERVICE_EXAMPLES } from './examples.ts'
import { STATUSES } from './monitor/verdict.ts'

const remediateInput = z.object({
  service: z.string().min(1).describe('Name of the service'),
  action: z.enum(['restart', 'scale', 'rollback']).default('restart'),
  replicas: z.int().min(1).max(50).optional().describe('For scale: how many are to run'),
  confirm: z.string().optional().describe('Handed to the deploy plugin where it wants a name typed'),
  automatic: z.boolean().default(false).describe('Asked for by a watching run: allowed where the policy is auto, and only so often'),
})

const remediate = command({
  summary: 'Mend a service: restart it, scale it or roll its deployment back, and verify that it is healthy afterwards',
  description:
    'The policy of the service says what is allowed: auto, confirm or never. A restart is done here, of a unit, a container or a process; ' +
    'a rollback and a scale are done by the deploy plugin, by its own plan. What was done is written down, also to open incidents of the ' +
    'service.',
  examples: SERVICE_EXAMPLES.remediate,
  effect: 'write',
  timeoutMs: 900_000,
  input: remediateInput,
  output: z.object({
    id: z.int(),
    service: z.string(),
    action: z.enum(['restart', 'scale', 'rollback']),
    target: z.string(),
    detail: z.string().describe('What was done'),
    status: z.enum(STATUSES).describe('Of the service afterwards'),
    looks: z.int().describe('How often it was looked at until then'),
    tookMs: z.int(),
  }),
  async plan({ service: name, ...remedy }, ctx) {
    const { readServices, chosenService } = await import('./services-file.ts')
    const { planRemedy } = await import('./remediate/remediate.ts')
    const file = readServices(ctx.workspace)
    return planRemedy(ctx, file, chosenService(file, name), remedy)
  },
  async run({ service: name, ...asked }, ctx) {
    const { readServices, chosenService } = await import('./services-file.ts')
    const { remedy } = await import('./remediate/remediate.ts')
    const file = readServices(ctx.workspace)
    return { service: name, action: asked.action, ...(await remedy(ctx, file, chosenService(file, name), asked)) }
  },
})

const list = command({
  summary: 'List what was done to mend services, and whether it helped',
  examples: SERVICE_EXAMPLES['remediation.list'],
  effect: 'read',
  rare: true,
  input: z.object({
    service: z.string().min(1).optional().describe('Name of the service; all where absent'),
    limit: z.int().min(1).max(1_000).default(50),
  }),
  output: z.object({
    remediations: z.array(
      z.object({
        id: z.int(),
        at: z.string(),
        service: z.string(),
        action: z.enum(['restart', 'scale', 'rollback']),
        automatic: z.boolean(),
        target: z.string(),
        outcome: z.enum(['started', 'verified', 'not-verified', 'failed']).describe('started: under way, or cut short'),
        detail: z.string(),
        tookMs: z.int().optional(),
      }),
    ),
    text: z.string(),
  }),
  async run({ service, limit }, { store }) {
    const { pastRemedies } = await import('./remediate/remediate.ts')
    const remediations = [...pastRemedies(store, service, limit)]
    const lines = remediations.map(
      ({ at, action, service: name, target, outcome, detail }) =>
        `${at.slice(0, 19)} ${action} ${name} (${target}): ${outcome}${detail === '' ? '' : `, ${detail}`}`,
    )
    return { remediations, text: lines.join('\n') || 'Nothing was done yet' }
  },
})

export const remediateCommands = { remediate, 'remediation.list': list }
