import { request } from 'node:http'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import type { PlannedRun } from '@switchyard/yard'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { createSurface } from '../surface.ts'
import { type HttpEndpoint, serveHttp } from './http.ts'
import { createSdkServer } from './mcp-server.ts'

const TOKEN = 'a-token-of-this-test'
const read = { summary: 'Look', effect: 'read', input: z.object({}), output: z.object({ seen: z.boolean() }) } as const
const planned: PlannedRun = {
  id: 'p-1',
  command: 'demo.change',
  input: {},
  effect: 'write',
  plan: { summary: 'Change it', steps: [] },
  createdAt: '2026-01-01T00:00:00.000Z',
  state: 'waiting',
  undoable: false,
}
const surface = createSurface({
  mounts: [
    {
      source: { name: 'demo', version: '1.0.0', summary: 'Shows', commands: { look: read, change: { ...read, effect: 'write' } } },
      actions: async () => ({
        call: async (_id, _input, options) => {
          options?.onProgress?.({ message: 'looking' })
          return { seen: true }
        },
        plan: async () => planned,
        approve: async () => ({ seen: true }),
        discard() {},
        undo: () => Promise.reject(new Error('not here')),
        plans: () => [planned],
      }),
    },
  ],
})

const createMcp = () => createSdkServer(surface, { name: 'demo', title: 'Demo', version: '1.0.0' }, () => {})

let endpoint: HttpEndpoint
const faults: Error[] = []
beforeAll(async () => {
  endpoint = await serveHttp(createMcp, { port: 0, token: TOKEN, onFault: (error) => void faults.push(error) })
})
afterAll(() => endpoint.close())

const DISCOVER = {
  jsonrpc: '2.0',
  id: 1,
  method: 'server/discover',
  params: {
    _meta: {
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1' },
      'io.modelcontextprotocol/clientCapabilities': {},
    },
  },
}

/** With node:http, as fetch sets the host by itself. */
function post(
  headers: Readonly<Record<string, string>>,
  path = '/mcp',
  body = JSON.stringify(DISCOVER),
  method = 'POST',
): Promise<{ status: number; text: string }> {
  const { port, hostname } = new URL(endpoint.url)
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        port,
        hostname,
        path,
        method,
        headers: {
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
          'mcp-protocol-version': '2026-07-28',
          'mcp-method': 'server/discover',
          authorization: `Bearer ${TOKEN}`,
          ...headers,
        },
      },
      (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk
        })
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
      },
    )
    sent.on('error', reject)
    sent.end(body)
  })
}

describe('serveHttp()', () => {
  it('listens on the loopback interface alone', () => {
    expect(endpoint.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/mcp$/)
  })

  it('answers who brings the token', async () => {
    const { status, text } = await post({})
    expect(status).toBe(200)
    expect(text).toContain('"supportedVersions"')
  })

  it.for([
    ['a host name that somebody made point here', { host: 'evil.example' }, 403],
    ['a host name that only begins like ours', { host: 'localhost.evil.example' }, 403],
    ['a page of another origin', { origin: 'https://evil.example' }, 403],
    ['a page without an origin', { origin: 'null' }, 403],
    ['nobody', { authorization: '' }, 401],
    ['another token', { authorization: 'Bearer another' }, 401],
    ['the token and more', { authorization: `Bearer ${TOKEN}x` }, 401],
    ['another scheme', { authorization: `Basic ${TOKEN}` }, 401],
  ] as const)('[C4] refuses %s', async ([, headers, expected]) => {
    const { status, text } = await post(headers)
    expect(status).toBe(expected)
    expect(text).not.toContain(TOKEN)
    expect(text).not.toContain('supportedVersions')
  })

  it('lets a page of this machine in, where it has the token', async () => {
    expect((await post({ origin: 'http://localhost:6274' })).status).toBe(200)
  })

  it('knows no other path, and takes no body that is too large', async () => {
    expect((await post({}, '/')).status).toBe(404)
    expect((await post({}, '/mcp', `"${'x'.repeat(5_000_000)}"`)).status).toBe(413)
  })

  it('takes what nobody can read for a mistake of theirs', async () => {
    const before = faults.length
    expect((await post({}, '/mcp', '', 'TRACE')).status).toBe(400)
    expect((await post({}, '//')).status).toBe(404)
    expect((await post({}, '//127.0.0.1/mcp')).status).toBe(404)
    expect(faults.slice(before)).toEqual([])
  })

  it('ends the session that was used least lately where there are too many', async () => {
    const initialize = {
      jsonrpc: '2.0',
      id: 1,
      method: 'initialize',
      params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1' } },
    }
    const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json', accept: 'application/json, text/event-stream' }
    const send = (body: unknown, more = {}) =>
      fetch(endpoint.url, { method: 'POST', headers: { ...headers, ...more }, body: JSON.stringify(body) })
    const begin = async () => (await send(initialize)).headers.get('mcp-session-id')!
    const status = async (id: string) =>
      (await send({ jsonrpc: '2.0', method: 'notifications/initialized' }, { 'mcp-session-id': id })).status
    const [first, second] = [await begin(), await begin()]
    expect(await status(first)).toBe(202)
    for (let count = 0; count < 99; count++) await begin()
    expect(await status(second)).toBe(404)
    expect(await status(first)).toBe(202)
  })

  it('refuses a port that is taken', async () => {
    const port = Number(new URL(endpoint.url).port)
    const again = serveHttp(createMcp, { port, token: TOKEN, onFault() {} })
    await expect(again).rejects.toMatchObject({ code: 'USAGE', data: { port } })
  })

  it.for(['2026-07-28', undefined])('serves the SDK’s client, protocol %s, with progress', async (pin) => {
    const client = new Client({ name: 'test', version: '1' }, pin === undefined ? {} : { versionNegotiation: { mode: { pin } } })
    const heard: unknown[] = []
    await client.connect(
      new StreamableHTTPClientTransport(new URL(endpoint.url), { requestInit: { headers: { authorization: `Bearer ${TOKEN}` } } }),
    )
    const result = await client.callTool({ name: 'demo_look', arguments: {} }, { onprogress: (progress) => void heard.push(progress) })
    expect(result.structuredContent).toEqual({ seen: true })
    expect(heard).toMatchObject([{ message: 'looking' }])
    await client.close()
  })

  it.for(['2026-07-28', undefined])('puts a plan to the person behind a client, protocol %s', async (pin) => {
    const client = new Client(
      { name: 'test', version: '1' },
      { capabilities: { elicitation: { form: {} } }, ...(pin !== undefined && { versionNegotiation: { mode: { pin } } }) },
    )
    const asked: string[] = []
    client.setRequestHandler('elicitation/create', ({ params }) => {
      asked.push(params.message)
      return { action: 'accept', content: { now: true } }
    })
    await client.connect(
      new StreamableHTTPClientTransport(new URL(endpoint.url), { requestInit: { headers: { authorization: `Bearer ${TOKEN}` } } }),
    )
    expect((await client.callTool({ name: 'demo_change', arguments: {} })).structuredContent).toMatchObject({ done: true })
    expect(asked).toEqual(['demo.change: Change it'])
    await client.close()
  })
})
