import { describe, expect, it } from 'vitest'
import { stem } from '../stem.ts'
import { fieldsOf } from './field.ts'
import { type FillOptions, fillArguments } from './fill.ts'

const text = { type: 'string' }
const said = (description: string): object => ({ type: 'string', description })
const list = (items: object): object => ({ type: 'array', items })
const object = (properties: Record<string, object>, required: string[] = []): object => ({ type: 'object', properties, required })
const SCHEMAS = {
  look: object({ service: text, since: said('A time, or how long ago (12h, 4w)'), limit: { type: 'integer', default: 20 } }),
  roll: object(
    {
      env: text,
      service: list(text),
      why: { type: 'string', default: 'as asked' },
      volumes: { type: 'boolean' },
      rehearse: { type: 'boolean' },
    },
    ['env'],
  ),
  scale: object({ env: text, service: text, replicas: { type: 'integer' } }, ['env', 'service', 'replicas']),
  guarded: object({ env: text, service: text, confirm: said('The environment’s name once more') }, ['env']),
  issues: object({
    project: said('Folder, name or id of the project'),
    label: list(text),
    status: { type: 'string', enum: ['open', 'closed'] },
    ids: list({ type: 'integer' }),
    repo: said('OWNER/NAME of the repository'),
  }),
  export: object({
    project: { ...said('Folder of the project, relative to the workspace'), default: '.' },
    package: said('One package by name'),
    file: said('File inside the project'),
    since: said('Tag or commit after which to look'),
    before: said('Only versions below this one'),
    version: text,
  }),
  setup: object({
    ssh: said('A host, as USER@HOST or USER@HOST:PORT'),
    stack: said('Name of the whole'),
    address: list(said('host:port')),
  }),
  run: object({ runbook: said('Name of one, or path of a Markdown file'), values: { type: 'object' }, project: text }, ['runbook']),
  judge: object({
    category: said('small-shop, big-shop or kiosk; nothing else'),
    target: { type: 'string', enum: ['all', 'compose', 'caddy'], default: 'all' },
    severity: { type: 'string', enum: ['critical', 'high', 'low'] },
  }),
  watch: object({ env: text, forSeconds: { type: 'number' }, intervalSeconds: { type: 'number' }, rollback: { type: 'boolean' } }),
  logs: object({ service: text, follow: { type: 'boolean' } }),
  update: object({ id: { type: 'integer' }, title: text }, ['id']),
  open: object({ title: text, since: text }, ['title']),
  mute: object({ check: text, file: said('Glob of the files') }, ['check']),
  mend: object({ service: text, action: { type: 'string', enum: ['restart', 'rollback'] } }, ['service']),
  several: object({ priority: { anyOf: [{ type: 'string', enum: ['high', 'low'] }, list({ type: 'string', enum: ['high', 'low'] })] } }),
} as const
const OWN = new Set(['show', 'look', 'log', 'deploy', 'issue', 'list', 'scale', 'run', 'runbook', 'check', 'export', 'release'].map(stem))
const NOW = new Date(2026, 10, 21, 15, 30).getTime()

const read = (schema: keyof typeof SCHEMAS, request: string, options: Partial<FillOptions> = {}): Record<string, unknown> => {
  const { args } = fillArguments(request, fieldsOf(SCHEMAS[schema]), { nowMs: NOW, ownWords: OWN, ...options })
  return Object.fromEntries(Object.entries(args).map(([name, { value }]) => [name, value]))
}

type Row = readonly [schema: keyof typeof SCHEMAS, request: string, values: Record<string, unknown>]

