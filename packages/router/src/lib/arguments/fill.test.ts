import { describe, expect, it } from 'vitest'
import { stem } from '../stem.ts'
import { fieldsOf } from './field.ts'
import { type FillOptions, fillArguments } from './fill.ts'

const object = (properties: Record<string, object>, required: string[] = []) => ({ type: 'object', properties, required })
const text = { type: 'string' }
const SCHEMAS = {
  deploy: object(
    {
      service: text,
      env: text,
      version: text,
      replicas: { type: 'integer' },
      backup: { type: 'boolean', default: true },
      strict: { type: 'boolean' },
    },
    ['service', 'env'],
  ),
  deployEnum: object({ env: { type: 'string', enum: ['test', 'staging', 'prod'] }, dryRun: { type: 'boolean' } }, ['env']),
  logs: object(
    {
      service: text,
      level: { type: 'string', enum: ['debug', 'info', 'warn', 'error'] },
      text,
      since: text,
      until: text,
      limit: { type: 'integer', minimum: 1, maximum: 1000, default: 50 },
      follow: { type: 'boolean' },
    },
    ['service'],
  ),
  issues: object({
    project: { type: 'string', default: '.' },
    status: { type: 'string', enum: ['open', 'in-progress', 'closed'] },
    priority: { type: 'string', enum: ['critical', 'high', 'medium', 'low'] },
    limit: { type: 'integer' },
  }),
  issue: object(
    { title: text, priority: { type: 'string', enum: ['critical', 'high', 'medium', 'low'] }, labels: { type: 'array', items: text } },
    ['title'],
  ),
  close: object({ id: { type: 'integer' }, reason: text }, ['id']),
  cut: object({
    bump: { type: 'string', enum: ['major', 'minor', 'patch'] },
    version: text,
    skipTests: { type: 'boolean' },
    push: { type: 'boolean' },
    branch: text,
    prerelease: { type: 'boolean' },
  }),
  diff: object({ from: text, to: text }, ['from', 'to']),
  scale: object({ service: text, replicas: { type: 'integer', minimum: 0 } }, ['service', 'replicas']),
  watch: object({ url: text, intervalMs: { type: 'integer' }, timeoutSeconds: { type: 'number' }, thresholdPercent: { type: 'number' } }),
  files: object({
    path: text,
    maxBytes: { type: 'integer' },
    output: text,
    format: { type: 'string', enum: ['text', 'json', 'markdown', 'html'] },
  }),
  check: object({ host: text, port: { type: 'integer' } }),
  monitor: object({ service: text, forMs: { type: 'integer' } }),
  note: object({ incident: { type: 'integer' }, text }, ['incident', 'text']),
  suppress: object({ check: text, until: text }, ['check']),
  watchOver: object({ service: text, unit: text, container: text, address: text }),
  history: object({ runbook: text, status: { type: 'string', enum: ['running', 'done', 'failed'] } }),
  page: object({ target: { type: 'string', default: 'status.html' }, overwrite: { type: 'boolean' } }),
  branch: object({ name: text, from: text }),
  mute: object({ check: text, until: text }, ['check', 'until']),
  mend: object({ service: text, action: { type: 'string', enum: ['restart', 'scale', 'rollback'] }, replicas: { type: 'integer' } }, [
    'service',
  ]),
  rename: object({ project: text, name: text, description: text, path: text }),
  start: object({ name: text, from: text }, ['name']),
  port: object({ to: text }),
  register: object({ path: text, name: text }),
  step: object({ run: { type: 'integer' }, status: { type: 'string', enum: ['pass', 'fail'] } }, ['run']),
  resolve: object({ id: { type: 'integer' }, cause: text }, ['id']),
  encrypt: object({ file: text, project: { type: 'string', default: '.' } }),
  compare: object({ files: { type: 'array', items: text } }),
  deployMany: object({ service: { type: 'array', items: text }, strict: { type: 'boolean' } }),
  inventory: object({ inventory: { type: 'boolean', description: 'Those that NetBox has, too' } }),
  channel: object({ channel: text, project: { type: 'string', default: '.' } }),
  commit: object({ id: { type: 'integer' }, commit: text }),
  steps: object({ steps: { type: 'array', items: { type: 'string', enum: ['build', 'test'] } } }),
  import: object({ project: text, repo: text, tracker: { type: 'string', enum: ['github', 'gitea'] } }),
}
const NAMES = { env: ['staging', 'production'], service: ['api', 'billing-worker', 'web'], branch: ['main', 'release/2.x'] }
const NOW = new Date(2026, 10, 21, 15, 30).getTime()
const OWN = new Set(
  [
    'deploy',
    'restart',
    'scale',
    'service',
    'log',
    'show',
    'issue',
    'release',
    'cut',
    'open',
    'close',
    'list',
    'check',
    'version',
    'destroy',
    'roll',
    'back',
  ].map(stem),
)

