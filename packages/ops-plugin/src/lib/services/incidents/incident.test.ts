import { symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { command, definePlugin, defineTopic } from '@switchyard/plugin-kit'
import { assertFiles } from '@switchyard/testkit'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { run, serviceYard } from '../../../../test/services.ts'

const MINUTE = 60_000
const deployed = defineTopic('deploy/finished', z.object({ service: z.string(), env: z.string(), version: z.string() }), { durable: true })

/** Stands for the deploy plugin: says on the bus that it deployed. */
const deploy = definePlugin({
  name: 'deploy',
  version: '1.0.0',
  summary: 'Deploys things',
  publishes: [deployed],
  commands: {
    apply: command({
      summary: 'Deploy a version',
      examples: ['deploy it'],
      effect: 'write',
      input: z.object({ service: z.string(), version: z.string() }),
      output: z.object({}),
      plan: () => ({ summary: 'deploy', steps: [{ does: 'run', target: 'x' }] }),
      async run(input, ctx) {
        await ctx.publish(deployed, { ...input, env: 'staging' })
        return {}
      },
    }),
  },
})

async function brokenByDeployment() {
  const kit = await serviceYard(
    [{ name: 'api', checks: [{ type: 'memory', maxUsedPercent: 100, warnUsedPercent: 100 }], logs: [{ file: 'app.log' }] }],
    {
      plugins: [deploy],
    },
  )
  const lines: string[] = []
  const log = (text: string): void => void lines.push(`${new Date(kit.clock.now()).toISOString()} ${text}\n`)
  for (let index = 0; index < 60; index++) {
    log(`WARN retrying job ${index}`)
    kit.clock.advance(MINUTE)
  }
  await run(kit, 'deploy.apply', { service: 'api', version: '2.0.0' })
  await kit.message('deploy/finished')
  for (let index = 0; index < 30; index++) {
    kit.clock.advance(MINUTE)
    log(`ERROR order ${index} has no field basket, token=abcdefgh12345`)
  }
  writeFileSync(join(kit.dir, 'app.log'), lines.join(''))
  return kit
}

describe('ops.investigate', () => {
  it('finds the deployment that a service fails since, from real logs and the bus', async () => {
    const kit = await brokenByDeployment()
    const found = await kit.call('ops.investigate', { service: 'api', since: '40m' })
    expect(found).toMatchObject({
      verdict: 'probable',
      candidates: [{ cause: expect.stringContaining('deploy/finished, service api, env staging, version 2.0.0') }],
      entries: 40,
    })
    expect((found as { patterns: unknown[] }).patterns[0]).toMatchObject({
      template: expect.stringContaining('order <n> has no field basket'),
      count: 30,
      new: true,
    })
    expect(JSON.stringify(found)).not.toContain('abcdefgh12345')
    for (const line of (found as { text: string }).text.split('\n')) expect(line.length).toBeLessThanOrEqual(110)
  })

  it('does not know where there is nothing to know it from', async () => {
    const kit = await serviceYard([{ name: 'api', checks: [{ type: 'memory' }] }])
    expect(await kit.call('ops.investigate', { service: 'api' })).toMatchObject({
      verdict: 'unknown',
      candidates: [],
      text: expect.stringContaining('not known'),
    })
  })
})

describe('ops.incident', () => {
  it('is opened with what is known, noted on, resolved, and written as a report', async () => {
    const kit = await brokenByDeployment()
    const { id } = (await run(kit, 'ops.incident.open', { title: 'Orders fail', service: 'api', severity: 'high', since: '40m' })) as {
      id: number
    }
    expect(await kit.call('ops.incident.list', { status: 'open' })).toMatchObject({
      incidents: [{ id, cause: expect.stringContaining('probable: the change') }],
    })
    kit.clock.advance(5 * MINUTE)
    await run(kit, 'ops.incident.note', { id, text: 'called <b>the vendor</b>, password=hunter22' })
    kit.clock.advance(5 * MINUTE)
    await run(kit, 'ops.incident.resolve', { id, text: 'rolled back' })
    await expect(kit.plan('ops.incident.note', { id, text: 'late' })).rejects.toMatchObject({ code: 'INCIDENT_RESOLVED' })

    const { text } = (await kit.call('ops.incident.show', { id })) as { text: string }
    expect(text).toContain('| Resolved | 2026-01-01 01:40:00 UTC, after 10 min |')
    expect(text).toContain('&lt;b>the vendor&lt;/b>')
    expect(text).not.toContain('hunter22')
    expect(text.indexOf('## Cause')).toBeLessThan(text.indexOf('## Timeline'))
    expect(text).toContain('Resolution\n\nrolled back')
    await run(kit, 'ops.incident.report', { id })
    assertFiles(kit, { [`incidents/${id}.md`]: text })
    await run(kit, 'ops.incident.report', { id })
  })

  it('writes a report nowhere else than in the workspace, and over nothing of others', async () => {
    const kit = await serviceYard([], { files: { 'README.md': 'hello' } })
    const { id } = (await run(kit, 'ops.incident.open', { title: 'x' })) as { id: number }
    symlinkSync(tmpdir(), join(kit.dir, 'out'))
    for (const path of ['../x.md', '/tmp/x.md', 'out/x.md', '.']) {
      await expect(kit.plan('ops.incident.report', { id, path })).rejects.toMatchObject({ code: 'PATH_OUTSIDE' })
    }
    await expect(kit.plan('ops.incident.report', { id, path: 'README.md' })).rejects.toMatchObject({ code: 'REPORT_EXISTS' })
    await expect(kit.call('ops.incident.show', { id: 99 })).rejects.toMatchObject({ code: 'INCIDENT_UNKNOWN' })
  })
})
