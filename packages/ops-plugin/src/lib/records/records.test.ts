import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { command, definePlugin } from '@switchyard/plugin-kit'
import { createTestYard, type TestYard } from '@switchyard/testkit'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import ops from '../../index.ts'
import { ALL_CHECKS } from '../health/checks/all.ts'
import { change } from './changes.ts'
import { ensureProject } from './project.ts'

const files = {
  'README.md': 'Hello',
  'package.json': '{ "name": "demo", "version": "1.0.0", "description": "A demo" }',
  'plugin/.claude-plugin/plugin.json': '{ "name": "helper", "version": "0.3.0" }',
  'plugin/skills/greet/SKILL.md': '---\nname: greet\ndescription: Greets\n---\nHello',
  'plugin/.mcp.json': '{ "mcpServers": { "s": { "command": "node", "args": ["s.js"] } } }',
  'runbooks/x.md': '# x',
}

const opened = (): Promise<TestYard> => createTestYard({ plugins: [ops], files })
type Any = Record<string, never> & { [key: string]: unknown }
const call = async (kit: TestYard, id: string, input: object = {}): Promise<Any> => (await kit.call(`ops.${id}`, input)) as Any

/** The journal itself, as the bus answers by itself what comes twice to one process. */
const journal = definePlugin({
  ...ops,
  commands: {
    ...ops.commands,
    'test.write': command({
      summary: 'Record a project under a key',
      examples: ['record it under a key'],
      effect: 'read',
      input: z.object({ key: z.string(), name: z.string() }),
      output: z.object({ id: z.int(), change: z.int().optional() }),
      run: ({ key, name }, { store, clock }) =>
        change({ store, clock, idempotencyKey: key }, `record ${name}`, (writes) => {
          const nowMs = clock.now()
          const detected = {
            name,
            type: 'other',
            description: '',
            kinds: [],
            hasSkills: false,
            hasMcp: false,
            hasHooks: false,
            hasAgents: false,
          } as const
          return { id: ensureProject(store, writes, { detected: { ...detected, kinds: [], path: `/${key}/${name}/${nowMs}` } }, nowMs) }
        }),
    }),
  },
})

describe('ops.project', () => {
  it('registers a folder by what it holds, once, and follows it later', async () => {
    await using kit = await opened()
    const { project, created } = await call(kit, 'project.register')
    expect(created).toBe(true)
    expect(project).toMatchObject({
      id: 1,
      name: 'demo',
      type: 'full',
      version: '1.0.0',
      description: 'A demo',
      hasSkills: true,
      hasMcp: true,
    })
    expect(await call(kit, 'project.register')).toMatchObject({ created: false, project: { id: 1 } })
    expect(await call(kit, 'project.register')).not.toHaveProperty('change')

    writeFileSync(join(kit.dir, 'package.json'), '{ "name": "other", "version": "2.0.0" }')
    await call(kit, 'project.update', { name: 'mine' })
    expect(await call(kit, 'project.register')).toMatchObject({ created: false, project: { name: 'mine', version: '2.0.0' } })
    expect(await call(kit, 'project.list')).toMatchObject({ projects: [{ name: 'mine' }] })
  })

  it('knows a plugin from what is none', async () => {
    await using kit = await opened()
    expect(await call(kit, 'project.detect', { path: 'plugin' })).toMatchObject({ type: 'full', name: 'helper', kinds: ['claude-plugin'] })
    expect(await call(kit, 'project.detect', { path: 'runbooks' })).toMatchObject({ type: 'other', name: 'runbooks', kinds: [] })
    await expect(call(kit, 'project.detect', { path: 'nowhere' })).rejects.toMatchObject({ code: 'PROJECT_NOT_FOUND' })
  })

  it('is found by folder, by a link to it, by id and by name, and asks where two have the name', async () => {
    await using kit = await opened()
    symlinkSync(join(kit.dir, 'plugin'), join(kit.dir, 'link'))
    await call(kit, 'project.register', { path: 'plugin', name: 'twin' })
    for (const project of ['plugin', './link', join(kit.dir, 'plugin'), '1', 'twin'])
      expect(await call(kit, 'project.get', { project })).toMatchObject({ id: 1 })
    await call(kit, 'project.register', { path: 'runbooks', name: 'twin' })
    await expect(call(kit, 'project.get', { project: 'twin' })).rejects.toMatchObject({ code: 'PROJECT_AMBIGUOUS', data: { ids: [1, 2] } })
    await expect(call(kit, 'project.get', { project: 'nobody' })).rejects.toMatchObject({ code: 'PROJECT_UNKNOWN' })
    await expect(call(kit, 'project.update', { project: '2', path: 'plugin' })).rejects.toMatchObject({ code: 'PROJECT_TAKEN' })
  })

  it('goes with all that belongs to it, and comes back with all of it', async () => {
    await using kit = await opened()
    await call(kit, 'project.register')
    await call(kit, 'health.record', { checks: [{ id: 'a', status: 'fail', message: 'no' }] })
    await call(kit, 'issue.create', { title: 'One', healthCheck: 1 })
    await call(kit, 'issue.close', { id: 1, resolution: 'done' })
    const before = await Promise.all([call(kit, 'issue.get', { id: 1 }), call(kit, 'health.get', { id: 1 }), call(kit, 'project.get')])

    const { removed, change } = await call(kit, 'project.delete', { project: 'demo' })
    expect(removed).toEqual({ healthChecks: 1, issues: 1, runs: 0 })
    for (const [id, input] of [
      ['issue.get', { id: 1 }],
      ['health.get', { id: 1 }],
      ['project.get', { project: 'demo' }],
    ] as const)
      await expect(call(kit, id, input)).rejects.toMatchObject({ code: expect.stringMatching(/UNKNOWN$/) })
    await expect(call(kit, 'project.delete', { project: 'demo' })).rejects.toMatchObject({ code: 'PROJECT_UNKNOWN' })

    await call(kit, 'change.revert', { change })
    expect(await Promise.all([call(kit, 'issue.get', { id: 1 }), call(kit, 'health.get', { id: 1 }), call(kit, 'project.get')])).toEqual(
      before,
    )
  })
})

