import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { command, definePlugin, isSwitchyardError, SwitchyardError } from '@switchyard/plugin-kit'
import type { TestYard } from '@switchyard/testkit'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { afterwards, drive, run, serviceYard, web } from '../../../../test/services.ts'

/** A server that writes its port down, answers until it is told to fail by a file, and may refuse to end. */
const SERVER = `
const { existsSync, writeFileSync } = require('node:fs')
require('node:http').createServer((_, answer) => { answer.statusCode = existsSync('fail') ? 500 : 200; answer.end() })
  .listen(Number(process.argv[2]), '127.0.0.1', () => writeFileSync('ready', String(process.pid)))
if (process.argv[3] === 'stubborn') process.on('SIGTERM', () => {})
`

async function freePort(): Promise<number> {
  const { createServer } = await import('node:net')
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}

interface Set {
  readonly kit: TestYard
  pid(): number
}

/** A yard with one real process that it may restart. */
async function withProcess({
  stubborn = false,
  policy = {},
  more = {},
}: {
  stubborn?: boolean
  policy?: object
  more?: object
} = {}): Promise<Set> {
  const port = await freePort()
  const argv = [process.execPath, 'server.cjs', String(port), ...(stubborn ? ['stubborn'] : [])]
  const service = {
    name: 'api',
    checks: [{ type: 'http', url: `http://127.0.0.1:${port}/`, timeoutMs: 60_000 }],
    failAfter: 1,
    intervalMs: 60_000,
    remediate: { restart: { argv, pidFile: 'api.pid', log: 'api.log', graceMs: 200 }, policy, verifyMs: 600_000, ...more },
  }
  const kit = await serviceYard([service], { files: { 'server.cjs': SERVER } })
  const pidFile = join(kit.dir, 'api.pid')
  const pid = (): number => Number(readFileSync(pidFile, 'utf8'))
  afterwards(() => {
    try {
      if (existsSync(pidFile)) process.kill(pid(), 'SIGKILL')
    } catch {
      // The test ended it.
    }
  })
  await run(kit, 'ops.service.trust', { service: 'api' })
  return { kit, pid }
}

/** Planned again, as a person would, where the service was slow to answer between the plan and its approval: a busy machine is another plan. */
async function restart(kit: TestYard, input: object = {}): Promise<unknown> {
  const plannedAndRun = (): Promise<unknown> => drive(kit, run(kit, 'ops.remediate', { service: 'api', ...input }))
  try {
    return await plannedAndRun()
  } catch (error) {
    if (!isSwitchyardError(error, 'PLAN_STALE')) throw error
    return plannedAndRun()
  }
}

