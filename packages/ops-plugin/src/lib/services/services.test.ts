import { appendFileSync, writeFileSync } from 'node:fs'
import { assertFiles } from '@switchyard/testkit'
import { describe, expect, it } from 'vitest'
import { drive, run, web, serviceYard as yard } from '../../../test/services.ts'

describe('ops.service', () => {
  it('adds a service to a file with comments, and takes it out as it was', async () => {
    const text =
      '{\n  // ours\n  "services": [\n    {\n      "name": "db",\n      "checks": [{ "type": "tcp", "host": "db", "port": 5432 }]\n    }\n  ]\n}\n'
    const kit = await yard([], { files: { 'switchyard.services.json': text } })
    const { id } = await kit.plan('ops.service.add', { service: 'web', container: 'web-1', url: 'http://localhost:80/' })
    await kit.approve(id)
    expect(await kit.call('ops.service.list')).toMatchObject({
      services: [
        { service: 'db' },
        { service: 'web', checks: ['http http://localhost:80/', 'container web-1'], status: 'UNKNOWN', trusted: true },
      ],
    })
    await kit.undo(id)
    assertFiles(kit, { 'switchyard.services.json': text })
  })

  it('names every mistake of the file at once, or the line that cannot be parsed', async () => {
    const kit = await yard([
      { name: 'a b', checks: [{ type: 'http', url: 'ftp://x' }] },
      { name: 'c', checks: [] },
    ])
    await expect(kit.call('ops.service.list')).rejects.toMatchObject({
      code: 'SERVICES_INVALID',
      data: {
        mistakes: [
          expect.stringContaining('services.0.name'),
          expect.stringContaining('url'),
          expect.stringContaining('services.1.checks'),
        ],
      },
    })
    const broken = await yard([], { files: { 'switchyard.services.json': '{\n "services": [\n' } })
    await expect(broken.call('ops.service.list')).rejects.toMatchObject({
      code: 'SERVICES_INVALID',
      message: expect.stringContaining('line 3'),
    })
  })

  it('runs nothing that came with the file before a person trusts it, and asks again after a change', async () => {
    const service = (word: string): object => ({
      name: 'job',
      checks: [{ type: 'command', argv: [process.execPath, '-e', `console.log("${word}")`] }],
    })
    const kit = await yard([service('one')])
    expect(await kit.call('ops.monitor.check')).toMatchObject({ status: 'UNKNOWN', services: [{ checks: [{ problem: 'not-trusted' }] }] })
    expect(await run(kit, 'ops.service.trust', { service: 'job' })).toMatchObject({ allowed: [expect.stringContaining('run ')] })
    expect(await kit.call('ops.monitor.check')).toMatchObject({ status: 'HEALTHY' })
    await run(kit, 'ops.service.remove', { service: 'job' })
    writeFileSync(`${kit.dir}/switchyard.services.json`, JSON.stringify({ services: [service('two')] }))
    expect(await kit.call('ops.monitor.check')).toMatchObject({ status: 'UNKNOWN' })
  })

  it('trusts what a person adds', async () => {
    const kit = await yard([])
    const checks = [{ type: 'command', argv: [process.execPath, '-e', ''] }]
    await run(kit, 'ops.service.add', { service: 'job', checks })
    expect(await kit.call('ops.monitor.check')).toMatchObject({ status: 'HEALTHY' })
  })
})

describe('ops.monitor.check', () => {
  it('says SERVICE_UNKNOWN with the names that there are', async () => {
    const kit = await yard([{ name: 'api', checks: [{ type: 'memory' }] }])
    await expect(kit.call('ops.monitor.check', { service: ['ap'] })).rejects.toMatchObject({
      code: 'SERVICE_UNKNOWN',
      message: expect.stringContaining('there are api'),
    })
  })
})

describe('ops.monitor.check where nothing is defined', () => {
  it('looks at this machine, says how to add a service, and vouches for none', async () => {
    const looked = await (await yard([])).call('ops.monitor.check')
    expect(looked).toMatchObject({
      status: 'UNKNOWN',
      services: [
        { service: 'this machine', checks: [{ check: expect.stringContaining('disk') }, { check: expect.stringContaining('memory') }] },
      ],
      text: expect.stringMatching(/^No services are defined yet\. Add one:\n {2}switchyard ops service add.*\n\nthis machine: /),
    })
  })
})

