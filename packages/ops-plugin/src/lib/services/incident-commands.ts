import { command } from '@switchyard/plugin-kit'
import { z } from 'zod'
import { SERVICE_EXAMPLES } from './examples.ts'
import { ENTRY_KINDS, SEVERITIES } from './incidents/kinds.ts'

const id = z.int().min(1).describe('Number of the incident')
const severity = z.enum(SEVERITIES)
const status = z.enum(['open', 'resolved'])

const incidentSchema = z.object({
  id,
  title: z.string(),
  service: z.string().optional(),
  severity,
  status,
  opened: z.string(),
  resolved: z.string().optional(),
  cause: z.string().optional(),
})

const iso = (ms: number): string => new Date(ms).toISOString()

const open = command({
  summary: 'Open an incident, with an investigation of what happened so far',
  examples: SERVICE_EXAMPLES['incident.open'],
  effect: 'write',
  timeoutMs: 240_000,
  input: z.object({
    title: z.string().trim().min(1).max(200).describe('What is wrong, in a few words'),
    service: z.string().min(1).optional().describe('Name of the service'),
    severity: severity.default('medium'),
    since: z.string().default('1h').describe('When it may have begun: a time, or how long ago'),
    investigate: z.boolean().default(true).describe('Look into logs, checks and deployments of the service'),
  }),
  output: z.object({ id, verdict: z.enum(['probable', 'possible', 'unknown']), cause: z.string().optional() }),
  async plan({ title, service, severity, investigate }, { workspace }) {
    const { readServices, chosenService } = await import('./services-file.ts')
    if (service !== undefined) chosenService(readServices(workspace), service)
    return {
      summary: `Open an incident of ${severity} severity: ${title}`,
      steps: [
        { does: 'create', target: 'incident record', detail: title },
        ...(investigate && service !== undefined ? [{ does: 'run' as const, target: 'ops.investigate', detail: service }] : []),
      ],
    }
  },
  async run({ title, service: name, severity, since, investigate }, ctx) {
    const { readServices, chosenService } = await import('./services-file.ts')
    const { investigateServices } = await import('./investigation.ts')
    const { openIncident } = await import('./incidents/incident.ts')
    const { parseWhen } = await import('./when.ts')
    const nowMs = ctx.clock.now()
    const file = readServices(ctx.workspace)
    const services = name === undefined ? [] : [chosenService(file, name)]
    const asked = { services, paths: [], sinceMs: parseWhen('since', since, nowMs), untilMs: nowMs }
    const found = investigate && services.length > 0 ? await investigateServices(ctx, file, asked) : undefined
    const first = found?.verdict === 'unknown' ? undefined : found?.candidates[0]
    const told = first === undefined ? undefined : `${found!.verdict}: ${first.cause} (${Math.round(first.confidence * 100)} %)`
    const entries = (found?.timeline ?? []).map(({ atMs, text }) => ({ atMs, kind: 'event' as const, text }))
    const findings = first === undefined ? [] : [{ atMs: nowMs, kind: 'finding' as const, text: `${told}; next: ${first.next}` }]
    const id = openIncident(
      ctx.store,
      { title, severity, service: name, cause: told, evidence: first?.evidence ?? [], entries: [...entries, ...findings] },
      nowMs,
    )
    return { id, verdict: found?.verdict ?? 'unknown', ...(told !== undefined && { cause: told }) }
  },
})

const show = command({
  summary: 'Show an incident with its timeline, cause, evidence and actions',
  examples: SERVICE_EXAMPLES['incident.show'],
  effect: 'read',
  resource: { uri: 'ops://incidents/{id}' },
  input: z.object({ id }),
  output: incidentSchema.extend({
    evidence: z.array(z.string()),
    entries: z.array(z.object({ at: z.string(), kind: z.enum(ENTRY_KINDS), text: z.string() })),
    text: z.string().describe('The report as Markdown'),
  }),
  async run({ id }, { store }) {
    const { incidentById, entriesOf } = await import('./incidents/incident.ts')
    const { incidentReport } = await import('./incidents/report.ts')
    const incident = incidentById(store, id)
    const entries = entriesOf(store, id)
    return {
      ...summaryOf(incident),
      evidence: [...incident.evidence],
      entries: entries.map(({ atMs, kind, text }) => ({ at: iso(atMs), kind, text })),
      text: incidentReport(incident, entries),
    }
  },
})

