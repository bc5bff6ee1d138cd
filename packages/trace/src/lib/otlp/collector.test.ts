import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { request as ask, createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { createFakeClock } from '@switchyard/contracts/testing'
import { afterEach, describe, expect, it } from 'vitest'
import { spanOf } from '../../../test/fixtures/spans.ts'
import type { Span } from '../spans/span.ts'
import { createOtlpExporter, parseHeaders } from './exporter.ts'
import { createOutbox, type OutboxOptions } from './outbox.ts'
import { startOtlpReceiver } from './receiver.ts'
import { encodeTraces } from './traces.ts'
import { otlpResource } from './values.ts'

const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

const bodyOf = (...spans: Span[]): object => encodeTraces(spans, otlpResource('1.0.0'))

/** A collector that answers as it is told, with what it was sent. */
async function collector(answers: { status: number; headers?: Record<string, string> }[] = []) {
  const got: { path: string; headers: IncomingHttpHeaders; body: unknown }[] = []
  const watchers = new Set<() => void>()
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const bytes = Buffer.concat(chunks)
    const text = request.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes
    got.push({ path: request.url!, headers: request.headers, body: JSON.parse(text.toString()) })
    const { status, headers } = answers.shift() ?? { status: 200 }
    response.writeHead(status, headers).end('{}')
    for (const look of watchers) look()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closers.push(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  const until = (count: number): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (got.length >= count) resolve()
      }
      watchers.add(look)
      look()
    })
  return { endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, got, until }
}

describe('createOtlpExporter()', () => {
  it('[E1] sends each signal to its own path, with the headers, packed when it is long', async () => {
    const { endpoint, got } = await collector()
    const exporter = createOtlpExporter({ endpoint: `${endpoint}/`, headers: { 'x-key': 'k' } })
    const long = bodyOf(...Array.from({ length: 50 }, () => spanOf()))
    exporter.send('traces', long, 50)
    exporter.send('metrics', { resourceMetrics: [] }, 1)
    exporter.send('logs', { resourceLogs: [] }, 0)
    await exporter.close()
    expect(got.map(({ path, headers }) => [path, headers['x-key'], headers['content-encoding']])).toEqual([
      ['/v1/traces', 'k', 'gzip'],
      ['/v1/metrics', 'k', undefined],
    ])
    expect(got[0]!.body).toEqual(JSON.parse(JSON.stringify(long)))
    expect([exporter.waiting, exporter.lost]).toEqual([0, 0])
  })

  it('[E2] tries again what may be better later, in order, and as late as it is told', async () => {
    const { endpoint, got, until } = await collector([{ status: 503 }, { status: 429, headers: { 'retry-after': '7' } }])
    const clock = createFakeClock()
    const exporter = createOtlpExporter({ endpoint, clock, random: () => 1 })
    exporter.send('traces', bodyOf(spanOf({ name: 'first' })), 1)
    exporter.send('traces', bodyOf(spanOf({ name: 'second' })), 1)
    await until(1)
    await retrying()
    clock.advance(999)
    expect(got.length).toBe(1)
    clock.advance(1)
    await until(2)
    await retrying()
    clock.advance(6_999)
    expect(got.length).toBe(2)
    clock.advance(1)
    await until(4)
    await exporter.close()
    expect(got.map(({ body }) => JSON.stringify(body).match(/first|second/)?.[0])).toEqual(['first', 'first', 'first', 'second'])
    expect(exporter.lost).toBe(0)

    /** Until it has taken in the answer and set its timer. */
    async function retrying(): Promise<void> {
      while (clock.pending === 0) await new Promise((resolve) => setImmediate(resolve))
    }
  })

  it('[E3] gives up what is refused for good, and goes on with the next', async () => {
    const { endpoint, got } = await collector([{ status: 401 }, { status: 302, headers: { location: 'http://127.0.0.1:1/' } }])
    const lost: string[] = []
    const clock = createFakeClock()
    const exporter = createOtlpExporter({ endpoint, clock, onLost: ({ count, why }) => lost.push(`${count} ${why}`) })
    exporter.send('traces', bodyOf(spanOf()), 3)
    await exporter.flush()
    expect(lost).toEqual(['3 the collector answered 401'])
    // A redirect is followed nowhere.
    exporter.send('traces', bodyOf(spanOf()), 1)
    await exporter.flush()
    expect([got.length, exporter.waiting]).toEqual([2, 1])
    await exporter.close()
    expect(lost.at(-1)).toBe('1 the process ended')
  })

  it('[E4] holds no more than it may while nobody is there: the oldest go, and closing does not hang', async () => {
    const lost: number[] = []
    const exporter = createOtlpExporter({ endpoint: 'http://127.0.0.1:9', maxWaiting: 100, onLost: ({ count }) => lost.push(count) })
    for (let i = 0; i < 30; i++) exporter.send('traces', bodyOf(spanOf()), 10)
    expect(exporter.waiting).toBeLessThanOrEqual(100)
    const startedMs = performance.now()
    await exporter.close(500)
    expect(performance.now() - startedMs).toBeLessThan(5_000)
    expect([exporter.waiting, lost.reduce((sum, count) => sum + count, 0)]).toEqual([0, 300])
  })

  it('[E5] reads headers out of a variable', () => {
    expect(parseHeaders('authorization=Bearer%20abc, x-team = ops ,broken,=x,bad name=1')).toEqual({
      authorization: 'Bearer abc',
      'x-team': 'ops',
    })
    expect(parseHeaders(undefined)).toEqual({})
  })
})

