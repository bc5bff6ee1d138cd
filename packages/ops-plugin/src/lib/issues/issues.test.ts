import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createTestYard, type TestYard } from '@switchyard/testkit'
import { describe, expect, it } from 'vitest'
import ops from '../../index.ts'

const files = { 'README.md': 'Hello', 'package.json': '{ "name": "demo", "version": "1.0.0" }' }
const opened = (): Promise<TestYard> => createTestYard({ plugins: [ops], files })
type Any = Record<string, never> & { [key: string]: unknown }
const call = async (kit: TestYard, id: string, input: object = {}): Promise<Any> => (await kit.call(`ops.issue.${id}`, input)) as Any

const check = (id: string, status: string, findings: object[] = [], more: object = {}): object => ({
  id,
  domain: 'docs',
  title: `${id} is well`,
  status,
  weight: 5,
  findings,
  total: findings.length,
  ...more,
})
const finding = (note: string, place: object = {}): object => ({ status: 'fail', note, ...place })

describe('the states of an issue', () => {
  it('are entered only from where they can be, and leave a history', async () => {
    await using kit = await opened()
    await call(kit, 'create', { title: 'Broken', priority: 'high' })
    await call(kit, 'update', { id: 1, status: 'in_progress', priority: 'critical' })
    await expect(call(kit, 'reopen', { id: 1 })).rejects.toMatchObject({ code: 'ISSUE_STATE' })
    await expect(call(kit, 'update', { id: 1, status: 'closed' })).rejects.toMatchObject({ code: 'ISSUE_RESOLUTION' })
    await expect(call(kit, 'close', { id: 1, resolution: ' ' })).rejects.toMatchObject({ code: 'VALIDATION' })
    kit.clock.jump(36 * 3_600_000)
    await call(kit, 'close', { id: 1, resolution: 'mended' })
    expect(await call(kit, 'get', { id: 1 })).toMatchObject({ status: 'closed', closedAs: 'fixed', resolution: 'mended', ageDays: 1.5 })
    await expect(call(kit, 'close', { id: 1, resolution: 'again' })).rejects.toMatchObject({ code: 'ISSUE_STATE' })

    kit.clock.jump(86_400_000)
    expect(await call(kit, 'get', { id: 1 })).toMatchObject({ ageDays: 1.5 })
    await call(kit, 'reopen', { id: 1, reason: 'came back' })
    const issue = await call(kit, 'get', { id: 1 })
    expect(issue).toMatchObject({ status: 'open', reopened: 1, ageDays: 2.5 })
    expect(issue).not.toHaveProperty('resolution')
    expect((issue.history as unknown as { what: string; note: string }[]).map(({ what, note }) => `${what}: ${note}`)).toEqual([
      'created: filed by hand',
      'changed: priority: critical',
      'changed: status: in_progress',
      'closed: mended',
      'reopened: came back',
    ])
  })

  it('changes nothing where nothing is different', async () => {
    await using kit = await opened()
    await call(kit, 'create', { title: 'Broken' })
    kit.clock.jump(1_000)
    expect(await call(kit, 'update', { id: 1, title: 'Broken', status: 'open' })).not.toHaveProperty('change')
    expect((await call(kit, 'get', { id: 1 })).history).toHaveLength(1)
  })

  it('keeps labels, finds issues by all that are named, and shows them', async () => {
    await using kit = await opened()
    await call(kit, 'create', { title: 'Both', labels: ['Component/Deploy', ' Tech/Docker ', 'component/deploy'] })
    await call(kit, 'create', { title: 'One', labels: ['Component/Deploy'] })
    await call(kit, 'create', { title: 'None' })
    const titles = async (label: unknown): Promise<string[]> =>
      ((await call(kit, 'list', { label })).issues as unknown as { title: string }[]).map(({ title }) => title).sort()
    expect(await titles('component/deploy')).toEqual(['Both', 'One'])
    expect(await titles(['Tech/Docker', 'Component/Deploy'])).toEqual(['Both'])
    expect(await titles('Tech')).toEqual([])
    expect((await call(kit, 'list')).text).toContain('Both [Component/Deploy, Tech/Docker]')
    const both = await call(kit, 'get', { id: 1 })
    expect(both).toMatchObject({ labels: ['Component/Deploy', 'Tech/Docker'] })
    expect(both.text).toContain('Labels: Component/Deploy, Tech/Docker')
    const { change } = await call(kit, 'update', { id: 1, labels: [] })
    expect(await titles('Tech/Docker')).toEqual([])
    expect(await call(kit, 'update', { id: 1, labels: [] })).not.toHaveProperty('change')
    await kit.call('ops.change.revert', { change })
    expect(await titles('Tech/Docker')).toEqual(['Both'])
  })

  it('are closed by an exact title too, which must be one', async () => {
    await using kit = await opened()
    await call(kit, 'create', { title: 'Same' })
    await call(kit, 'close', { title: 'Same' })
    await call(kit, 'create', { title: 'Same' })
    expect(await call(kit, 'close', { title: 'Same', as: 'duplicate' })).toMatchObject({ issue: { id: 2, closedAs: 'duplicate' } })
    await call(kit, 'create', { title: 'Twin' })
    await call(kit, 'create', { title: 'Twin' })
    await expect(call(kit, 'close', { title: 'Twin' })).rejects.toMatchObject({ code: 'ISSUE_AMBIGUOUS', data: { ids: [4, 3] } })
    await expect(call(kit, 'close', {})).rejects.toMatchObject({ code: 'ISSUE_NOT_NAMED' })
    await expect(call(kit, 'close', { title: 'None' })).rejects.toMatchObject({ code: 'RECORD_UNKNOWN' })
  })

  it('refuse a health check that is not recorded', async () => {
    await using kit = await opened()
    await expect(call(kit, 'create', { title: 'x', healthCheck: 7 })).rejects.toMatchObject({ code: 'RECORD_UNKNOWN' })
    expect(await call(kit, 'list')).toMatchObject({ issues: [] })
  })
})