const ROWS: Readonly<Record<string, readonly Row[]>> = {
  'finds the name among what is told around it': [
    ['look', 'we had visitors all morning and somebody tripped over a cord, so tell me what thumbor wrote', { service: 'thumbor' }],
    ['look', 'what did shipping do while we slept', { service: 'shipping' }],
    ['look', 'show me the service called notes', { service: 'notes' }],
    ['look', "I am curious about the importer's timings", { service: 'importer' }],
    ['issues', 'for the board meeting, which problems are there in intranet', { project: 'intranet' }],
    ['roll', 'bring squid and radius to staging before lunch', { env: 'staging', service: ['squid', 'radius'] }],
  ],
  'takes no word of the story for a name': [
    ['look', 'our customers had a terrible week, how are we doing?', {}],
    ['look', 'for the budget talks I need to know how things went', {}],
    ['look', 'is our service getting older?', {}],
    ['roll', 'the fresh rollout on staging makes me nervous', { env: 'staging' }],
  ],
  'leaves an environment as it is said where nobody knows what there is': [
    ['roll', 'put gateway on prod', { env: 'prod', service: ['gateway'] }],
    ['roll', 'we begin an environment called sandpit', { env: 'sandpit' }],
    ['roll', 'what is in the acceptance-2 environment?', { env: 'acceptance-2' }],
  ],
  'knows from its description what a field holds': [
    ['export', 'the record of @shop/basket into NOTES.md', { package: '@shop/basket', file: 'NOTES.md' }],
    ['export', 'write the list for services/mail', { project: 'services/mail' }],
    ['export', 'what came for 4.0.0 since tag v3.2.0', { version: '4.0.0', since: '3.2.0' }],
    ['export', 'only what is below 2.0.0', { before: '2.0.0' }],
    ['setup', 'deploy to root@192.0.2.9:2200 with stack name orchard', { ssh: 'root@192.0.2.9:2200', stack: 'orchard' }],
    ['setup', 'do mail01:25 and mail02:25 take connections', { address: ['mail01:25', 'mail02:25'] }],
    ['run', 'go through the winter runbook', { runbook: 'winter' }],
    ['run', 'go through the old runbook', {}],
    ['run', 'follow ops/fire-drill.md', { runbook: 'ops/fire-drill.md' }],
    ['issues', 'fetch the tickets of acme/till', { repo: 'acme/till' }],
    ['mute', 'mute style.quotes for vendor/**', { check: 'style.quotes', file: 'vendor/**' }],
    ['several', 'those that are high or low', { priority: ['high', 'low'] }],
    ['judge', 'what has a big shop to have?', { category: 'big-shop' }],
  ],
  'reads what is given by names of its own': [
    ['run', 'do the runbook cert-swap with domain=shop.example', { runbook: 'cert-swap', values: { domain: 'shop.example' } }],
    ['run', 'do the runbook cert-swap with zone set to "eu 1"', { runbook: 'cert-swap', values: { zone: 'eu 1' } }],
  ],
  'mends slips in the words that values are told by': [
    ['look', 'what did squid log in the last three huors', { service: 'squid', since: '3h' }],
    ['judge', 'show what is critcal', { severity: 'critical' }],
    ['scale', 'run two relpicas of squid on qa', { service: 'squid', env: 'qa', replicas: 2 }],
  ],
  'reads numbers however they are said': [
    ['scale', 'squid x4 on qa', { service: 'squid', env: 'qa', replicas: 4 }],
    ['scale', 'one of squid was enough, so back to a single squid on qa', { service: 'squid', env: 'qa', replicas: 1 }],
    ['look', 'the six most recent ones, please', { limit: 6 }],
    ['look', 'up to 40 entries of squid', { service: 'squid', limit: 40 }],
    ['look', 'what squid had, 30 at most', { service: 'squid', limit: 30 }],
    ['update', 'we are through with 93, so finish it', { id: 93 }],
    ['update', 'we are through with 3 chapters', {}],
    ['look', 'why does every page answer with 503s', {}],
    ['issues', 'send 3, 5 and 8', { ids: [3, 5, 8] }],
  ],
  'reads times as they are said': [
    ['look', 'squid latency, 3d', { service: 'squid', since: '3d' }],
    ['look', 'squid over the last 2 weeks', { service: 'squid', since: '2w' }],
    ['look', 'I have an hour to spare', {}],
    ['watch', 'look after qa, rolled out a minute ago, for ten minutes', { env: 'qa', forSeconds: 600 }],
    ['watch', 'look after qa for the next hour', { env: 'qa', forSeconds: 3_600 }],
  ],
  'takes what is quoted for what was meant': [
    ['roll', 'deploy to qa, the reason is "spring cleaning"', { env: 'qa', why: 'spring cleaning' }],
    ['open', 'open one: the lift is stuck. since about 3 hours', { title: 'the lift is stuck', since: '3h' }],
    ['update', 'the title of issue 12 is nonsense, it should be "Door stays open"', { id: 12, title: 'Door stays open' }],
  ],
  'takes a choice back that is denied or one of all': [
    ['issues', "list those that aren't closed but open", { status: 'open' }],
    ['judge', 'the ones that matter, most critical on top', {}],
    ['judge', 'judge the compose file and the caddyfile', {}],
    ['judge', 'judge the caddyfile', { target: 'caddy' }],
  ],
  'knows a verb whose "back" stands behind what it is done to': [
    ['mend', 'roll the squid service back', { service: 'squid', action: 'rollback' }],
    ['mend', 'roll on, and call back squid', { service: 'squid' }],
  ],
  'reads what is taken back, confirmed, denied and said where it stands': [
    ['roll', 'deploy squid to qa, no wait, to staging', { env: 'staging', service: ['squid'] }],
    ['scale', 'bring squid on qa to 4 replicas, make that 6', { env: 'qa', service: 'squid', replicas: 6 }],
    ['roll', 'demo: deploy squid', { env: 'demo', service: ['squid'] }],
    ['roll', 'deploy squid, to qa in the end, not test', { env: 'qa', service: ['squid'] }],
    ['roll', 'take squid to pre-prod', { env: 'pre-prod', service: ['squid'] }],
    ['roll', 'roll qa back, the volumes are not needed', { env: 'qa', volumes: false }],
    ['look', "show squid, as in Tuesday's mail, since 2h, ten of them", { service: 'squid', since: '2h', limit: 10 }],
    ['guarded', 'ship squid to production, confirm: production', { env: 'production', service: 'squid', confirm: 'production' }],
    ['guarded', 'ship squid to production, please confirm', { env: 'production', service: 'squid' }],
  ],
  'turns a flag on by the verb of a request that is not the command': [
    ['logs', 'follow what squid writes', { service: 'squid', follow: true }],
    ['watch', 'look after qa with automatic rollback', { env: 'qa', rollback: true }],
  ],
}