const fill = (schema: keyof typeof SCHEMAS, request: string, options: Partial<FillOptions> = {}) => {
  const { args, missing } = fillArguments(request, fieldsOf(SCHEMAS[schema]), { nowMs: NOW, ownWords: OWN, ...options })
  return { values: Object.fromEntries(Object.entries(args).map(([name, { value }]) => [name, value])), args, missing }
}

type Row = readonly [schema: keyof typeof SCHEMAS, request: string, values: Record<string, unknown>, options?: Partial<FillOptions>]
const known = { names: NAMES }

const ROWS: readonly Row[] = [
  ['deploy', 'deploy the api to staging', { service: 'api', env: 'staging' }],
  ['deploy', 'ship api 2.4.1 to prod', { service: 'api', env: 'production', version: '2.4.1' }, known],
  [
    'deploy',
    'please put v1.2 of the web on production without a backup',
    { service: 'web', env: 'production', version: '1.2', backup: false },
    known,
  ],
  [
    'deploy',
    'deploy billing worker to staging with 3 replicas, no backup',
    { service: 'billing-worker', env: 'staging', replicas: 3, backup: false },
    known,
  ],
  ['deploy', 'deploy the checkout service to the staging environment', { service: 'checkout', env: 'staging' }],
  ['deploy', 'deploy api --env=staging --no-backup --replicas 2', { service: 'api', env: 'staging', backup: false, replicas: 2 }, known],
  ['deploy', 'deploy api to staging and be strict', { service: 'api', env: 'staging', strict: true }, known],
  ['deployEnum', 'deploy to test', { env: 'test' }],
  ['deployEnum', 'test the deployment on production', { env: 'prod' }],
  ['deployEnum', 'dry run of the live environment', { env: 'prod', dryRun: true }],
  ['logs', 'show me error logs from api since yesterday', { service: 'api', level: 'error', since: new Date(2026, 10, 20).toISOString() }],
  ['logs', 'warnings of the billing-worker in the last 30 minutes', { service: 'billing-worker', level: 'warn', since: '30m' }, known],
  ['logs', 'last 20 lines of the web logs', { service: 'web', limit: 20 }, known],
  ['logs', 'logs from api containing "connection refused" over the past hour', { service: 'api', text: 'connection refused', since: '1h' }],
  ['logs', 'tail the api logs', { service: 'api', follow: true }, known],
  ['issues', 'list open issues', { status: 'open' }],
  ['issues', 'which critical issues are still open?', { status: 'open', priority: 'critical' }],
  ['issues', 'show the top 5 urgent tickets', { priority: 'critical', limit: 5 }],
  ['issues', 'everything that is in progress', { status: 'in-progress' }],
  ['issue', 'open an issue: the login page is slow', { title: 'the login page is slow' }],
  ['issue', 'open a high priority issue called "Search times out"', { title: 'Search times out', priority: 'high' }],
  ['issue', 'create an issue about the broken footer', { title: 'the broken footer' }],
  ['close', 'close issue 12 because it was a duplicate', { id: 12, reason: 'it was a duplicate' }],
  ['close', 'please close #431', { id: 431 }],
  ['cut', 'cut a minor release', { bump: 'minor' }],
  ['cut', 'cut a release with breaking changes without running the tests', { bump: 'major', skipTests: true }],
  ['cut', 'release 2.0.0 from branch main and push it', { version: '2.0.0', branch: 'main', push: true }, known],
  ['cut', 'patch release but do not push', { bump: 'patch', push: false }],
  ['diff', 'what changed from 1.2.0 to 1.3.0', { from: '1.2.0', to: '1.3.0' }],
  ['diff', 'diff to v2.0.0 from v1.9.0', { from: '1.9.0', to: '2.0.0' }],
  ['scale', 'scale the api to 3', { service: 'api', replicas: 3 }],
  ['scale', 'run five copies of web', { service: 'web', replicas: 5 }, known],
  [
    'watch',
    'watch https://example.org/health every 30 seconds with a timeout of 5s',
    { url: 'https://example.org/health', intervalMs: 30_000, timeoutSeconds: 5 },
  ],
  ['watch', 'warn above 85 %', { thresholdPercent: 85 }],
  ['files', 'files in ./var/log over 10 MB as json', { path: './var/log', maxBytes: 10_000_000, format: 'json' }],
  ['files', 'write the report to out/report.html as a web page', { output: 'out/report.html', format: 'html' }],
  ['deploy', 'roll out web@staging', { service: 'web', env: 'staging' }, known],
  ['deploy', 'can you get the new api out onto production please?', { service: 'api', env: 'production' }],
  ['deploy', 'push version 3.1.0-rc.2 of checkout to stage', { service: 'checkout', env: 'stage', version: '3.1.0-rc.2' }],
  ['deploy', 'API to PRODUCTION now', { service: 'api', env: 'production' }, known],
  [
    'logs',
    'what did the checkout service log between 10:00 and 11:30',
    { service: 'checkout', since: new Date(2026, 10, 21, 10).toISOString(), until: new Date(2026, 10, 21, 11, 30).toISOString() },
  ],
  ['logs', 'api errors from monday', { service: 'api', level: 'error', since: new Date(2026, 10, 16).toISOString() }, known],
  ['logs', 'grep the web logs for ECONNRESET', { service: 'web', text: 'ECONNRESET' }, known],
  ['logs', 'show logs for the payment-gateway', { service: 'payment-gateway' }],
  ['issues', 'show me low priority bugs that are done', { status: 'closed', priority: 'low' }],
  ['issues', 'open issues of ./services/api', { status: 'open', project: './services/api' }],
  [
    'issue',
    'file a critical bug titled Payment fails on Safari with labels checkout and safari',
    { title: 'Payment fails on Safari', priority: 'critical', labels: ['checkout', 'safari'] },
  ],
  ['cut', 'make a new beta prerelease', { prerelease: true }],
  ['cut', 'skip tests and push a major version', { bump: 'major', skipTests: true, push: true }],
  ['scale', 'bring billing-worker down to zero', { service: 'billing-worker', replicas: 0 }, known],
  ['check', 'ping 10.0.0.12 on 443', { host: '10.0.0.12', port: 443 }],
  // What an action is, its verb says.
  ['mend', 'restart the api', { action: 'restart', service: 'api' }, known],
  ['mend', 'scale the api to 4', { action: 'scale', service: 'api', replicas: 4 }, known],
  ['mend', 'roll back the api', { action: 'rollback', service: 'api' }, known],
  // What ends some day ends in the future.
  ['mute', 'mute check secrets.env for two weeks', { check: 'secrets.env', until: new Date(NOW + 14 * 86_400_000).toISOString() }],
  ['mute', 'mute check secrets.env until friday', { check: 'secrets.env', until: new Date(2026, 10, 27).toISOString() }],
  ['mute', 'mute check secrets.env until next month', { check: 'secrets.env', until: new Date(2026, 11, 1).toISOString() }],
  ['rename', 'rename project api to gateway', { project: 'api', name: 'gateway' }],
  ['register', 'add ./app as project shop', { path: './app', name: 'shop' }],
  ['rename', 'show project billing', { project: 'billing' }],
  ['rename', 'details of the project named shop', { project: 'shop' }],
  ['rename', 'change the description of project shop', { project: 'shop' }],
  ['rename', 'change the description of project shop to sells hats', { project: 'shop', description: 'sells hats' }],
  ['start', 'begin login-fix', { name: 'login-fix' }],
  ['port', 'port it to the 2.0 branch', { to: '2.0' }],
  ['port', 'port it to 1.x', { to: '1.x' }],
  ['step', 'note that step 3 of run 4 failed', { run: 4, status: 'fail' }],
  ['step', 'note that step 3 failed', { status: 'fail' }],
  ['resolve', 'resolve incident 4, caused by a full disk', { id: 4, cause: 'a full disk' }],
  ['logs', 'search the logs of web for timeout', { service: 'web', text: 'timeout' }, known],
  ['logs', 'look at the logs of web for the last hour', { service: 'web', since: '1h' }, known],
  ['issue', 'new issue, the export button does nothing', { title: 'the export button does nothing' }],
  ['issue', 'new issue, please and thank you', {}],
  ['monitor', 'what is going on with nginx, it keeps dying', { service: 'nginx' }],
  ['monitor', 'how good is this service really', {}],
  // A thing is called by a word that is no everyday one, wherever a request puts it.
  ['monitor', 'is payments alive', { service: 'payments' }],
  ['monitor', 'payments is down again', { service: 'payments' }],
  ['monitor', 'quick look whether mailer responds', { service: 'mailer' }],
  ['monitor', 'keep checking payments for the next half hour', { service: 'payments', forMs: 1_800_000 }],
  ['monitor', 'how has the response time of payments developed', { service: 'payments' }],
  ['monitor', 'statistics of search', { service: 'search' }],
  ['monitor', 'is everything still all right with the whole thing', {}],
  ['monitor', 'did anything happen automatically last night', {}],
  ['watchOver', 'supervise db at pg.local:5432 from now on', { service: 'db', address: 'pg.local:5432' }],
  ['watchOver', 'include container redis-1', { container: 'redis-1' }],
  ['history', 'past runbook runs that failed', { status: 'failed' }],
  ['history', 'runs of the runbook called restore-test', { runbook: 'restore-test' }],
  ['page', 'produce the status page', {}],
  ['page', 'render the dashboard into public/ops.html', { target: 'public/ops.html' }],
  ['note', 'put into incident 6 that the cache was flushed', { incident: 6, text: 'the cache was flushed' }],
  ['suppress', 'hush files.encoding until 2027-12-31', { check: 'files.encoding', until: '2027-12-31' }],
  ['branch', 'new branch release/1.x from v1.4.0', { name: 'release/1.x', from: '1.4.0' }],
  ['import', 'get the issues of acme/web from github', { repo: 'acme/web', tracker: 'github' }],
  // A name of this workspace that is also a word of the request is meant where the request points to it.
  ['cut', 'cut a release now', {}, { names: { branch: ['release'] } }],
  ['cut', 'cut a patch from branch release', { bump: 'patch', branch: 'release' }, { names: { branch: ['release'] } }],
  ['check', 'is port 5432 open on db1.internal', { port: 5432, host: 'db1.internal' }],
  ['check', 'is port 5432 open on web-1', { port: 5432, host: 'web-1' }],
  // Files whose names begin with a point, globs, units, digests.
  ['encrypt', 'encrypt .env.production', { file: '.env.production' }],
  ['compare', 'compare .env.staging with .env.production', { files: ['.env.staging', '.env.production'] }],
  ['encrypt', 'hush everything in legacy/**', { file: 'legacy/**' }],
  ['watchOver', 'begin watching nginx.service', { unit: 'nginx.service' }],
  ['port', 'back to sha256:ab12cd34', { to: 'sha256:ab12cd34' }],
  // Who owns something is named, too; and nobody knows what there is of production's.
  ['logs', "unseal the search service's logs", { service: 'search' }],
  ['deploy', "show me staging's variables", { env: 'staging' }],
  ['deploy', 'roll out to prod-eu', { env: 'prod-eu' }],
  // What is counted, what somebody does and what there is of everything is no name.
  ['deployMany', 'who is sitting on the machine', {}],
  ['deployMany', 'has anybody changed containers by hand', {}],
  ['deployMany', 'is the machine fit for the api, be strict', { service: ['api'], strict: true }],
  ['scale', 'search needs five instances', { service: 'search', replicas: 5 }],
  ['scale', 'payments is too slow, let 3 of them share the load', { service: 'payments', replicas: 3 }],
  ['watch', 'look each 5 seconds', { intervalMs: 5_000 }],
  ['monitor', 'watch payments for 10 minutes', { service: 'payments', forMs: 600_000 }],
  ['issues', 'list what is still going on', { status: 'open' }],
  ['issues', 'tickets of shop', { project: 'shop' }],
  ['issues', 'issues somebody is working on', { status: 'in-progress' }],
  ['page', 'render the status page, replace the old one', { overwrite: true }],
  ['inventory', 'which hosts does netbox know', { inventory: true }],
  ['channel', 'a beta of services/api', { channel: 'beta', project: 'services/api' }],
  ['commit', 'it is 4f5e6d7', { commit: '4f5e6d7' }],
  ['steps', 'run the tests', { steps: ['test'] }],
  ['steps', 'skip the build and run the tests', { steps: ['test'] }],
  ['mute', 'mute docs.readme until 2027-12-31', { check: 'docs.readme', until: '2027-12-31' }],
]

