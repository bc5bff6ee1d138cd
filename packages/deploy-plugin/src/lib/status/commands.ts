import { command } from '@switchyard/plugin-kit'
import { z } from 'zod'
import { readConfig } from '../config/read-config.ts'
import { projectField, projectRoot } from '../files/project.ts'
import { chosenEnvironments, chosenServices } from '../records/choose.ts'
import { isoOf } from '../records/columns.ts'
import { DEPLOYMENT_KINDS, DEPLOYMENT_STATES, STEP_STATES } from '../records/deployment.ts'
import { createDeployments } from '../records/deployments.ts'
import { withoutDiscarded } from '../records/waiting.ts'
import { HISTORY_EXAMPLES, STATUS_EXAMPLES } from './examples.ts'
import { deploymentView, resourceView, serviceView, stackStatus, viewOf } from './status.ts'
import { parseWhen } from './when.ts'

const status = command({
  summary: 'Show what is deployed where, by whom and from which release, and where what runs differs from it',
  description:
    'Holds the records against what the hosts serve (`look: false` reads the records alone). With `format` html a page that needs ' +
    'nothing else, with markdown a document.',
  examples: STATUS_EXAMPLES,
  effect: 'read',
  // What runs may change between two looks.
  idempotent: false,
  timeoutMs: 120_000,
  input: z.object({
    project: projectField,
    env: z.string().optional().describe('One environment; all where absent'),
    service: z.array(z.string()).optional(),
    look: z.boolean().default(true).describe('Whether the hosts are asked'),
    format: z.enum(['text', 'markdown', 'html']).default('text').describe('Of `text`'),
    limit: z.int().min(0).max(100).default(10).describe('How many past deployments'),
  }),
  output: z.object({
    stack: z.string(),
    at: z.string(),
    services: z.array(serviceView),
    resources: z.array(resourceView),
    history: z.array(deploymentView),
    text: z.string(),
  }),
  async run({ project, env, service, look, format, limit }, ctx) {
    const root = projectRoot(ctx.workspace, project)
    const config = await readConfig(root)
    const wanted = { project: root, config, envs: chosenEnvironments(config, env), services: chosenServices(config, service), look, limit }
    const found = await stackStatus(ctx, wanted)
    return {
      ...found,
      services: [...found.services],
      resources: [...found.resources],
      history: [...found.history],
      text: await rendered(found, format),
    }
  },
})

async function rendered(found: Awaited<ReturnType<typeof stackStatus>>, format: 'text' | 'markdown' | 'html'): Promise<string> {
  if (format === 'html') return (await import('./page.ts')).statusPage(found)
  if (format === 'markdown') return (await import('./markdown.ts')).statusMarkdown(found)
  return (await import('./text.ts')).statusText(found)
}

const stepView = z.object({
  step: z.string(),
  state: z.enum(STEP_STATES),
  at: z.string(),
  tookMs: z.number().optional(),
  data: z.record(z.string(), z.unknown()),
})

const history = command({
  summary: 'Show past deployments, or one of them with its steps and why it ended as it did',
  examples: HISTORY_EXAMPLES,
  effect: 'read',
  resource: { uri: 'deploy://deployments/{id}' },
  input: z.object({
    id: z.int().min(1).optional().describe('One deployment, with its steps'),
    env: z.string().optional(),
    service: z.string().optional(),
    kind: z.enum(DEPLOYMENT_KINDS).optional(),
    state: z.enum(DEPLOYMENT_STATES).optional(),
    since: z.string().optional().describe('From this time on: a date, or how long ago (12h, 7d, 4w)'),
    until: z.string().optional().describe('Before this time'),
    limit: z.int().min(1).max(200).default(20),
    cursor: z.string().max(50).optional().describe('Goes on where the last page ended'),
  }),
  output: z.object({
    deployments: z.array(deploymentView),
    steps: z.array(stepView).optional().describe('Of the one deployment that was asked for'),
    evidence: z.record(z.string(), z.unknown()).optional(),
    nextCursor: z.string().optional(),
    text: z.string(),
  }),
  async run({ id, env, service, kind, state, since, until, limit, cursor }, ctx) {
    const deployments = createDeployments(ctx)
    const nowMs = ctx.clock.now()
    const { historyText, deploymentText } = await import('./text.ts')
    if (id !== undefined) {
      const one = deployments.get(id)
      const steps = deployments.steps(id).map(({ step, state: ended, beganMs, endedMs, data }) => ({
        step,
        state: ended,
        at: isoOf(beganMs),
        ...(endedMs !== undefined && { tookMs: endedMs - beganMs }),
        data: { ...data },
      }))
      const view = viewOf(one)
      return { deployments: [view], steps, evidence: { ...one.evidence }, text: deploymentText(view, steps, one.evidence) }
    }
    const span = {
      sinceMs: since === undefined ? undefined : parseWhen('since', since, nowMs),
      untilMs: until === undefined ? undefined : parseWhen('until', until, nowMs),
    }
    const page = deployments.list({ env, service, kind, state, ...span, limit, cursor })
    const views = (await withoutDiscarded(ctx, page.deployments)).map(viewOf)
    return {
      deployments: views,
      ...(page.nextCursor !== undefined && { nextCursor: page.nextCursor }),
      text: historyText(views, nowMs, page.nextCursor),
    }
  },
})

export const statusCommands = { status, history }
