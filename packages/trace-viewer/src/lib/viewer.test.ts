import { request } from 'node:http'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { KNOWN_SECRET, openSampleWorkspace, RUNS, type SampleWorkspace } from '../../test/workspace.ts'
import { exportedOf } from './exported.ts'
import { loadPage } from './page-files.ts'
import { type PageFiles, pageHtml, policyOf } from './page-html.ts'
import { openViewer, type Viewer } from './viewer.ts'

let workspace: SampleWorkspace
let viewer: Viewer
let page: PageFiles

beforeAll(async () => {
  workspace = await openSampleWorkspace()
  page = await loadPage()
  viewer = await openViewer({ source: workspace.source, page })
}, 60_000)

afterAll(async () => {
  await viewer?.close()
  await workspace?.[Symbol.asyncDispose]()
})

interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: string
}

/** Sends the path as it is written, which `fetch` would straighten out. */
function ask(
  path: string,
  { method = 'GET', headers = {}, body }: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(
      { host: '127.0.0.1', port: viewer.port, method, path, headers, setHost: headers.host === undefined },
      (response) => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (chunk: string) => {
          text += chunk
        })
        response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }))
      },
    )
    sent.on('error', reject)
    sent.end(body)
  })
}

const token = (): string => new URL(viewer.address).pathname.slice(1, -1)
const at = (path: string): string => `/${token()}${path}`
const origin = (): string => new URL(viewer.address).origin
const CHANGE = { 'content-type': 'application/json' }

