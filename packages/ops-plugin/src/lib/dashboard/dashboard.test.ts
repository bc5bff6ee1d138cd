import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { command, definePlugin } from '@switchyard/plugin-kit'
import { createTestYard, type TestYard } from '@switchyard/testkit'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import ops from '../../index.ts'
import type { Status } from './status.ts'

/** Knows one release of one project. */
const release = definePlugin({
  name: 'release',
  version: '1.0.0',
  summary: 'Stands in for the release plugin',
  commands: {
    latest: command({
      summary: 'The last release',
      examples: ['last release'],
      effect: 'read',
      input: z.object({ project: z.string() }),
      output: z.object({ version: z.string(), createdAt: z.string() }),
      run({ project }) {
        if (!project.endsWith('api')) throw new Error('there is none')
        return { version: '2.1.0', createdAt: '2025-12-29T00:00:00.000Z' }
      },
    }),
  },
})

const NASTY = '<img src=x onerror=alert(1)> \u001b[31mred\u202e'
const opened = async (plugins = [ops, release]): Promise<TestYard> => {
  const kit = await createTestYard({
    plugins,
    files: { 'api/package.json': '{ "name": "api", "version": "2.1.0" }', 'web/README.md': 'x' },
  })
  for (const status of ['fail', 'warn', 'pass']) {
    const checks = [
      { id: 'docs.readme', status, message: NASTY, weight: 3 },
      { id: 'docs.license', status: 'fail', message: 'none', weight: 1 },
    ]
    await kit.call('ops.health.record', { project: 'api', checks })
    kit.clock.jump(3_600_000)
  }
  await kit.call('ops.project.register', { path: 'web', name: `web ${'very '.repeat(10)}long` })
  for (const priority of ['low', 'critical', 'high'])
    await kit.call('ops.issue.create', { title: `${priority} ${NASTY}`, priority, project: 'api' })
  await kit.call('ops.issue.create', { title: 'Done', project: 'api' })
  await kit.call('ops.issue.close', { title: 'Done', project: 'api' })
  await kit.call('ops.runbook.start', { runbook: 'drill', totalSteps: 3, project: 'api' })
  return kit
}
const status = async (kit: TestYard, input: object = {}): Promise<Status & { text: string }> =>
  (await kit.call('ops.status', input)) as never

describe('ops.status', () => {
  it('puts together what is on record of every project', async () => {
    await using kit = await opened()
    const { projects, more } = await status(kit)
    expect(more).toBe(0)
    expect(projects).toMatchObject([
      {
        name: 'api',
        kind: 'node',
        version: '2.1.0',
        health: { score: 75, status: 'warn', delta: 38, trend: [0, 37, 75], worst: [{ check: 'docs.license' }] },
        issues: {
          total: 3,
          critical: 1,
          high: 1,
          medium: 0,
          low: 1,
          first: [{ priority: 'critical' }, { priority: 'high' }, { priority: 'low' }],
        },
        release: { version: '2.1.0' },
        runbooks: [{ runbook: 'drill', status: 'running' }],
      },
      { issues: { total: 0 } },
    ])
    expect(projects[1]).not.toHaveProperty('health')
    expect(await status(kit, { limit: 1 })).toMatchObject({ more: 1 })
  })

  it('fits a terminal of 80 columns, and nothing in it steers the terminal', async () => {
    await using kit = await opened()
    for (const input of [{}, { project: 'api' }, { project: 'web' }]) {
      const { text } = await status(kit, input)
      for (const line of text.split('\n')) {
        expect(line.length, line).toBeLessThanOrEqual(80)
        expect(line).not.toMatch(/\p{Cc}|\u202e/u)
      }
    }
    expect((await status(kit)).text).toMatchInlineSnapshot(`
      "project               score            open issues              last release
      api                    75 warn ▁▃▇     3 (1 critical, 1 high)   2.1.0 3 days ago
      web very very very …  not scanned yet  none                     -"
    `)
    expect((await status(kit, { project: 'api' })).text).toMatchInlineSnapshot(`
      "api 2.1.0  [node]

      health    75 of 100, warn (+38)  ▁▃▇  1 h ago
                fail  docs.license: none
      issues    3 open: 1 critical, 1 high, 1 low
                #2 critical  critical <img src=x onerror=alert(1)> \\u001b[31mred\\u202e
                #3 high      high <img src=x onerror=alert(1)> \\u001b[31mred\\u202e
                #1 low       low <img src=x onerror=alert(1)> \\u001b[31mred\\u202e
      release   2.1.0, 3 days ago
      runbook   drill, execution 1: running, began just now"
    `)
  })

  it('does without the release plugin', async () => {
    await using kit = await opened([ops])
    expect((await status(kit)).projects[0]).not.toHaveProperty('release')
  })

  it('says what to do where nothing is on record', async () => {
    await using kit = await createTestYard({ plugins: [ops] })
    expect(await status(kit)).toMatchObject({ projects: [], text: 'No project is registered yet: switchyard ops project register' })
  })

  it('shows running services and open incidents', async () => {
    const tables = definePlugin({
      ...ops,
      commands: {
        ...ops.commands,
        'test.fill': command({
          summary: 'Fills what the room of services keeps',
          examples: ['fill it for the test'],
          effect: 'read',
          input: z.object({}),
          output: z.object({}),
          run(_, { store, clock }) {
            store.prepare(`INSERT INTO ops_service VALUES ('shop', 'UNHEALTHY', ?, NULL)`).run(clock.now() - 600_000)
            store
              .prepare(
                `INSERT INTO ops_incident (title, severity, status, opened_ms, evidence) VALUES ('Shop is down', 'high', 'open', ?, '[]')`,
              )
              .run(clock.now())
            return {}
          },
        }),
      },
    })
    await using kit = await createTestYard({ plugins: [tables] })
    await kit.call('ops.test.fill')
    const found = await status(kit)
    expect(found).toMatchObject({ services: [{ name: 'shop', status: 'UNHEALTHY' }], incidents: [{ severity: 'high' }] })
    expect(found.text).toContain('UNHEALTHY  shop, since 10 min ago\nincident  1, high: Shop is down, just now')
  })
})

describe('ops.dashboard', () => {
  it('writes one page that needs nothing else, in which names stay text', async () => {
    await using kit = await opened()
    await kit.call('ops.dashboard', { target: 'pages/status.html' })
    const page = readFileSync(join(kit.dir, 'pages/status.html'), 'utf8')
    expect(page).toContain('&lt;img src=x onerror=alert(1)&gt;')
    expect(page).not.toContain('<img')
    expect(page).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`)
    expect(page).toContain('3 open issues')
    expect(page).not.toMatch(/<script|<link|@import|url\(|\shref=|\ssrc=(?!x onerror)/)
    await expect(kit.call('ops.dashboard', { target: '../out.html' })).rejects.toMatchObject({ code: 'OUTSIDE_PROJECT' })
    await expect(kit.call('ops.dashboard', { target: 'pages/status.html', overwrite: false })).rejects.toMatchObject({
      code: 'FILE_EXISTS',
    })
  })
})