describe('ops.change.revert', () => {
  it('refuses where something was changed since, and puts nothing back then', async () => {
    await using kit = await opened()
    const { change } = await call(kit, 'issue.create', { title: 'One' })
    await call(kit, 'issue.update', { id: 1, priority: 'low' })
    await expect(call(kit, 'change.revert', { change })).rejects.toMatchObject({ code: 'CHANGE_STALE' })
    expect(await call(kit, 'issue.get', { id: 1 })).toMatchObject({ priority: 'low' })
  })

  it('takes back once, and what it took back can be brought back', async () => {
    await using kit = await opened()
    const { change } = await call(kit, 'issue.create', { title: 'One' })
    const back = await call(kit, 'change.revert', { change })
    await expect(call(kit, 'issue.get', { id: 1 })).rejects.toMatchObject({ code: 'RECORD_UNKNOWN' })
    // The project that was recorded along with it is gone too.
    expect(await call(kit, 'project.list')).toMatchObject({ projects: [] })
    await expect(call(kit, 'change.revert', { change })).rejects.toMatchObject({ code: 'CHANGE_STALE' })
    await call(kit, 'change.revert', { change: back.change })
    expect(await call(kit, 'issue.get', { id: 1 })).toMatchObject({ title: 'One' })
  })

  it('takes nothing along that came later', async () => {
    await using kit = await opened()
    const first = await call(kit, 'issue.create', { title: 'One' })
    await call(kit, 'issue.create', { title: 'Two' })
    await call(kit, 'change.revert', { change: first.change })
    // The project was recorded along with the first issue, and the second one needs it.
    expect(await call(kit, 'issue.list')).toMatchObject({ issues: [{ title: 'Two', project: 'demo' }] })

    const { change } = await call(kit, 'project.register', { path: 'plugin' })
    await call(kit, 'issue.create', { title: 'Three', project: 'plugin' })
    await expect(call(kit, 'change.revert', { change })).rejects.toMatchObject({ code: 'CHANGE_STALE' })
    expect(await call(kit, 'issue.get', { id: 3 })).toMatchObject({ title: 'Three' })
  })

  it('leaves the history of health as it is, though it is asked by number', async () => {
    await using kit = await opened()
    const { change } = await call(kit, 'issue.create', { title: 'One' })
    await call(kit, 'health.record', { checks: [] })
    await expect(call(kit, 'change.revert', { change: Number(change) + 1 })).rejects.toMatchObject({ code: 'CHANGE_STALE' })
    expect(await call(kit, 'health.get', { id: 1 })).toMatchObject({ score: 100 })
  })

  it('refuses to bring back what has a successor by now', async () => {
    await using kit = await opened()
    const checks = [{ id: 'a', domain: 'docs', title: 'a', status: 'fail', weight: 1, findings: [], total: 0 }]
    await call(kit, 'issue.file', { checks })
    const { change } = await call(kit, 'issue.delete', { id: 1 })
    await call(kit, 'issue.file', { checks })
    await expect(call(kit, 'change.revert', { change })).rejects.toMatchObject({ code: 'CHANGE_STALE' })
    expect(await call(kit, 'issue.list')).toMatchObject({ issues: [{ id: 2 }] })
  })

  it('is not needed for a call that came twice: the same key has one effect, until that is taken back', async () => {
    await using kit = await createTestYard({ plugins: [journal], files })
    const write = async (key: string, name = 'one'): Promise<{ id: number; change: number }> => {
      kit.clock.jump(1_000)
      return (await kit.call('ops.test.write', { key, name })) as never
    }
    const first = await write('a')
    expect(await write('a')).toEqual(first)
    expect((await write('b')).id).toBe(2)
    // One key for something else is another call.
    expect((await write('a', 'another')).id).toBe(3)
    await call(kit, 'change.revert', { change: first.change })
    expect((await write('a')).id).toBe(4)
  })

  it('forgets after 30 days', async () => {
    await using kit = await opened()
    const { change } = await call(kit, 'issue.create', { title: 'One' })
    kit.clock.jump(31 * 86_400_000)
    await call(kit, 'issue.create', { title: 'Two' })
    await expect(call(kit, 'change.revert', { change })).rejects.toMatchObject({ code: 'CHANGE_UNKNOWN' })
  })
})