describe('fillArguments(), with context', () => {
  for (const [rule, rows] of Object.entries(ROWS))
    describe(rule, () => {
      for (const [schema, request, values] of rows)
        it(request, () => {
          expect(read(schema, request)).toEqual(values)
        })
    })

  it('says where a mended value stood, and keeps what a person wrote', () => {
    const request = 'errors of squid in the last three huors, top 5'
    const { args } = fillArguments(request, fieldsOf(SCHEMAS.look), { nowMs: NOW, ownWords: OWN })
    expect(Object.fromEntries(Object.entries(args).map(([name, { from }]) => [name, request.slice(...from)]))).toEqual({
      service: 'squid',
      since: 'three huors',
      limit: '5',
    })
    expect(read('roll', 'deploy to qa because the secuirty warnngs annoy')).toMatchObject({ why: 'the secuirty warnngs annoy' })
  })

  it('reads a name for a command that destroys only where it is named outright or nearly certain', () => {
    const names = { service: ['gateway'] }
    expect(read('roll', 'take thumbor off qa', { literal: true, names })).toEqual({ env: 'qa' })
    expect(read('roll', 'take the thumbor service off qa', { literal: true, names })).toEqual({ env: 'qa', service: ['thumbor'] })
    expect(read('roll', 'take the gateway off qa', { literal: true, names })).toEqual({ env: 'qa', service: ['gateway'] })
    expect(read('roll', 'tidy up qa after the fair', { literal: true })).toEqual({ env: 'qa' })
    expect(read('roll', 'rehearse the return of qa', { literal: true })).toEqual({ env: 'qa', rehearse: true })
  })
})