describe('fillArguments()', () => {
  for (const [schema, request, values, options] of ROWS)
    it(`reads "${request}"`, () => {
      expect(fill(schema, request, options).values).toEqual(values)
    })

  it('says where each value stood', () => {
    const request = 'ship api 2.4.1 to prod'
    const { args } = fill('deploy', request, known)
    expect(Object.fromEntries(Object.entries(args).map(([name, { from }]) => [name, request.slice(...from)]))).toEqual({
      service: 'api',
      version: '2.4.1',
      env: 'prod',
    })
  })

  it('asks for what is required and not said', () => {
    expect(fill('deploy', 'deploy the api').missing).toEqual(['env'])
    expect(fill('diff', 'what changed since 1.2.0?').missing).not.toEqual([])
  })

  it('never makes an environment of a word that is none of the known ones', () => {
    expect(fill('deploy', 'deploy api to qa', known)).toMatchObject({ values: { service: 'api' }, missing: ['env'] })
  })

  it('guesses nothing for a command that destroys, and takes no default for what it is done to', () => {
    const fields = fieldsOf(
      object(
        {
          service: text,
          env: { type: 'string', default: 'staging' },
          force: { type: 'boolean' },
          project: { type: 'string', default: '.' },
        },
        ['service'],
      ),
    )
    const filled = fillArguments('destroy the apii', fields, { nowMs: NOW, ownWords: OWN, names: NAMES, literal: true })
    expect(filled).toEqual({ args: {}, missing: ['service', 'env'] })
    const said = fillArguments('destroy the api service in staging', fields, { nowMs: NOW, ownWords: OWN, names: NAMES, literal: true })
    expect(said).toMatchObject({ args: { service: { value: 'api' }, env: { value: 'staging' } }, missing: [] })
  })
})