describe('ops.issue.file', () => {
  it('creates what fails, with its evidence, and changes nothing the second time', async () => {
    await using kit = await opened()
    const checks = [
      check('docs.readme', 'fail', [finding('it says nothing', { file: 'README.md', line: 1 })], { mend: 'write it', domain: 'docs' }),
      check('security.secrets', 'fail', [finding('a key')], { domain: 'security' }),
      check('docs.links', 'warn', [finding('one is dead')]),
      check('docs.license', 'pass'),
    ]
    expect(await call(kit, 'file', { checks })).toMatchObject({ created: [1, 2] })
    expect(await call(kit, 'get', { id: 1 })).toMatchObject({
      title: 'docs.readme: it says nothing',
      description: 'What should be: docs.readme is well\nWhat to do: write it',
      source: 'health-scan',
      check: 'docs.readme',
      category: 'quality',
      priority: 'medium',
      evidence: [{ note: 'it says nothing', file: 'README.md', line: 1 }],
    })
    expect(await call(kit, 'get', { id: 2 })).toMatchObject({ priority: 'critical', category: 'bug' })
    kit.clock.jump(1_000)
    const before = await call(kit, 'get', { id: 1 })
    const again = await call(kit, 'file', { checks })
    expect(again).toMatchObject({ created: [], refreshed: [], closed: [], reopened: [], still: [1, 2] })
    expect(again).not.toHaveProperty('change')
    expect(await call(kit, 'get', { id: 1 })).toEqual(before)
    expect(await call(kit, 'file', { checks, level: 'warn' })).toMatchObject({ created: [3] })
  })

  it('says in the history what came and went, and keeps a title and a priority that a person gave', async () => {
    await using kit = await opened()
    const at = (...notes: string[]): object => ({
      checks: [
        check(
          'docs.links',
          'fail',
          notes.map((note) => finding(note)),
        ),
      ],
    })
    await call(kit, 'file', at('a is dead', 'b is dead'))
    expect(await call(kit, 'get', { id: 1 })).toMatchObject({ title: 'docs.links: a is dead (and 1 more)' })
    expect(await call(kit, 'file', at('b is dead', 'c is dead', 'd is dead'))).toMatchObject({ refreshed: [1] })
    const refreshed = await call(kit, 'get', { id: 1 })
    expect(refreshed).toMatchObject({ title: 'docs.links: b is dead (and 2 more)' })
    expect((refreshed.history as unknown as object[]).at(-1)).toMatchObject({ what: 'refreshed', note: '2 more, 1 mended' })
    await call(kit, 'update', { id: 1, title: 'Mend the links', priority: 'low' })
    await call(kit, 'file', at('e is dead'))
    expect(await call(kit, 'get', { id: 1 })).toMatchObject({ title: 'Mend the links', priority: 'low', evidence: [{ note: 'e is dead' }] })
  })

  it('closes with evidence what passes, and reopens what fails again', async () => {
    await using kit = await opened()
    const fails = { checks: [check('docs.readme', 'fail', [finding('no')])] }
    await call(kit, 'file', fails)
    await call(kit, 'create', { title: 'By hand' })
    expect(await call(kit, 'file', { checks: [check('docs.readme', 'pass')] })).toMatchObject({ closed: [1] })
    expect(await call(kit, 'get', { id: 1 })).toMatchObject({ status: 'closed', resolution: 'docs.readme passes: docs.readme is well' })
    expect(await call(kit, 'get', { id: 2 })).toMatchObject({ status: 'open' })
    expect(await call(kit, 'file', fails)).toMatchObject({ reopened: [1], created: [] })
    expect(await call(kit, 'get', { id: 1 })).toMatchObject({ status: 'open', reopened: 1 })
  })

  it('believes what was accepted until there is more of it, and not a fix that does not hold', async () => {
    await using kit = await opened()
    const at = (...notes: string[]): object => ({
      checks: [
        check(
          'docs.links',
          'fail',
          notes.map((note) => finding(note)),
        ),
      ],
    })
    await call(kit, 'file', at('a', 'b'))
    await call(kit, 'close', { id: 1, as: 'accepted', resolution: 'we live with it' })
    expect(await call(kit, 'file', at('a'))).toMatchObject({ reopened: [] })
    expect(await call(kit, 'file', at('a', 'c'))).toMatchObject({ reopened: [1] })
    await call(kit, 'close', { id: 1, as: 'fixed', resolution: 'surely' })
    expect(await call(kit, 'file', at('a'))).toMatchObject({ reopened: [1] })
  })

  it('leaves alone what could not be found out, and closes what no longer applies', async () => {
    await using kit = await opened()
    await call(kit, 'file', { checks: [check('docs.readme', 'fail', [finding('no')]), check('mcp.sdk', 'fail', [finding('no')])] })
    expect(await call(kit, 'file', { checks: [check('docs.readme', 'unknown')] })).toMatchObject({ closed: [], still: [1] })
    expect(await call(kit, 'file', { checks: [], notApplicable: ['mcp.sdk'] })).toMatchObject({ closed: [2] })
  })

  it('files a scan of the real project, which a mended file then closes', async () => {
    await using kit = await opened()
    const { created } = (await call(kit, 'file')) as unknown as { created: number[] }
    expect(created.length).toBeGreaterThan(0)
    const open = async (): Promise<(string | undefined)[]> => {
      const { issues } = (await call(kit, 'list', { limit: 200 })) as unknown as { issues: { check?: string }[] }
      return issues.map(({ check: found }) => found)
    }
    expect(await open()).toContain('docs.license')
    const { create, close } = (await call(kit, 'triage')) as unknown as { create: unknown[]; close: unknown[] }
    expect([create, close]).toEqual([[], []])
    writeFileSync(join(kit.dir, 'LICENSE'), 'MIT License\n\nCopyright (c) 2026 Somebody\n'.repeat(20))
    expect((await call(kit, 'triage')).text).toContain('docs.license passes')
    await call(kit, 'file')
    expect(await open()).not.toContain('docs.license')
  })

  it('takes back everything that one scan did', async () => {
    await using kit = await opened()
    await call(kit, 'file', { checks: [check('a.a', 'fail', [finding('a')]), check('b.b', 'fail', [finding('b')])] })
    const before = [await call(kit, 'get', { id: 1 }), await call(kit, 'get', { id: 2 })]
    const checks = [check('a.a', 'pass'), check('b.b', 'fail', [finding('c')]), check('c.c', 'fail', [finding('c')])]
    const { change } = await call(kit, 'file', { checks })
    await kit.call('ops.change.revert', { change })
    expect([await call(kit, 'get', { id: 1 }), await call(kit, 'get', { id: 2 })]).toEqual(before)
    await expect(call(kit, 'get', { id: 3 })).rejects.toMatchObject({ code: 'RECORD_UNKNOWN' })
  })

  it('files only one category where that is asked for', async () => {
    await using kit = await opened()
    const checks = [
      check('docs.readme', 'fail', [finding('a')]),
      check('dependencies.lockfile', 'fail', [finding('b')], { domain: 'dependencies' }),
    ]
    expect(await call(kit, 'file', { checks, category: 'dependency' })).toMatchObject({ created: [1] })
    expect(await call(kit, 'get', { id: 1 })).toMatchObject({ check: 'dependencies.lockfile', category: 'dependency' })
  })
})

describe('ops.issue.stats', () => {
  it('counts all there is, zeros too, and tells ages', async () => {
    await using kit = await opened()
    await call(kit, 'create', { title: 'a', priority: 'critical', category: 'bug' })
    kit.clock.jump(86_400_000)
    await call(kit, 'create', { title: 'b', category: 'feature' })
    kit.clock.jump(86_400_000)
    await call(kit, 'close', { id: 2, resolution: 'done' })
    const stats = await call(kit, 'stats')
    expect(stats).toMatchObject({
      total: 2,
      byStatus: { open: 1, in_progress: 0, closed: 1 },
      byPriority: { critical: 1, high: 0, medium: 1, low: 0 },
      byCategory: { bug: 1, feature: 1, dependency: 0 },
      byProject: [{ project: 'demo', open: 1, closed: 1 }],
      open: { oldestDays: 2, medianDays: 2 },
      meanDaysToFix: 1,
    })
    expect(await call(kit, 'stats', { since: '36h' })).toMatchObject({ total: 1, byStatus: { closed: 1 } })
  })
})