describe('createOutbox()', () => {
  function setUp(endpoint: string) {
    const parent = mkdtempSync(join(tmpdir(), 'outbox-'))
    closers.push(async () => rmSync(parent, { recursive: true, force: true }))
    const folder = join(parent, 'otlp')
    let nowMs = 1_000
    const open = (more: Partial<OutboxOptions> = {}) => createOutbox({ folder, endpoint, pid: 1, now: () => nowMs++, ...more })
    return { folder, open }
  }

  const unsent = (text: string) => ({ signal: 'traces', text, count: 1 }) as const

  it('[E6] keeps what a silent collector does not take in time, and the next process sends it first', async () => {
    const { endpoint, got, until } = await collector()
    const silent = createServer(() => {})
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    closers.push(
      async () => void silent.closeAllConnections(),
      async () => void silent.close(),
    )
    const silentAt = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`
    const { open, folder } = setUp(endpoint)
    const lost: string[] = []
    const first = createOtlpExporter({ endpoint: silentAt, outbox: open(), onLost: ({ signal, count }) => lost.push(`${count} ${signal}`) })
    const asked = new Promise((resolve) => silent.once('request', resolve))
    first.send('traces', bodyOf(spanOf({ name: 'first' })), 1)
    first.send('logs', { name: 'second' }, 1)
    first.send('metrics', { resourceMetrics: [] }, 4)
    await asked
    const startedMs = performance.now()
    await first.close(100)
    expect(performance.now() - startedMs).toBeLessThan(5_000)
    expect([first.waiting, lost]).toEqual([0, []])
    expect(statSync(folder).mode & 0o777).toBe(0o700)

    const second = createOtlpExporter({ endpoint, outbox: open() })
    second.send('traces', bodyOf(spanOf({ name: 'third' })), 1)
    await until(3)
    await second.close()
    expect(got.map(({ body }) => JSON.stringify(body).match(/first|second|third/)?.[0])).toEqual(['first', 'second', 'third'])
    expect(readdirSync(folder)).toEqual([])
  })

  it('[E7] gives each to one process only, and none to another collector', () => {
    const { open, folder } = setUp('http://one')
    expect(open().take()).toEqual([])
    expect(existsSync(folder)).toBe(false)
    open().keep([unsent('a'), unsent('b')])
    open({ pid: 2 }).keep([unsent('c')])
    writeFileSync(join(folder, '000000000000999-3-0badcafe.jsonl'), '{"endpoint":"http://one","signal":"traces","text":"cut o')
    expect(
      open()
        .take()
        .map(({ text }) => text),
    ).toEqual(['a', 'b', 'c'])
    expect(open({ pid: 2 }).take()).toEqual([])
    for (const text of ['mine', 'too']) open({ now: () => 7 }).keep([unsent(text)])
    expect(readdirSync(folder).length).toBe(2)
    expect(open({ endpoint: 'http://two' }).take()).toEqual([])
  })

  it('[E8] keeps no more than it may, and says what that was', () => {
    const { open } = setUp('http://one')
    const outbox = open({ maxBytes: 200 })
    expect(outbox.keep([unsent('x'.repeat(90))])).toEqual([])
    expect(outbox.keep([unsent('y'.repeat(90)), unsent('z')])).toEqual([unsent('y'.repeat(90))])
    expect(outbox.take().map(({ text }) => text[0])).toEqual(['x', 'z'])
    expect(open({ folder: '/dev/null/otlp' }).keep([unsent('a')])).toEqual([unsent('a')])
  })
})

describe('startOtlpReceiver()', () => {
  async function receiver() {
    const spans: Span[] = []
    const others: unknown[] = []
    const take = (body: unknown): number => {
      others.push(body)
      return 1
    }
    const started = await startOtlpReceiver({ port: 0, traces: (some) => void spans.push(...some), metrics: take, logs: take })
    closers.push(() => started.close())
    return { ...started, spans, others }
  }

  function post(url: string, body: string | Buffer, headers: Record<string, string> = {}, method = 'POST') {
    return new Promise<{ status: number; body: { partialSuccess?: unknown; message?: string } }>((resolve, reject) => {
      const sent = ask(url, { method, headers: { 'content-type': 'application/json', ...headers } }, async (response) => {
        let text = ''
        for await (const chunk of response) text += String(chunk)
        resolve({ status: response.statusCode!, body: JSON.parse(text) })
      })
      sent.on('error', reject)
      sent.end(body)
    })
  }

  it('[R1] takes what our own exporter sends', async () => {
    const { url, spans, counts } = await receiver()
    const exporter = createOtlpExporter({ endpoint: url })
    const sent = Array.from({ length: 40 }, () => spanOf())
    exporter.send('traces', bodyOf(...sent), sent.length)
    await exporter.close()
    expect(spans).toEqual(sent)
    expect(counts).toEqual({ traces: 1, metrics: 0, logs: 0 })
  })

  it('[R2] takes metrics and logs for whoever wants them, and tells what was refused of it', async () => {
    const { url, others } = await receiver()
    expect(await post(`${url}/v1/logs`, '{"resourceLogs":[]}')).toMatchObject({
      status: 200,
      body: { partialSuccess: { rejectedLogRecords: '1' } },
    })
    expect(await post(`${url}/v1/metrics`, '{}')).toMatchObject({ body: { partialSuccess: { rejectedDataPoints: '1' } } })
    expect(others).toEqual([{ resourceLogs: [] }, {}])
    const half = bodyOf(spanOf()) as { resourceSpans: { scopeSpans: { spans: unknown[] }[] }[] }
    half.resourceSpans[0]!.scopeSpans[0]!.spans.push({ name: 'no ids' })
    expect(await post(`${url}/v1/traces?x=1`, JSON.stringify(half))).toMatchObject({ body: { partialSuccess: { rejectedSpans: '1' } } })
  })

  it.each([
    ['another host, as a page that made a name of its own point here asks', 403, '/v1/traces', '{}', { host: 'evil.example:4318' }],
    ['a name that only begins like ours', 403, '/v1/traces', '{}', { host: 'localhost.evil.example' }],
    ['a page of another origin', 403, '/v1/traces', '{}', { origin: 'https://evil.example' }],
    ['a page without an origin of its own', 403, '/v1/traces', '{}', { origin: 'null' }],
    ['another path', 404, '/v1/../etc/passwd', '{}', {}],
    ['protobuf', 415, '/v1/traces', 'x', { 'content-type': 'application/x-protobuf' }],
    ['another packing', 415, '/v1/traces', '{}', { 'content-encoding': 'br' }],
    ['what is no JSON', 400, '/v1/traces', '{ x', {}],
    ['what cannot be unpacked', 400, '/v1/traces', 'x', { 'content-encoding': 'gzip' }],
    ['what is too much', 413, '/v1/traces', ' '.repeat(9_000_000), {}],
  ])('[R3] refuses %s', async (_, status, path, body, headers) => {
    const { url, spans } = await receiver()
    const answer = await post(`${url}${path}`, body, headers as Record<string, string>).catch((error: NodeJS.ErrnoException) => {
      // What is cut off while it is still being sent may not hear why.
      if (status !== 413) throw error
      return { status: 413 }
    })
    expect(answer.status).toBe(status)
    expect(spans).toEqual([])
  })

  it('[R4] refuses a small body that unpacks to a large one, and a method that only looks', async () => {
    const { url } = await receiver()
    const bomb = gzipSync(Buffer.alloc(80_000_000))
    expect(bomb.length).toBeLessThan(100_000)
    expect((await post(`${url}/v1/traces`, bomb, { 'content-encoding': 'gzip' })).status).toBe(413)
    expect((await post(`${url}/v1/traces`, '', {}, 'GET')).status).toBe(405)
    expect((await post(`${url}/v1/traces`, JSON.stringify(bodyOf(spanOf())))).status).toBe(200)
  })

  it('[R5] says so when its port is taken', async () => {
    const { url } = await receiver()
    await expect(startOtlpReceiver({ port: Number(new URL(url).port), traces: () => {} })).rejects.toMatchObject({ code: 'USAGE' })
  })
})