describe('openViewer()', () => {
  it('listens on loopback alone, with a token of its own each time', async () => {
    expect(new URL(viewer.address).hostname).toBe('127.0.0.1')
    expect(token()).toMatch(/^[\w-]{32}$/)
    const other = await openViewer({ source: workspace.source, page })
    expect(new URL(other.address).pathname).not.toBe(new URL(viewer.address).pathname)
    await other.close()
  })

  it.each(['/', '/api/runs', '/wrong/api/runs', '//api/runs', '/%00/', '/?token='])(
    'refuses %j, as the token is missing or wrong',
    async (path) => {
      const { status, body } = await ask(path)
      expect(status).toBe(401)
      expect(body).not.toContain(token())
    },
  )

  it('refuses a token that is cut, longer, or of another case', async () => {
    const swapped = token().replace(/[a-zA-Z]/g, (letter) =>
      letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase(),
    )
    for (const wrong of [token().slice(0, -1), `${token()}x`, swapped, encodeURIComponent(`${token()}\0`)])
      expect((await ask(`/${wrong}/api/runs`)).status).toBe(401)
  })

  it.each(['evil.example', 'evil.example:80', 'localhost', '127.0.0.1', '127.0.0.1.evil.example', '[::1]', '127.0.0.1:1'])(
    'refuses the host %j, whatever address its name leads to',
    async (host) => expect((await ask(at('/'), { headers: { host } })).status).toBe(421),
  )

  it('says so when its port is taken', async () => {
    await expect(openViewer({ source: workspace.source, page, port: viewer.port })).rejects.toMatchObject({
      code: 'USAGE',
      data: { port: viewer.port },
    })
  })

  it('answers to localhost with its port', async () => {
    expect((await ask(at('/'), { headers: { host: `localhost:${viewer.port}` } })).status).toBe(200)
  })

  it('refuses what the pages of others ask for', async () => {
    for (const headers of [{ origin: 'https://evil.example' }, { origin: 'null' }, { origin: 'http://127.0.0.1:1' }])
      expect((await ask(at('/api/runs'), { headers })).status).toBe(403)
    for (const site of ['cross-site', 'same-site', 'none'])
      expect((await ask(at('/api/runs'), { headers: { 'sec-fetch-site': site } })).status).toBe(403)
    // Following the address that was printed is what it is there for.
    expect((await ask(at('/'), { headers: { 'sec-fetch-site': 'none' } })).status).toBe(200)
  })

  it('shows no secret of this machine in letters or shared state', async () => {
    for (const path of ['/api/letters', '/api/state']) {
      const { body } = await ask(at(path))
      expect(body).toContain('[redacted]')
      expect(body).not.toContain(KNOWN_SECRET)
    }
  })

  it('changes nothing but for a POST of its own page', async () => {
    const [letter] = await workspace.source.letters()
    const path = at(`/api/letters/${letter!.id}/replay`)
    const own = { ...CHANGE, origin: origin() }
    expect((await ask(path)).status).toBe(404)
    expect((await ask(path, { method: 'POST', headers: CHANGE })).status).toBe(403)
    expect((await ask(path, { method: 'POST', headers: { ...own, origin: 'https://evil.example' } })).status).toBe(403)
    expect((await ask(path, { method: 'POST', headers: { origin: origin() } })).status).toBe(415)
    expect((await ask(path, { method: 'POST', headers: { ...own, 'content-type': 'text/plain' } })).status).toBe(415)
    expect((await ask(path.replace(token(), 'x'.repeat(32)), { method: 'POST', headers: own })).status).toBe(401)
    expect((await ask(path, { method: 'POST', headers: own, body: 'x'.repeat(2_000) })).status).toBe(413)
    for (const method of ['PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD']) expect((await ask(path, { method, headers: own })).status).toBe(405)
    expect(await workspace.source.letters()).toHaveLength(1)
    expect(await ask(at('/api/letters/999/discard'), { method: 'POST', headers: own })).toMatchObject({ status: 404 })
    expect(await ask(path, { method: 'POST', headers: own, body: '{}' })).toMatchObject({ status: 200 })
    expect(await workspace.source.letters()).toHaveLength(0)
  })

  it.each([
    '/../package.json',
    '/api/../../etc/passwd',
    '/..%2f..%2fetc%2fpasswd',
    '/%2e%2e/%2e%2e/etc/passwd',
    '/api/runs/..',
    '//etc/passwd',
    '/api\\..\\..',
    '/api/runs/0000%00',
    '/file:///etc/passwd',
    '/api/runs/../../../../etc/passwd',
  ])('leads nowhere with %j', async (path) => {
    const { status, body } = await ask(at(path))
    expect([400, 404]).toContain(status)
    expect(body).toMatch(/^There is n/)
  })

  it('lets nothing run, load or frame that the page was not made with', async () => {
    const { headers, body } = await ask(at('/'))
    const policy = String(headers['content-security-policy'])
    expect(policy).toMatch(/^default-src 'none'; script-src 'sha256-[\w+/=]{44}'; style-src 'sha256-[\w+/=]{44}'; /)
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).not.toMatch(/unsafe|\*|https?:/)
    expect(headers).toMatchObject({
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'cross-origin-resource-policy': 'same-origin',
    })
    expect(body).not.toMatch(/<(?:link|script|img)[^>]+(?:src|href)="(?!data:)/)
    expect(body).not.toMatch(/@import|url\(/)
    expect(body).not.toContain(token())
  })

  it('sends a run, its spans and its logs, and says what is not there', async () => {
    const run = JSON.parse((await ask(at(`/api/runs/${RUNS.failed}`))).body)
    expect(run).toMatchObject({ run: { status: 'undone', code: 'HEALTH_GATE', approvedBy: 'ada' }, good: RUNS.good })
    expect(JSON.parse((await ask(at(`/api/runs/${RUNS.failed}/spans/0000000000000016`))).body)).toMatchObject({
      error: { code: 'HTTP_503' },
      logs: [{ level: 'error' }],
    })
    expect(JSON.parse((await ask(at(`/api/runs/${RUNS.failed}/decision`))).body)).toMatchObject({
      outcome: 'routed',
      parts: [{ command: 'ops.health.scan', actAbove: 0.6 }, { command: 'deploy.apply' }],
    })
    expect(JSON.parse((await ask(at(`/api/runs/${RUNS.failed}/chain`))).body)).toMatchObject({
      state: 'undone',
      undone: ['migrate', 'build'],
    })
    expect(await ask(at(`/api/runs/${'f'.repeat(32)}`))).toMatchObject({ status: 404 })
    expect(JSON.parse((await ask(at(`/api/runs/${RUNS.check}/chain`))).body)).toBeNull()
  })

  it('exports a run as OTLP and as one page', async () => {
    const { headers, body } = await ask(at(`/api/runs/${RUNS.good}/export.json`))
    expect(headers['content-disposition']).toBe('attachment; filename="trace-00000001.json"')
    expect(JSON.parse(body)).toMatchObject({
      resourceSpans: [{ scopeSpans: [{ spans: expect.arrayContaining([expect.objectContaining({ name: 'route' })]) }] }],
    })
    expect((await ask(at(`/api/runs/${RUNS.good}/export.html`))).body).toContain('id="exported"')
  })
})

describe('pageHtml()', () => {
  it('stays what it is whatever a run is called', async () => {
    const nasty = '</script><script>alert(1)</script><!-- "&\u2028'
    const exported = await exportedOf(workspace.source, RUNS.failed)
    const html = pageHtml(page, { ...exported, trace: { ...exported.trace, run: { ...exported.trace.run, title: nasty } } })
    expect(html.match(/<script/g)).toHaveLength(2)
    expect(html).not.toContain('<script>alert')
    expect(html).not.toContain('<!-- "')
    const [, data = ''] = /id="exported">(.*?)<\/script>/s.exec(html) ?? []
    expect(JSON.parse(data)).toMatchObject({ trace: { run: { title: nasty } } })
    expect(policyOf(page, 'file')).toContain("connect-src 'none'")
  })
})

describe('loadPage()', () => {
  it('gives a page of less than 120 kB compressed, from the sources as they are', async () => {
    expect(gzipSync(page.script + page.style).length).toBeLessThan(120_000)
    expect(await loadPage()).toEqual(page)
  })
})
