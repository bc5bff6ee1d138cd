import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestYard } from '@switchyard/testkit'
import { inRealTime, startEngine, startSystemd, type TestEngine, type TestSystemd } from '@switchyard/testkit/real'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { run, serviceYard } from './services.ts'

let engine: TestEngine
let systemd: TestSystemd
const ownPath = process.env.PATH

beforeAll(async () => {
  engine = await startEngine()
  systemd = await startSystemd(engine)
  process.env.PATH = `${systemd.bin}:${ownPath}`
})

afterAll(async () => {
  process.env.PATH = ownPath
  systemd?.[Symbol.dispose]()
  await engine?.[Symbol.asyncDispose]()
})

const monitor = (kit: TestYard): Promise<unknown> => inRealTime(kit, () => kit.call('ops.monitor.check', {}))
const logs = async (kit: TestYard, input: object): Promise<string[]> =>
  ((await kit.call('ops.logs', input)) as { entries: { text: string }[] }).entries.map(({ text }) => text)
const restart = (kit: TestYard, service: string): Promise<unknown> => inRealTime(kit, () => run(kit, 'ops.remediate', { service }))

describe('a container of a real engine', () => {
  const SHOP = 'echo plain words; echo "ERROR no stock left" >&2; trap "exit 0" TERM; sleep 1000 & wait'

  async function shopYard(name: string): Promise<TestYard> {
    engine.image('shop:1', { start: SHOP }, { command: '/start' })
    engine.podman('run', '-d', '--name', name, 'localhost/shop:1')
    const service = {
      name,
      checks: [{ type: 'container', container: name, timeoutMs: 60_000 }],
      failAfter: 1,
      logs: [{ container: name }],
      remediate: { restart: { container: name }, verifyMs: 600_000 },
    }
    const kit = await serviceYard([service])
    writeFileSync(join(kit.dir, 'switchyard.services.json'), JSON.stringify({ engine: engine.socket, services: [service] }))
    return kit
  }

  it('is seen running, stopped and gone', async () => {
    const kit = await shopYard('seen')
    expect(await monitor(kit)).toMatchObject({ status: 'HEALTHY' })
    engine.podman('stop', '-t', '5', 'seen')
    expect(await monitor(kit)).toMatchObject({ status: 'UNHEALTHY', services: [{ checks: [{ problem: 'stopped' }] }] })
    engine.podman('rm', 'seen')
    expect(await monitor(kit)).toMatchObject({ status: 'UNHEALTHY', services: [{ checks: [{ problem: 'gone' }] }] })
  })

  it('is read: what it wrote to both of its streams, by level', async () => {
    const kit = await shopYard('read')
    await expect.poll(() => engine.podman('logs', 'read'), { timeout: 30_000 }).toContain('plain words')
    await expect.poll(() => logs(kit, { service: 'read' }), { timeout: 30_000 }).toEqual(['plain words', 'ERROR no stock left'])
    expect(await logs(kit, { service: 'read', level: 'error' })).toEqual(['ERROR no stock left'])
    expect(await logs(kit, { service: 'read', text: 'stock' })).toEqual(['ERROR no stock left'])
  })

  it('is restarted, and looked at afterwards', async () => {
    const kit = await shopYard('ill')
    engine.podman('kill', 'ill')
    const before = engine.podman('inspect', '--format', '{{.State.StartedAt}}', 'ill')
    expect(await restart(kit, 'ill')).toMatchObject({ status: 'HEALTHY', detail: 'restarted container ill' })
    expect(engine.podman('inspect', '--format', '{{.State.StartedAt}}', 'ill')).not.toBe(before)
  })

  it('is audited: what it may do that it should not', async () => {
    const kit = await shopYard('careful')
    engine.podman('run', '-d', '--name', 'bold', '--privileged', '--pid=host', '-v', '/etc:/host-etc', 'localhost/shop:1')
    const { findings } = (await kit.call('ops.audit', { root: 'none', focus: 'security' })) as {
      findings: { rule: string; evidence: string }[]
    }
    const ofBold = findings.filter(({ evidence }) => evidence.startsWith('container "bold"')).map(({ rule }) => rule)
    expect(ofBold).toEqual(expect.arrayContaining(['container.privileged', 'container.host-namespaces']))
    const ofCareful = findings.filter(({ evidence }) => evidence.startsWith('container "careful"')).map(({ rule }) => rule)
    expect(ofCareful).not.toContain('container.privileged')
  })
})

describe('a unit of a real systemd', () => {
  const unitYard = (unit: string): Promise<TestYard> =>
    serviceYard([
      {
        name: unit,
        checks: [{ type: 'unit', unit: `${unit}.service`, timeoutMs: 60_000 }],
        failAfter: 1,
        logs: [{ unit: `${unit}.service` }],
        remediate: { restart: { unit: `${unit}.service` }, verifyMs: 600_000 },
      },
    ])

  it('is seen active, failed, restarting for ever, and missing', async () => {
    const kit = await unitYard('steady')
    expect(await monitor(kit)).toMatchObject({ services: [{ checks: [{ problem: 'missing' }] }] })
    systemd.unit('steady.service', '[Service]\nExecStart=/bin/sleep 1000\n')
    expect(await monitor(kit)).toMatchObject({ services: [{ checks: [{ problem: 'stopped' }] }] })
    systemd.run('systemctl', 'start', 'steady')
    expect(await monitor(kit)).toMatchObject({ status: 'HEALTHY' })
    const loop = await unitYard('loop')
    systemd.unit('loop.service', '[Unit]\nStartLimitIntervalSec=0\n[Service]\nExecStart=/bin/false\nRestart=always\nRestartSec=100\n')
    systemd.run('systemctl', 'start', 'loop')
    await expect
      .poll(() => monitor(loop), { timeout: 30_000 })
      .toMatchObject({ status: 'UNHEALTHY', services: [{ checks: [{ problem: 'restarting' }] }] })
  })

  it('has its journal read, by level and by text', async () => {
    const kit = await unitYard('teller')
    const TELL = 'echo one plain line; echo "<3>a line of an error"; exec sleep 1000'
    systemd.unit('teller.service', `[Service]\nExecStart=/bin/sh -c '${TELL}'\n`)
    systemd.run('systemctl', 'start', 'teller')
    await expect
      .poll(() => logs(kit, { service: 'teller' }), { timeout: 30_000 })
      .toEqual(expect.arrayContaining(['one plain line', 'a line of an error']))
    expect(await logs(kit, { service: 'teller', level: 'error' })).toEqual(['a line of an error'])
    expect(await logs(kit, { service: 'teller', text: 'plain' })).toEqual(['one plain line'])
  })

  it('is restarted, and looked at afterwards', async () => {
    const kit = await unitYard('patient')
    systemd.unit('patient.service', '[Service]\nExecStart=/bin/sleep 1000\n')
    expect(await restart(kit, 'patient')).toMatchObject({ status: 'HEALTHY', detail: 'restarted unit patient.service' })
    expect(systemd.run('systemctl', 'is-active', 'patient')).toBe('active')
  })
})
