import { resolve } from 'node:path'
import { command } from '@switchyard/plugin-kit'
import { z } from 'zod'
import type { LogSource } from './definition.ts'
import { noLogs } from './errors.ts'
import { SERVICE_EXAMPLES } from './examples.ts'
import { LEVELS } from './logs/entry.ts'

/** A search that takes longer gives what it has; following has its own time. */
const SEARCH_LIMIT_MS = 120_000

const entrySchema = z.object({
  at: z.string().optional(),
  level: z.enum(LEVELS).optional(),
  source: z.string(),
  text: z.string().describe('The entry with the lines that belong to it; secrets are blanked out'),
})

const logsInput = z.object({
  service: z.string().min(1).optional().describe('Name of a service; its logs are searched'),
  path: z.array(z.string().min(1)).optional().describe('Log files, relative to the workspace or absolute'),
  text: z.string().min(1).max(1_000).optional().describe('Fixed text that an entry must hold'),
  level: z.enum(LEVELS).optional().describe('The least level'),
  since: z.string().optional().describe('A time, or how long ago, such as 2h'),
  until: z.string().optional().describe('A time, or how long ago'),
  limit: z.int().min(1).max(5_000).default(100).describe('How many entries: the last ones'),
  follow: z.boolean().default(false).describe('Go on with what is added, as it comes'),
  forMs: z.int().min(1).max(86_400_000).default(60_000).describe('How long to follow'),
})

const logs = command({
  summary: 'Search the logs of services: files with what they were rotated to, journals and containers',
  description:
    'Finds entries by fixed text, level and time; a stack trace belongs to its entry. Files of any size are streamed. ' +
    'Following hands each new entry over as progress. Where neither service nor path is named, all services are searched.',
  examples: SERVICE_EXAMPLES.logs,
  effect: 'read',
  timeoutMs: 86_400_000,
  input: logsInput,
  output: z.object({
    matches: z.int().describe('How many entries matched in all; more than are given where above the limit'),
    entries: z.array(entrySchema),
    sources: z.array(z.object({ source: z.string(), matches: z.int(), bytes: z.int(), problems: z.array(z.string()) })),
    whole: z.boolean().describe('False where time ran out before all was searched'),
    text: z.string(),
  }),
  async run(input, ctx) {
    const { readServices, chosenServices } = await import('./services-file.ts')
    const { searchLogs } = await import('./logs/search.ts')
    const { findEngineSocket } = await import('./engine.ts')
    const { renderLogs, entryOut, newestThatFit } = await import('./logs/render.ts')
    const { followSources } = await import('./logs/follow-sources.ts')
    const { parseWhen } = await import('./when.ts')
    const nowMs = ctx.clock.now()
    const endsMs = ctx.clock.monotonicMs() + SEARCH_LIMIT_MS
    const file = readServices(ctx.workspace)
    const services =
      input.service === undefined && input.path !== undefined
        ? []
        : chosenServices(file, input.service === undefined ? undefined : [input.service])
    const sources: readonly LogSource[] = [...(input.path ?? []).map((path) => ({ file: path })), ...services.flatMap((one) => one.logs)]
    if (sources.length === 0)
      throw noLogs(
        services.length === 0 ? 'no service is defined' : `no logs are defined for ${services.map(({ name }) => name).join(', ')}`,
      )
    const query = {
      text: input.text,
      level: input.level,
      sinceMs: input.since === undefined ? undefined : parseWhen('since', input.since, nowMs),
      untilMs: input.until === undefined ? undefined : parseWhen('until', input.until, nowMs),
      limit: input.limit,
    }
    const around = {
      workspace: resolve(ctx.workspace),
      engineSocket: findEngineSocket(file.engine),
      signal: ctx.signal,
      nowMs,
      remainingMs: () => Math.min(ctx.remainingMs(), endsMs - ctx.clock.monotonicMs()),
    }
    const found = input.follow
      ? await followSources(sources, query, around, {
          clock: ctx.clock,
          forMs: input.forMs,
          progress: (message) => ctx.progress({ message }),
        })
      : await searchLogs(sources, query, around)
    const entries = newestThatFit(found.entries)
    return {
      matches: found.matches,
      entries: entries.map(entryOut),
      sources: found.sources.map(({ source, matches, bytes, problems }) => ({ source, matches, bytes, problems: [...problems] })),
      whole: found.isWhole,
      text: renderLogs({ ...found, entries }),
    }
  },
})

export const logCommands = { logs }
