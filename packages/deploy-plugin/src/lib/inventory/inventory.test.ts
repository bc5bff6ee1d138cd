import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { command, definePlugin } from '@switchyard/plugin-kit'
import { createTestYard } from '@switchyard/testkit'
import { afterEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { createDeployments } from '../records/deployments.ts'
import { recordTables } from '../records/tables.ts'
import { inventoryCommands, targetName } from './commands.ts'
import { openNetBox } from './netbox.ts'
import { netBoxSettings } from './settings.ts'

const TOKEN = 'a-token-of-forty-characters-in-hexadecimal'

interface Asked {
  readonly method: string
  readonly path: string
  readonly authorization: string | undefined
  readonly body: unknown
}

/** A server that keeps to NetBox's documented REST API: token, filters, pages of `limit` with `count`, `next` and `results`. */
async function netBoxServer(devices: readonly object[], machines: readonly object[] = [], services: readonly object[] = []) {
  const asked: Asked[] = []
  const lists: Readonly<Record<string, readonly object[]>> = {
    '/api/dcim/devices/': devices,
    '/api/virtualization/virtual-machines/': machines,
    '/api/ipam/services/': services,
  }
  let maxPage = 50
  const server = createServer(async (request, answer) => {
    const url = new URL(request.url ?? '/', `http://${request.headers.host}`)
    const body = await bodyOf(request)
    asked.push({ method: request.method ?? '', path: url.pathname + url.search, authorization: request.headers.authorization, body })
    const say = (status: number, value: unknown): void => {
      answer.writeHead(status, { 'content-type': 'application/json' })
      answer.end(JSON.stringify(value))
    }
    if (![`Token ${TOKEN}`, 'Bearer nbt_key.secret'].includes(request.headers.authorization ?? ''))
      return say(403, { detail: 'Invalid token' })
    if (request.method === 'POST') return say(201, { id: 1 })
    if (request.method === 'PATCH') return say(200, { id: 1 })
    const list = lists[url.pathname]
    if (list === undefined) return say(404, { detail: 'Not found.' })
    const limit = Math.min(Number(url.searchParams.get('limit') ?? 50), maxPage)
    const offset = Number(url.searchParams.get('offset') ?? 0)
    const tag = url.searchParams.get('tag')
    const found = list.filter((one) => tag === null || (one as { tags: { slug: string }[] }).tags.some(({ slug }) => slug === tag))
    const next = new URL(url)
    next.searchParams.set('offset', String(offset + limit))
    return say(200, {
      count: found.length,
      next: offset + limit < found.length ? next.href : null,
      previous: null,
      results: found.slice(offset, offset + limit),
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url,
    asked,
    pageSize(size: number) {
      maxPage = size
    },
    async [Symbol.asyncDispose]() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const text = Buffer.concat(chunks).toString()
  return text === '' ? undefined : JSON.parse(text)
}

const device = (id: number, name: string | null, address: string | undefined, tags: readonly string[] = []): object => ({
  id,
  name,
  status: { value: 'active', label: 'Active' },
  primary_ip: address === undefined ? null : { id, address: `${address}/24`, family: { value: 4 } },
  role: { id: 1, slug: 'web' },
  site: { id: 1, slug: 'home' },
  platform: null,
  tags: tags.map((slug) => ({ slug })),
})

const signal = new AbortController().signal
const settings = (url: string) => ({ url, token: TOKEN, timeoutMs: 5_000 })

describe('openNetBox()', () => {
  it('reads every page, of devices and of virtual machines', async () => {
    await using server = await netBoxServer(
      Array.from({ length: 7 }, (_, index) => device(index, `web-${index}`, `10.0.0.${index}`)),
      [{ ...device(9, 'vm-1', undefined), role: null, device_role: { slug: 'db' } }],
    )
    server.pageSize(3)
    const hosts = await openNetBox(settings(server.url), signal).hosts({ status: 'active' })
    expect(hosts.map(({ name }) => name)).toEqual(['web-0', 'web-1', 'web-2', 'web-3', 'web-4', 'web-5', 'web-6', 'vm-1'])
    expect(hosts[1]).toEqual({
      id: 1,
      kind: 'device',
      name: 'web-1',
      status: 'active',
      address: '10.0.0.1',
      role: 'web',
      site: 'home',
      platform: undefined,
      tags: [],
    })
    expect(hosts[7]).toMatchObject({ kind: 'vm', address: undefined, role: 'db' })
    expect(server.asked.filter(({ path }) => path.startsWith('/api/dcim'))).toHaveLength(3)
    expect(server.asked[0]!.path).toContain('status=active')
  })

  it('sends the token to its own server alone, and never says it', async () => {
    await using evil = await netBoxServer([])
    await using server = await netBoxServer([{ ...device(1, 'a', '10.0.0.1') }])
    const { createServer: create } = await import('node:http')
    const sly = create((_, answer) => answer.end(JSON.stringify({ count: 2, next: `${evil.url}/api/dcim/devices/`, results: [] })))
    sly.listen(0, '127.0.0.1')
    await once(sly, 'listening')
    const port = (sly.address() as AddressInfo).port
    await expect(openNetBox(settings(`http://127.0.0.1:${port}`), signal).hosts({ status: 'active' })).rejects.toMatchObject({
      code: 'INVENTORY_INSECURE',
    })
    sly.close()
    sly.closeAllConnections()
    expect(evil.asked).toEqual([])
    expect(() => openNetBox(settings('http://netbox.example.com'), signal)).toThrow('over https')
    const wrong = openNetBox({ ...settings(server.url), token: 'wrong-token-value' }, signal).hosts({ status: 'active' })
    await expect(wrong).rejects.toMatchObject({ code: 'INVENTORY_REFUSED', message: expect.not.stringContaining('wrong-token-value') })
  })

  it('knows tokens of both versions by how they begin', async () => {
    await using server = await netBoxServer([device(1, 'a', '10.0.0.1')])
    const hosts = await openNetBox({ ...settings(`${server.url}/api/`), token: 'nbt_key.secret' }, signal).hosts({ status: 'active' })
    expect(hosts).toHaveLength(1)
    expect(server.asked[0]!.authorization).toBe('Bearer nbt_key.secret')
  })

  it('tells of a server that does not answer, or answers otherwise than it should', async () => {
    await expect(openNetBox(settings('http://127.0.0.1:1'), signal).hosts({ status: 'active' })).rejects.toMatchObject({
      code: 'INVENTORY_UNREACHABLE',
      retryable: true,
    })
    await using server = await netBoxServer([{ id: 'one' }])
    await expect(openNetBox(settings(server.url), signal).hosts({ status: 'active' })).rejects.toMatchObject({ code: 'INVENTORY_STRANGE' })
  })
})

describe('netBoxSettings()', () => {
  it('wants both, and says which is missing', async () => {
    const none = '/no/such/file'
    await expect(netBoxSettings({}, none)).rejects.toMatchObject({ data: { missing: 'NETBOX_API_URL' } })
    await expect(netBoxSettings({ NETBOX_API_URL: 'x' }, none)).rejects.toMatchObject({ data: { missing: 'NETBOX_API_TOKEN' } })
    expect(await netBoxSettings({ NETBOX_API_URL: 'x', NETBOX_API_TOKEN: 'y', NETBOX_TIMEOUT: '5' }, none)).toEqual({
      url: 'x',
      token: 'y',
      timeoutMs: 5_000,
    })
  })
})

describe('targetName()', () => {
  it('makes a name of a target from any name of a host', () => {
    expect(['Web-1.example.com', '10.0.0.1', 'Rack 3 / Node #2', '___'].map(targetName)).toEqual([
      'web-1-example-com',
      'host',
      'rack-3-node-2',
      'host',
    ])
  })
})

describe('deploy.targets', () => {
  const saved = { ...process.env }
  afterEach(() => {
    process.env = { ...saved }
  })

  const ssh = (host: string): object => ({ kind: 'ssh', host, user: 'deploy', key: '~/.ssh/id', hostKey: `SHA256:${'A'.repeat(43)}` })
  const files = {
    'switchyard.deploy.json': JSON.stringify({
      stack: 'shop',
      targets: { here: { kind: 'local' }, 'web-1': ssh('10.0.0.1'), 'web-2': ssh('10.0.0.99'), old: ssh('10.0.0.3') },
      environments: { staging: { target: 'here' }, production: { target: 'web-1' } },
      services: { api: { handler: 'compose' } },
    }),
  }
  const deploy = definePlugin({
    name: 'deploy',
    version: '1.0.0',
    summary: 'Lists targets',
    tables: recordTables,
    commands: inventoryCommands,
  })

  it('holds the configuration against the inventory, and says what is to be entered for what is new', async () => {
    await using server = await netBoxServer([
      device(1, 'web-1', '10.0.0.1', ['docker']),
      device(2, 'web-2', '10.0.0.2', ['docker']),
      device(4, 'Web 4', '10.0.0.4', ['docker']),
      device(5, null, '10.0.0.5', ['docker']),
      device(6, 'printer', '10.0.0.6'),
    ])
    Object.assign(process.env, { NETBOX_API_URL: server.url, NETBOX_API_TOKEN: TOKEN })
    await using kit = await createTestYard({ plugins: [deploy], files })
    const { targets, entries, text } = (await kit.call('deploy.targets', { inventory: true, tag: 'docker' })) as {
      targets: { name: string; state: string }[]
      entries: object
      text: string
    }
    expect(targets.map(({ name, state }) => [name, state])).toEqual([
      ['here', 'configured'],
      ['web-1', 'same'],
      ['web-2', 'moved'],
      ['old', 'gone'],
      ['web-4', 'new'],
    ])
    expect(entries).toMatchObject({ 'web-4': { kind: 'ssh', host: '10.0.0.4' } })
    expect(text).toContain('10.0.0.99 (NetBox: 10.0.0.2)')
    expect(text).not.toContain(TOKEN)
  })

  it('lists the configuration alone where the inventory is not asked for', async () => {
    await using kit = await createTestYard({ plugins: [deploy], files })
    expect(await kit.call('deploy.targets')).toMatchObject({
      targets: [{ name: 'here', envs: ['staging'] }, { name: 'web-1', envs: ['production'] }, {}, {}],
    })
    await using empty = await createTestYard({ plugins: [deploy] })
    expect(await empty.call('deploy.targets')).toMatchObject({ targets: [], text: expect.stringContaining('deploy setup') })
  })
})

describe('deploy.targets.note', () => {
  const saved = { ...process.env }
  afterEach(() => {
    process.env = { ...saved }
  })

  const here = { id: 3, name: 'shop-api', ports: [80] }

  it.each([
    [
      'makes the service known to NetBox',
      [],
      'POST',
      '/api/ipam/services/',
      { name: 'shop-api', protocol: 'tcp', ports: [8080], device: 2 },
    ],
    ['brings the service up to date that NetBox has', [here], 'PATCH', '/api/ipam/services/3/', { ports: [8080] }],
  ])('writes a deployment into the journal of its host once the plan is approved, and %s', async (_, services, method, path, body) => {
    await using server = await netBoxServer([device(1, 'other', '10.0.0.9'), device(2, 'web-1', '10.0.0.1')], [], services)
    Object.assign(process.env, { NETBOX_API_URL: server.url, NETBOX_API_TOKEN: TOKEN })
    await using kit = await createTestYard({ plugins: [noting], files: stackFiles('10.0.0.1') })
    await kit.call('deploy.record', {})
    const { id, plan } = await kit.plan('deploy.targets.note', { id: 1 })
    const journal = 'shop/api 1.2.0 in production: done, by ada (release v1.2.0); deployment 1'
    expect(plan).toMatchObject({ steps: [{ does: 'send', target: 'NetBox: web-1', detail: journal }] })
    expect(server.asked).toEqual([])
    expect(await kit.approve(id)).toEqual({ host: 'web-1', journal, text: `Written to web-1: ${journal}` })
    const written = server.asked.filter((one) => one.method !== 'GET')
    expect(written).toMatchObject([
      {
        method: 'POST',
        path: '/api/extras/journal-entries/',
        authorization: `Token ${TOKEN}`,
        body: { assigned_object_type: 'dcim.device', assigned_object_id: 2, kind: 'info', comments: journal },
      },
      { method, path, body },
    ])
  })

  it('writes nothing where NetBox has no such host, and says so', async () => {
    await using server = await netBoxServer([device(1, 'other', '10.0.0.9')])
    Object.assign(process.env, { NETBOX_API_URL: server.url, NETBOX_API_TOKEN: TOKEN })
    await using kit = await createTestYard({ plugins: [noting], files: stackFiles('10.0.0.1') })
    await kit.call('deploy.record', {})
    await expect(kit.call('deploy.targets.note', { id: 1 })).rejects.toMatchObject({
      code: 'INVENTORY_REFUSED',
      message: expect.stringContaining('"web-1"'),
    })
    await expect(kit.call('deploy.targets.note', { id: 9 })).rejects.toMatchObject({ code: 'DEPLOYMENT_UNKNOWN' })
    expect(server.asked.filter((one) => one.method !== 'GET')).toEqual([])
  })
})

const stackFiles = (host: string): Record<string, string> => ({
  'switchyard.deploy.json': JSON.stringify({
    stack: 'shop',
    targets: { 'web-1': { kind: 'ssh', host, user: 'deploy', key: '~/.ssh/id', hostKey: `SHA256:${'A'.repeat(43)}` } },
    environments: { production: { target: 'web-1' } },
    services: { api: { handler: 'compose', port: 8080 } },
  }),
})

/** The part of the plugin that writes to NetBox, with a way to a record of a deployment that nothing was deployed for. */
const noting = definePlugin({
  name: 'deploy',
  version: '1.0.0',
  summary: 'Writes deployments into an inventory',
  tables: recordTables,
  commands: {
    ...inventoryCommands,
    record: command({
      summary: 'Record a deployment',
      examples: ['record a deployment'],
      effect: 'read',
      input: z.object({}),
      output: z.object({}),
      run(_, ctx) {
        const deployments = createDeployments(ctx)
        const place = { stack: 'shop', env: 'production', target: 'web-1', service: 'api', handler: 'compose' }
        const { id } = deployments.begin({ ...place, kind: 'apply', version: '1.2.0', who: 'ada', why: 'release v1.2.0' })
        deployments.finish(id, { state: 'done' })
        return {}
      },
    }),
  },
})