describe('ops.monitor.check of an address', () => {
  it('looks at what nobody has defined, and at the services only where they are named too', async () => {
    const url = await web(() => 200)
    const { host, port } = new URL(url)
    const kit = await yard([{ name: 'job', checks: [{ type: 'memory' }] }])
    const looked = await kit.call('ops.monitor.check', { url: [url], address: [`127.0.0.1:${port}`, '127.0.0.1:1'] })
    expect(looked).toMatchObject({
      status: 'UNHEALTHY',
      services: [
        { service: host, status: 'HEALTHY' },
        { service: `127.0.0.1:${port}`, status: 'HEALTHY' },
        { service: '127.0.0.1:1', status: 'UNHEALTHY' },
      ],
    })
    const both = await kit.call('ops.monitor.check', { url: [url.replace('http:', 'https:')], service: ['job'] })
    expect(both).toMatchObject({
      services: [
        { service: 'job' },
        { status: 'UNHEALTHY', checks: [{ check: expect.stringMatching(/^http/) }, { check: expect.stringMatching(/^certificate/) }] },
      ],
    })
  })

  it.each([{ url: ['ftp://x'] }, { url: ['http://me:secret@x'] }, { address: ['x'] }])('says what is no address: %o', async (input) => {
    await expect((await yard([])).call('ops.monitor.check', input)).rejects.toMatchObject({ code: 'VALIDATION' })
  })
})

describe('ops.monitor.watch', () => {
  it('keeps samples, tells a change once it has lasted, and publishes it', async () => {
    const answers = [200, 500, 200, 500, 500, 200, 200]
    let answered = 0
    const url = await web(() => answers[answered++] ?? 200)
    const kit = await yard([{ name: 'api', env: 'staging', checks: [{ type: 'http', url, timeoutMs: 60_000 }], intervalMs: 30_000 }])
    expect(await drive(kit, run(kit, 'ops.monitor.watch', { rounds: 7 }))).toMatchObject({
      services: [{ service: 'api', status: 'HEALTHY', looks: 7, availability: 57.14 }],
      changes: [
        { from: 'HEALTHY', to: 'UNHEALTHY', why: expect.stringContaining('answered 500') },
        { from: 'UNHEALTHY', to: 'HEALTHY' },
      ],
    })
    const told = kit.messages.filter(({ topic }) => topic === 'ops/service-changed')
    expect(told.map(({ payload }) => payload)).toMatchObject([
      { service: 'api', env: 'staging', to: 'UNHEALTHY' },
      { to: 'HEALTHY', checks: [] },
    ])
  })
})

describe('ops.logs', () => {
  it('searches the logs of a service, and follows a file while it is written', async () => {
    const log = '2026-01-01T00:00:00Z ERROR one, password=hunter22\n2026-01-01T00:00:01Z INFO two\n'
    const kit = await yard([{ name: 'api', checks: [{ type: 'memory' }], logs: [{ file: 'app.log' }] }], { files: { 'app.log': log } })
    expect(await kit.call('ops.logs', { service: 'api', level: 'warn' })).toMatchObject({
      matches: 1,
      entries: [
        { at: '2026-01-01T00:00:00.000Z', level: 'error', source: 'app.log', text: '2026-01-01T00:00:00Z ERROR one, password=[redacted]' },
      ],
    })
    const told: string[] = []
    const onProgress = ({ message }: { message: string }): void => {
      told.push(message)
      if (message === 'following app.log') appendFileSync(`${kit.dir}/app.log`, 'ERROR three\nINFO four\n')
      if (message === 'ERROR three') kit.clock.advance(5_000)
    }
    const followed = await kit.call('ops.logs', { service: 'api', follow: true, forMs: 5_000, level: 'error' }, { onProgress })
    expect(followed).toMatchObject({ matches: 1, entries: [{ text: 'ERROR three' }] })
    expect(told).toEqual(['following app.log', 'ERROR three'])
  })

  it('gives as many of the newest entries as one message of the bus holds', async () => {
    const lines = Array.from({ length: 2_000 }, (_, index) => `${index} ${'x'.repeat(1_000)}\n`).join('')
    const kit = await yard([], { files: { 'app.log': lines } })
    const { matches, entries, text } = (await kit.call('ops.logs', { path: ['app.log'], limit: 2_000 })) as {
      matches: number
      entries: { text: string }[]
      text: string
    }
    expect(matches).toBe(2_000)
    expect(entries.length).toBeLessThan(300)
    expect(entries.at(-1)?.text).toMatch(/^1999 /)
    expect(text).toContain(`The last ${entries.length} of 2000 entries`)
  })
})