describe('ops.remediate', () => {
  it('starts a process that is gone, verifies that it answers, and writes down what was done', async () => {
    const { kit, pid } = await withProcess()
    const plan = await kit.plan('ops.remediate', { service: 'api' })
    expect(plan.plan).toMatchObject({
      summary: 'restart api, which is UNHEALTHY now',
      steps: [{ target: 'process of api.pid' }, { target: 'api' }],
    })
    expect(await restart(kit)).toMatchObject({ status: 'HEALTHY', detail: `no process ran; process ${pid()} was started` })
    expect(await kit.call('ops.remediation.list')).toMatchObject({
      remediations: [{ service: 'api', action: 'restart', automatic: false, outcome: 'verified' }],
    })
  })

  it('ends the old process before it starts the new one, by force where it does not listen', async () => {
    const { kit, pid } = await withProcess({ stubborn: true })
    await restart(kit)
    const first = pid()
    expect(await restart(kit)).toMatchObject({ detail: expect.stringContaining(`process ${first} was ended by force`) })
    expect(pid()).not.toBe(first)
    expect(() => process.kill(first, 0)).toThrow()
  })

  it('leaves a process alone that has the number now, though it looks the same', async () => {
    const { kit } = await withProcess()
    const stranger = spawn(process.execPath, ['-e', 'console.log("up"); setInterval(() => {}, 1000)', 'server.cjs'])
    afterwards(() => stranger.kill('SIGKILL'))
    await once(stranger.stdout, 'data')
    const pidFile = join(kit.dir, 'api.pid')
    writeFileSync(pidFile, `${stranger.pid}\n`)
    const before = Date.now() / 1_000 - 60
    utimesSync(pidFile, before, before)
    expect(await restart(kit)).toMatchObject({
      detail: expect.stringContaining(`process ${stranger.pid} is another program now and was left alone`),
    })
    expect([stranger.exitCode, stranger.signalCode]).toEqual([null, null])
  })

  it('never takes the first process, itself or its parent for the one to end', async () => {
    const { kit } = await withProcess()
    for (const [pid, detail] of [
      ['1', 'no process ran'],
      [process.pid, 'left alone'],
      [process.ppid, 'left alone'],
    ] as const) {
      writeFileSync(join(kit.dir, 'api.pid'), `${pid}\n`)
      expect(await restart(kit)).toMatchObject({ detail: expect.stringContaining(detail) })
      process.kill(Number(readFileSync(join(kit.dir, 'api.pid'), 'utf8')), 'SIGKILL')
    }
  })

  it('fails, and says so, where the service is no better afterwards', async () => {
    const { kit } = await withProcess({ more: { verifyMs: 2_000 } })
    writeFileSync(join(kit.dir, 'fail'), '')
    const notUp = (): boolean => !existsSync(join(kit.dir, 'ready'))
    const restarting = drive(kit, run(kit, 'ops.remediate', { service: 'api' }), notUp)
    await expect(restarting).rejects.toMatchObject({ code: 'REMEDIATION_FAILED', message: expect.stringContaining('answered 500') })
    expect(await kit.call('ops.remediation.list')).toMatchObject({ remediations: [{ outcome: 'not-verified' }] })
  })

  it('does what the policy says and no more', async () => {
    const { kit } = await withProcess({ policy: { restart: 'never' } })
    await expect(kit.plan('ops.remediate', { service: 'api' })).rejects.toMatchObject({ code: 'REMEDIATION_FORBIDDEN' })
    const asking = await withProcess()
    await expect(asking.kit.plan('ops.remediate', { service: 'api', automatic: true })).rejects.toMatchObject({
      code: 'REMEDIATION_FORBIDDEN',
    })
  })

  it('restarts by itself while it is watched where the policy is auto, and gives up where it does not help', async () => {
    const { kit } = await withProcess({ policy: { restart: 'auto' }, more: { maxPerHour: 1 } })
    const watched = await drive(kit, run(kit, 'ops.monitor.watch', { rounds: 1, remediate: true }))
    expect(watched).toMatchObject({ changes: [{ to: 'UNHEALTHY' }] })
    const { remediations } = (await kit.call('ops.remediation.list')) as { remediations: unknown[] }
    expect(remediations).toMatchObject([{ automatic: true, outcome: 'verified' }])
    await expect(kit.plan('ops.remediate', { service: 'api', automatic: true })).rejects.toMatchObject({
      code: 'REMEDIATION_FORBIDDEN',
      message: expect.stringContaining('within an hour'),
    })
  })

  it('is refused for a definition that nobody trusts, or that names nothing to restart', async () => {
    const argv = [process.execPath, '-e', '']
    const kit = await serviceYard([
      { name: 'api', checks: [{ type: 'memory' }], remediate: { restart: { argv, pidFile: 'p' } } },
      { name: 'web', checks: [{ type: 'memory' }] },
    ])
    await expect(kit.plan('ops.remediate', { service: 'api' })).rejects.toMatchObject({
      code: 'REMEDIATION_IMPOSSIBLE',
      next: expect.stringContaining('trust'),
    })
    await expect(kit.plan('ops.remediate', { service: 'web' })).rejects.toMatchObject({ code: 'REMEDIATION_IMPOSSIBLE' })
  })

  describe('by the deploy plugin', () => {
    const definition = async (): Promise<object> => ({
      name: 'api',
      checks: [{ type: 'http', url: await web(() => 200), timeoutMs: 60_000 }],
      remediate: { deployment: { service: 'shop-api', env: 'staging' } },
    })
    const deploy = (done: unknown[]) =>
      definePlugin({
        name: 'deploy',
        version: '1.0.0',
        summary: 'Deploys things',
        commands: {
          rollback: command({
            summary: 'Roll back a deployment',
            examples: ['roll back'],
            effect: 'destroy',
            input: z.strictObject({ service: z.array(z.string()), env: z.string(), why: z.string(), confirm: z.string().optional() }),
            output: z.object({}),
            plan: ({ service, env }) => ({
              summary: 'back',
              steps: [{ does: 'change', target: `${service.join()}@${env}`, detail: 'v2 to v1' }],
              warnings: ['data stays'],
            }),
            run(input) {
              if (input.env === 'production') throw new SwitchyardError('NOT_CONFIRMED', 'Cannot roll back as the name must be typed')
              done.push(input)
              return {}
            },
          }),
          scale: command({
            summary: 'Scale a deployment',
            examples: ['scale it'],
            effect: 'write',
            input: z.strictObject({
              service: z.string(),
              env: z.string(),
              replicas: z.int(),
              why: z.string(),
              confirm: z.string().optional(),
            }),
            output: z.object({}),
            plan: ({ service, env, replicas }) => ({
              summary: 'scale',
              steps: [{ does: 'change', target: `${service}@${env}`, detail: `1 -> ${replicas} replicas` }],
            }),
            run(input) {
              done.push(input)
              return {}
            },
          }),
        },
      })

    it('rolls back by its own plan, and verifies', async () => {
      const done: unknown[] = []
      const kit = await serviceYard([await definition()], { plugins: [deploy(done)] })
      const { id, plan } = await kit.plan('ops.remediate', { service: 'api', action: 'rollback' })
      expect(plan).toMatchObject({
        steps: [{ target: 'shop-api@staging', detail: 'v2 to v1' }, { target: 'api' }],
        warnings: expect.arrayContaining(['data stays']),
      })
      expect(done).toEqual([])
      expect(await drive(kit, kit.approve(id))).toMatchObject({ status: 'HEALTHY', detail: 'deploy.rollback was done' })
      expect(done).toEqual([{ service: ['shop-api'], env: 'staging', why: 'remedy of api' }])
    })

    it('is refused where that plugin is not there', async () => {
      const alone = await serviceYard([await definition()])
      await expect(alone.plan('ops.remediate', { service: 'api', action: 'rollback' })).rejects.toMatchObject({
        code: 'REMEDIATION_IMPOSSIBLE',
        message: expect.stringContaining('deploy plugin'),
      })
    })

    it('is not done without a person where the policy wants one', async () => {
      const kit = await serviceYard([await definition()], { plugins: [deploy([])] })
      await expect(kit.plan('ops.remediate', { service: 'api', action: 'rollback', automatic: true })).rejects.toMatchObject({
        code: 'REMEDIATION_FORBIDDEN',
        message: expect.stringContaining('a person has to approve it'),
      })
    })

    it('scales by its own plan, as far as the policy allows, and writes it down', async () => {
      const done: unknown[] = []
      const kit = await serviceYard([await definition()], { plugins: [deploy(done)] })
      const wish = { service: 'api', action: 'scale', replicas: 3 }
      const { id, plan } = await kit.plan('ops.remediate', wish)
      expect(plan).toMatchObject({ steps: [{ target: 'shop-api@staging', detail: '1 -> 3 replicas' }, { target: 'api' }] })
      expect(done).toEqual([])
      expect(await drive(kit, kit.approve(id))).toMatchObject({ status: 'HEALTHY', detail: 'deploy.scale was done' })
      expect(done).toEqual([{ service: 'shop-api', env: 'staging', replicas: 3, why: 'remedy of api' }])
      expect(await kit.call('ops.remediation.list')).toMatchObject({
        remediations: [{ action: 'scale', target: 'shop-api in staging, to 3', outcome: 'verified' }],
      })
      await expect(kit.plan('ops.remediate', { ...wish, automatic: true })).rejects.toMatchObject({ code: 'REMEDIATION_FORBIDDEN' })
      await expect(kit.plan('ops.remediate', { service: 'api', action: 'scale' })).rejects.toMatchObject({
        code: 'REMEDIATION_IMPOSSIBLE',
        message: expect.stringContaining('nobody says how many'),
      })
    })
  })
})
