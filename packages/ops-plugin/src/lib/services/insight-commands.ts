import { command } from '@switchyard/plugin-kit'
import { z } from 'zod'
import { noLogs } from './errors.ts'
import { SERVICE_EXAMPLES } from './examples.ts'

const serviceName = z.string().min(1).optional().describe('Name of the service; all where absent')
const trendSchema = z.enum(['rising', 'falling', 'steady', 'unclear'])

const investigateInput = z.object({
  service: serviceName,
  path: z.array(z.string().min(1)).optional().describe('Log files to read too, relative to the workspace or absolute'),
  since: z.string().default('1h').describe('When the time in question begins: a time, or how long ago'),
  until: z.string().default('now').describe('When it ends'),
})

const findingsSchema = z.object({
  verdict: z.enum(['probable', 'possible', 'unknown']).describe('unknown: the evidence is too thin to name a cause'),
  candidates: z.array(
    z.object({ cause: z.string(), confidence: z.number().min(0).max(1), evidence: z.array(z.string()), next: z.string() }),
  ),
  onset: z.string().optional().describe('When it began'),
  timeline: z.array(z.object({ at: z.string(), kind: z.enum(['change', 'status', 'log', 'action']), text: z.string() })),
  patterns: z.array(
    z.object({
      template: z.string().describe('What the messages have in common; <*> and the like stand for what differs'),
      count: z.int(),
      before: z.int().describe('How often in an equally long time before'),
      new: z.boolean(),
      first: z.string().optional(),
      last: z.string().optional(),
      example: z.string(),
    }),
  ),
  entries: z.int().describe('Warnings and errors in the logs'),
  missing: z.array(z.string()).describe('What would have helped and was not there'),
  text: z.string(),
})

const iso = (ms: number): string => new Date(ms).toISOString()

const investigate = command({
  summary: 'Find out why a service fails: cluster its log messages, line them up with deployments and checks, and name the probable cause',
  description:
    'Compares warnings and errors with an equally long time before, knows the words of common failures, and looks for a deployment or release ' +
    'shortly before it began. Each cause comes with its evidence. Where the evidence is thin it says that it does not know.',
  examples: SERVICE_EXAMPLES.investigate,
  effect: 'read',
  timeoutMs: 180_000,
  input: investigateInput,
  output: findingsSchema,
  async run({ service, path = [], since, until }, ctx) {
    const { readServices, chosenServices } = await import('./services-file.ts')
    const { investigateServices } = await import('./investigation.ts')
    const { renderInvestigation } = await import('./investigate/render.ts')
    const { parseWhen } = await import('./when.ts')
    const nowMs = ctx.clock.now()
    const file = readServices(ctx.workspace)
    const services = chosenServices(file, service === undefined ? undefined : [service])
    if (services.length === 0 && path.length === 0) throw noLogs('no service is defined')
    const times = { sinceMs: parseWhen('since', since, nowMs), untilMs: parseWhen('until', until, nowMs) }
    const found = await investigateServices(ctx, file, {
      services: path.length > 0 && service === undefined ? [] : services,
      paths: path,
      ...times,
    })
    return {
      verdict: found.verdict,
      candidates: found.candidates.map((one) => ({ ...one, evidence: [...one.evidence] })),
      ...(found.onsetMs !== undefined && { onset: iso(found.onsetMs) }),
      timeline: found.timeline.map(({ atMs, kind, text }) => ({ at: iso(atMs), kind, text })),
      patterns: found.patterns.map(({ text, count, before, isNew, firstMs, lastMs, example }) => ({
        template: text,
        count,
        before,
        new: isNew,
        ...(firstMs !== undefined && { first: iso(firstMs) }),
        ...(lastMs !== undefined && { last: iso(lastMs) }),
        example: example.slice(0, 2_000),
      })),
      entries: found.entries,
      missing: [...found.missing],
      text: renderInvestigation(found),
    }
  },
})

const analyze = command({
  summary: 'Analyze latency and errors of a service over time: percentiles, trends, what stands out, and when a disk will be full',
  description:
    'From the samples of watching runs and the access log of the service. Trends go by medians and ranks, so a few wild values change nothing; ' +
    'where there is too little to tell, it says so.',
  examples: SERVICE_EXAMPLES.analyze,
  effect: 'read',
  timeoutMs: 120_000,
  input: z.object({
    service: serviceName,
    since: z.string().default('24h').describe('A time, or how long ago'),
    until: z.string().default('now').describe('A time, or how long ago'),
  }),
  output: z.object({
    services: z.array(
      z.object({
        service: z.string(),
        availability: z.number().optional().describe('Percent of looks that found it HEALTHY or DEGRADED'),
        series: z.array(
          z.object({
            what: z.string(),
            count: z.int(),
            latency: z
              .object({
                p50: z.number(),
                p95: z.number(),
                p99: z.number(),
                max: z.number(),
                trend: trendSchema,
                changePercent: z.number().optional(),
              })
              .optional()
              .describe('Milliseconds'),
            errors: z
              .object({ percent: z.number(), lowPercent: z.number(), highPercent: z.number(), trend: trendSchema })
              .optional()
              .describe('With the bounds within which the true share lies, at 95 %'),
            anomalies: z.array(z.object({ at: z.string(), latencyMs: z.number() })),
            notes: z.array(z.string()),
          }),
        ),
        slowest: z.array(z.object({ path: z.string(), requests: z.int(), p95: z.number() })),
        failing: z.array(z.object({ path: z.string(), requests: z.int(), errors: z.int() })),
        forecasts: z.array(z.object({ what: z.string(), now: z.number(), limit: z.number(), unit: z.string(), at: z.string() })),
        problems: z.array(z.string()),
      }),
    ),
    text: z.string(),
  }),
  async run({ service, since, until }, ctx) {
    const { readServices, chosenServices } = await import('./services-file.ts')
    const { analyzeService, renderAnalysis } = await import('./analyze/analyze-service.ts')
    const { parseWhen } = await import('./when.ts')
    const nowMs = ctx.clock.now()
    const times = { sinceMs: parseWhen('since', since, nowMs), untilMs: parseWhen('until', until, nowMs) }
    const services = []
    for (const one of chosenServices(readServices(ctx.workspace), service === undefined ? undefined : [service])) {
      services.push(await analyzeService(ctx, one, times))
    }
    return { services, text: renderAnalysis(services) }
  },
})

export const insightCommands = { investigate, analyze }