describe('ops.health', () => {
  const checks = (status: string) => [
    { id: 'a', status, message: 'about a', weight: 3 },
    { id: 'b', status: 'pass', message: 'about b', weight: 1 },
  ]

  it('records a scan of the project, with the score and status of the scan', async () => {
    await using kit = await opened()
    const scan = (await kit.call('ops.health.scan')) as { score: number; status: string; checks: unknown[] }
    const record = await call(kit, 'health.record')
    expect(record).toMatchObject({ id: 1, project: 'demo', score: scan.score, status: scan.status })
    expect(record.checks).toHaveLength(scan.checks.length)
  })

  it('computes score and status of what is given, and refuses what no check can be', async () => {
    await using kit = await opened()
    expect(await call(kit, 'health.record', { checks: checks('fail') })).toMatchObject({ score: 25, status: 'fail' })
    expect(await call(kit, 'health.record', { checks: checks('warn') })).toMatchObject({ score: 62, status: 'warn' })
    expect(await call(kit, 'health.record', { checks: [] })).toMatchObject({ score: 100, status: 'pass' })
    await expect(call(kit, 'health.record', { checks: checks('weird') })).rejects.toMatchObject({ code: 'VALIDATION' })
  })

  it('shows the trend, and what got better and worse', async () => {
    await using kit = await opened()
    for (const status of ['fail', 'warn', 'pass', 'warn']) await call(kit, 'health.record', { checks: checks(status) })
    const trend = await call(kit, 'health.trend')
    expect(trend).toMatchObject({ delta: -38, regressed: ['a'], improved: [] })
    expect(trend.text).toBe('demo  ▃▅█▅  62 of 100 (-38)\nworse   a')
    expect(await call(kit, 'health.trend', { limit: 3 })).toMatchObject({ points: [{ score: 62 }, { score: 100 }, { score: 62 }] })
  })

  it('lists page by page in both orders, each check once', async () => {
    await using kit = await opened()
    for (let number = 0; number < 7; number++) await call(kit, 'health.record', { checks: [], summary: `number ${number}` })
    for (const [sort, expected] of [
      ['newest', [7, 6, 5, 4, 3, 2, 1]],
      ['oldest', [1, 2, 3, 4, 5, 6, 7]],
    ] as const) {
      const seen: number[] = []
      let cursor: string | undefined
      do {
        const page = (await call(kit, 'health.history', { sort, limit: 3, ...(cursor && { cursor }) })) as unknown as {
          checks: { id: number }[]
          nextCursor?: string
        }
        seen.push(...page.checks.map(({ id }) => id))
        cursor = page.nextCursor
      } while (cursor !== undefined)
      expect(seen).toEqual(expected)
    }
    const { nextCursor } = await call(kit, 'health.history', { limit: 3 })
    await expect(call(kit, 'health.history', { sort: 'oldest', cursor: nextCursor })).rejects.toMatchObject({ code: 'CURSOR_INVALID' })
    await expect(call(kit, 'health.history', { cursor: 'bm8' })).rejects.toMatchObject({ code: 'CURSOR_INVALID' })
    expect(await call(kit, 'health.history', { latest: true })).toMatchObject({ checks: [{ id: 7 }] })
    expect(await call(kit, 'health.history', { since: '1h', status: 'fail' })).toMatchObject({ checks: [] })
    await expect(call(kit, 'health.history', { since: 'soon' })).rejects.toMatchObject({ code: 'TIME_INVALID' })
  })

  it('writes a report that is compared later, and takes it back', async () => {
    await using kit = await opened()
    const message = 'a | b\nc'
    await call(kit, 'health.record', { checks: [{ id: 'a', status: 'fail', message }] })
    expect(await call(kit, 'health.diff')).toMatchObject({ status: 'not_exported' })
    const { file, change } = await call(kit, 'health.export')
    expect(file).toMatch(/^reports\/health-\d{4}-\d\d-\d\d-1\.md$/)
    expect(await call(kit, 'health.diff')).toEqual({ id: 1, status: 'in_sync', file })
    expect(await call(kit, 'health.get')).toMatchObject({ file, publishedAt: expect.any(String) })
    await expect(call(kit, 'health.export')).rejects.toMatchObject({ code: 'FILE_EXISTS' })

    writeFileSync(join(kit.dir, String(file)), 'mine now')
    expect(await call(kit, 'health.diff')).toMatchObject({ status: 'file_modified' })
    await expect(call(kit, 'change.revert', { change })).rejects.toMatchObject({ code: 'CHANGE_STALE' })
    const again = await call(kit, 'health.export', { overwrite: true })
    expect(await call(kit, 'health.diff')).toMatchObject({ status: 'in_sync' })
    await call(kit, 'change.revert', { change: again.change })
    expect(await call(kit, 'health.diff')).toMatchObject({ status: 'file_modified' })
  })

  it('writes no report outside of the project, by dots, links or a full path', async () => {
    await using kit = await opened()
    mkdirSync(join(kit.dir, 'inner'))
    symlinkSync('/tmp', join(kit.dir, 'inner', 'out'))
    await call(kit, 'project.register', { path: 'inner' })
    await call(kit, 'health.record', { project: 'inner', checks: [] })
    for (const target of ['../out.md', '/tmp/out.md', 'out/out.md', '.'])
      await expect(call(kit, 'health.export', { project: 'inner', target }), target).rejects.toMatchObject({ code: 'OUTSIDE_PROJECT' })
  })
})

describe('ops.template', () => {
  it('has templates whose weights sum to 100 and whose checks the scan knows', async () => {
    await using kit = await opened()
    const { templates } = (await call(kit, 'template.list')) as unknown as { templates: { category: string }[] }
    expect(templates.map(({ category }) => category)).toEqual(['skill-only', 'mcp-plugin', 'full-plugin'])
    const known = new Set(ALL_CHECKS.map(({ id }) => id))
    for (const { category } of templates) {
      const template = (await call(kit, 'template.get', { category })) as unknown as { checks: { weight: number; scannedBy: string[] }[] }
      expect(template.checks.reduce((sum, { weight }) => sum + weight, 0)).toBe(100)
      expect(template.checks.flatMap(({ scannedBy }) => scannedBy).filter((id) => !known.has(id))).toEqual([])
    }
    expect(await call(kit, 'template.get', { category: 'mcp' })).toMatchObject({ category: 'mcp-plugin' })
    await expect(call(kit, 'template.get', { category: 'nothing' })).rejects.toMatchObject({ code: 'TEMPLATE_UNKNOWN' })
  })
})