const list = command({
  summary: 'List incidents, newest first',
  examples: SERVICE_EXAMPLES['incident.list'],
  effect: 'read',
  resource: { uri: 'ops://incidents' },
  input: z.object({
    status: status.optional(),
    service: z.string().min(1).optional().describe('Name of the service'),
    limit: z.int().min(1).max(1_000).default(50),
  }),
  output: z.object({ incidents: z.array(incidentSchema), text: z.string() }),
  async run(input, { store }) {
    const { listIncidents } = await import('./incidents/incident.ts')
    const incidents = listIncidents(store, input).map(summaryOf)
    const lines = incidents.map(
      ({ id, status, severity, opened, service, title }) =>
        `${String(id).padStart(4)}  ${status.padEnd(8)}  ${severity.padEnd(8)}  ${opened.slice(0, 16)}  ${service === undefined ? '' : `${service}: `}${title}`,
    )
    return { incidents, text: lines.join('\n') || 'No incidents' }
  },
})

const note = command({
  summary: 'Add a note to an open incident',
  examples: SERVICE_EXAMPLES['incident.note'],
  effect: 'write',
  rare: true,
  input: z.object({ id, text: z.string().trim().min(1).max(4_000) }),
  output: z.object({ id, entries: z.int() }),
  async plan({ id, text }, { store }) {
    const { assertOpen } = await import('./incidents/incident.ts')
    const { title } = assertOpen(store, id)
    return { summary: `Add a note to incident ${id}: ${title}`, steps: [{ does: 'change', target: `incident ${id}`, detail: text }] }
  },
  async run({ id, text }, { store, clock }) {
    const { addNote, entriesOf } = await import('./incidents/incident.ts')
    addNote(store, id, text, clock.now())
    return { id, entries: entriesOf(store, id).length }
  },
})

const resolve = command({
  summary: 'Resolve an incident, saying what the cause was',
  examples: SERVICE_EXAMPLES['incident.resolve'],
  effect: 'write',
  input: z.object({
    id,
    cause: z.string().trim().min(1).max(1_000).optional().describe('What it was; what the investigation found stays where absent'),
    text: z.string().trim().min(1).max(4_000).default('resolved').describe('How it ended'),
  }),
  output: incidentSchema,
  async plan({ id, cause, text }, { store }) {
    const { assertOpen } = await import('./incidents/incident.ts')
    const { title } = assertOpen(store, id)
    const detail = cause === undefined ? text : `${text}; cause: ${cause}`
    return { summary: `Resolve incident ${id}: ${title}`, steps: [{ does: 'change', target: `incident ${id}`, detail }] }
  },
  async run({ id, ...how }, { store, clock }) {
    const { resolveIncident } = await import('./incidents/incident.ts')
    return summaryOf(resolveIncident(store, id, how, clock.now()))
  },
})

const report = command({
  summary: 'Write the report of an incident to a Markdown file: timeline, cause, evidence, actions',
  examples: SERVICE_EXAMPLES['incident.report'],
  effect: 'write',
  idempotent: true,
  input: z.object({
    id,
    path: z.string().min(1).optional().describe('File, relative to the workspace; incidents/ID.md where absent'),
  }),
  output: z.object({ id, path: z.string(), bytes: z.int() }),
  async plan({ id, path }, { store, workspace }) {
    const { incidentById } = await import('./incidents/incident.ts')
    const { reportPath, mayWrite } = await import('./incidents/write-report.ts')
    const { title } = incidentById(store, id)
    const file = reportPath(workspace, id, path)
    const isThere = mayWrite(workspace, file)
    return { summary: `Write the report of incident ${id}: ${title}`, steps: [{ does: isThere ? 'change' : 'create', target: file }] }
  },
  async run({ id, path }, { store, workspace }) {
    const { entriesOf, incidentById } = await import('./incidents/incident.ts')
    const { reportPath, writeReport } = await import('./incidents/write-report.ts')
    const { incidentReport } = await import('./incidents/report.ts')
    const file = reportPath(workspace, id, path)
    const text = incidentReport(incidentById(store, id), entriesOf(store, id))
    writeReport(workspace, file, text)
    return { id, path: file, bytes: Buffer.byteLength(text) }
  },
})

function summaryOf(incident: import('./incidents/incident.ts').Incident): z.output<typeof incidentSchema> {
  const { id, title, service, severity, status, openedMs, resolvedMs, cause } = incident
  return {
    id,
    title,
    severity,
    status,
    opened: iso(openedMs),
    ...(service !== undefined && { service }),
    ...(resolvedMs !== undefined && { resolved: iso(resolvedMs) }),
    ...(cause !== undefined && { cause }),
  }
}

export const incidentCommands = {
  'incident.open': open,
  'incident.show': show,
  'incident.list': list,
  'incident.note': note,
  'incident.resolve': resolve,
  'incident.report': report,
}
