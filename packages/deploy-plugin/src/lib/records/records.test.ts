import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type Context, SwitchyardError } from '@switchyard/plugin-kit'
import type { TestYard } from '@switchyard/testkit'
import { describe, expect, it } from 'vitest'
import { yardWithContext } from '../../../test/with-context.ts'
import type { DeploymentStart } from './deployment.ts'
import { createDeployments, type Deployments } from './deployments.ts'
import { createResources, type Resources } from './resources.ts'
import { runnerHere } from './runner.ts'

interface Opened extends AsyncDisposable {
  readonly kit: TestYard
  readonly deployments: Deployments
  readonly resources: Resources
  readonly store: Context['store']
}

/** The records of a real yard's store, by its clock. */
async function opened(): Promise<Opened> {
  const { kit, context } = await yardWithContext()
  return {
    kit,
    deployments: createDeployments(context),
    resources: createResources(context),
    store: context.store,
    [Symbol.asyncDispose]: () => kit[Symbol.asyncDispose](),
  }
}

const api: DeploymentStart = {
  kind: 'apply',
  stack: 'shop',
  env: 'production',
  target: 'web-1',
  service: 'api',
  handler: 'compose',
  why: 'release 1.2.0',
}

/** From begin to done in one go. */
function deployed({ deployments }: Opened, more: Partial<DeploymentStart>): number {
  const { id } = deployments.begin({ ...api, ...more })
  return deployments.finish(id, { state: 'done' }).id
}

describe('createDeployments()', () => {
  it('[R1] [R5] keeps how far a deployment came, step by step, and what it ended in', async () => {
    await using records = await opened()
    const { deployments, kit } = records
    const { id, run } = deployments.begin({ ...api, fromRelease: 'sha256:a', version: '1.2.0' })
    expect(run).toBe(id)
    deployments.note(id, { step: 'start', state: 'begun', data: { name: 'api-2' } })
    kit.clock.advance(1_500)
    deployments.note(id, { step: 'start', state: 'done', data: { container: 'c2' } })
    deployments.note(id, { step: 'gate', state: 'begun' })
    deployments.setRelease(id, 'sha256:b')
    expect(deployments.steps(id)).toMatchObject([
      { step: 'start', state: 'done', data: { name: 'api-2', container: 'c2' } },
      { step: 'gate', state: 'begun', endedMs: undefined },
    ])
    const [start] = deployments.steps(id)
    expect(start!.endedMs! - start!.beganMs).toBe(1_500)

    deployments.finish(id, {
      state: 'returned',
      evidence: { looks: 3 },
      error: new SwitchyardError('GATE_FAILED', 'Cannot switch', { data: { password: 'x' }, next: 'look at the logs' }),
    })
    expect(deployments.get(id)).toMatchObject({
      state: 'returned',
      fromRelease: 'sha256:a',
      toRelease: 'sha256:b',
      evidence: { looks: 3 },
      error: { code: 'GATE_FAILED', message: 'Cannot switch', next: 'look at the logs' },
    })
    expect(JSON.stringify(deployments.get(id))).not.toContain('password')
    expect(() => deployments.finish(id, { state: 'done' })).toThrow('is returned')
    expect(() => deployments.get(99)).toThrow('Cannot find deployment 99')
  })

  it('[R2] lets one deployment of a service run at a time in an environment, and says who holds it', async () => {
    await using records = await opened()
    const { deployments } = records
    const { id } = deployments.begin({ ...api, who: 'ada@desk' })
    expect(() => deployments.begin(api)).toThrow(/last deployment must have ended: 1 of ada@desk runs since/)
    expect(deployments.begin({ ...api, env: 'staging' }).state).toBe('running')
    expect(deployments.begin({ ...api, service: 'worker' }).state).toBe('running')
    expect(deployments.unfinished({ env: 'production' }).map(({ service }) => service)).toEqual(['api', 'worker'])
    deployments.finish(id, { state: 'done' })
    expect(deployments.begin(api).state).toBe('running')
  })

  it('[R3] answers a second start with the same key with the first deployment, also when that has ended', async () => {
    await using records = await opened()
    const { deployments } = records
    const first = deployments.begin({ ...api, key: 'k' })
    expect(deployments.begin({ ...api, key: 'k' }).id).toBe(first.id)
    expect(deployments.begin({ ...api, service: 'worker', run: first.run, key: 'k' })).toMatchObject({ run: first.id, id: 2 })
    deployments.finish(first.id, { state: 'done' })
    expect(deployments.begin({ ...api, key: 'k' })).toMatchObject({ id: first.id, state: 'done' })
  })

  it('[R2] gives a deployment whose process is gone to the next, and none whose process lives', async () => {
    await using records = await opened()
    const { deployments, store } = records
    const { id } = deployments.begin(api)
    const other = spawn(process.execPath, ['-e', 'process.stdin.resume()'], { stdio: ['pipe', 'ignore', 'ignore'] })
    const began = readFileSync(`/proc/${other.pid}/stat`, 'utf8').split(' ')[21]
    const ranBy = (change: object): void => {
      const runner = { ...runnerHere(), pid: other.pid, started: began, ...change }
      store.prepare('UPDATE deploy_deployment SET runner = ? WHERE id = ?').run(JSON.stringify(runner), id)
    }
    ranBy({})
    expect(deployments.isRunning(id)).toBe(true)
    expect(() => deployments.take(id)).toThrow('Cannot go on with deployment 1 as no other process may run it')
    // The same number, of a process that began later, or before the machine did.
    ranBy({ started: '1' })
    expect(deployments.isRunning(id)).toBe(false)
    ranBy({ boot: 'another' })
    expect(deployments.isRunning(id)).toBe(false)

    ranBy({})
    other.kill('SIGKILL')
    await once(other, 'close')
    expect(deployments.isRunning(id)).toBe(false)
    expect(() => deployments.begin(api)).toThrow('its process is gone')
    deployments.take(id)
    expect(deployments.isRunning(id)).toBe(true)
  })

  it('[R2] takes a process that only another machine or container sees to live, until a person says otherwise', async () => {
    await using records = await opened()
    const { deployments, store } = records
    const { id } = deployments.begin(api)
    for (const elsewhere of [{ machine: 'another' }, { space: 'pid:[1]' }]) {
      store.prepare('UPDATE deploy_deployment SET runner = ? WHERE id = ?').run(JSON.stringify({ ...runnerHere(), ...elsewhere }), id)
      expect(deployments.isRunning(id)).toBe(true)
      expect(() => deployments.take(id)).toThrow('of another machine or container')
    }
    expect(deployments.disown({ stack: 'shop', env: 'staging' })).toEqual([])
    expect(deployments.disown({ stack: 'shop', env: 'production' })).toEqual([id])
    expect(deployments.isRunning(id)).toBe(false)
    expect(deployments.take(id)).toMatchObject({ id, state: 'running' })
  })

  it('[R4] knows what should run now: the last that was done, not what was returned from, rolled back or destroyed', async () => {
    await using records = await opened()
    const { deployments } = records
    const now = (): unknown => deployments.current({ stack: 'shop', env: 'production' }).map(({ toRelease }) => toRelease)
    expect(now()).toEqual([])
    deployed(records, { toRelease: 'sha256:a', version: '1.0.0' })
    const second = deployed(records, { toRelease: 'sha256:b', fromRelease: 'sha256:a', version: '1.1.0' })
    deployments.finish(deployments.begin({ ...api, toRelease: 'sha256:c', fromRelease: 'sha256:b' }).id, { state: 'returned' })
    expect(now()).toEqual(['sha256:b'])

    deployed(records, { kind: 'rollback', fromRelease: 'sha256:b', toRelease: 'sha256:a', why: 'errors' })
    expect(now()).toEqual(['sha256:a'])
    expect(deployments.get(second).state).toBe('rolled-back')
    deployed(records, { kind: 'destroy', fromRelease: 'sha256:a' })
    expect(now()).toEqual([])
    expect(deployments.findByRelease('shop', '1.1.0').map(({ id }) => id)).toEqual([second])
    expect(deployments.findByRelease('shop', 'sha256:a').map(({ id }) => id)).toEqual([4, 1])
  })

  it('lists newest first, page by page, narrowed to what is asked for', async () => {
    await using records = await opened()
    const { deployments, kit } = records
    for (let count = 0; count < 5; count++) {
      deployed(records, { service: count % 2 === 0 ? 'api' : 'worker' })
      kit.clock.advance(1_000)
    }
    const first = deployments.list({ limit: 3 })
    expect(first.deployments.map(({ id }) => id)).toEqual([5, 4, 3])
    const rest = deployments.list({ limit: 3, cursor: first.nextCursor })
    expect(rest.deployments.map(({ id }) => id)).toEqual([2, 1])
    expect(rest).not.toHaveProperty('nextCursor')
    expect(deployments.list({ service: 'worker' }).deployments.map(({ id }) => id)).toEqual([4, 2])
    expect(deployments.list({ sinceMs: kit.clock.now() - 2_000 }).deployments.map(({ id }) => id)).toEqual([5, 4])
    expect(() => deployments.list({ cursor: `d1' OR 1=1` })).toThrow('the cursor must be one that it gave')
  })

  it('keeps releases to return to, renews them and lets them go', async () => {
    await using records = await opened()
    const { deployments, kit } = records
    for (const release of ['sha256:a', 'sha256:b', 'sha256:a']) {
      const id = deployed(records, { toRelease: release, version: release === 'sha256:a' ? '1.0.0' : '1.1.0' })
      deployments.keep(id, { release, settings: 's', data: { image: release, envHash: 'h' } })
      kit.clock.advance(1)
    }
    expect(deployments.keptReleases(api)).toMatchObject([
      { release: 'sha256:a', version: '1.0.0', deployment: 3, data: { image: 'sha256:a', envHash: 'h' } },
      { release: 'sha256:b', version: '1.1.0', deployment: 2 },
    ])
    deployments.forget(api, { release: 'sha256:b', settings: 's' })
    expect(deployments.keptReleases(api).map(({ release }) => release)).toEqual(['sha256:a'])
    expect(deployments.keptReleases({ ...api, env: 'staging' })).toEqual([])
  })

  it('holds one planned deployment a place, which the start of the same version carries out', async () => {
    await using records = await opened()
    const { deployments } = records
    deployments.prepare({ ...api, version: '1.2.0', plan: 'p1' })
    deployments.prepare({ ...api, version: '1.3.0', plan: 'p2' })
    expect(deployments.list({ state: 'planned' }).deployments).toMatchObject([{ version: '1.3.0', plan: 'p2', startedMs: undefined }])
    deployments.begin({ ...api, version: '1.3.0' })
    expect(deployments.list().deployments).toMatchObject([{ state: 'running', version: '1.3.0', plan: 'p2' }])
  })
})

describe('createResources()', () => {
  it('tells who made what, when, why and from which release, until it is gone', async () => {
    await using records = await opened()
    const { resources, kit } = records
    const first = deployed(records, { toRelease: 'sha256:a', who: 'ada@desk' })
    resources.exists(first, [
      { kind: 'container', name: 'api-1', data: { port: 8080 } },
      { kind: 'network', name: 'shop', service: null },
    ])
    const createdMs = kit.clock.now()
    kit.clock.advance(5_000)
    const second = deployed(records, { toRelease: 'sha256:b', who: 'bob@desk', why: 'a fix' })
    resources.exists(second, [
      { kind: 'container', name: 'api-2' },
      { kind: 'network', name: 'shop', service: null },
    ])
    resources.gone(second, [
      { kind: 'container', name: 'api-1' },
      { kind: 'container', name: 'never-was' },
    ])
    expect(resources.list({ stack: 'shop' })).toMatchObject([
      { kind: 'network', name: 'shop', service: undefined, deployment: second, who: 'bob@desk', createdMs, release: 'sha256:b' },
      { kind: 'container', name: 'api-2', service: 'api', why: 'a fix', release: 'sha256:b', createdMs: createdMs + 5_000 },
    ])
    expect(resources.list({ stack: 'shop', kind: 'container', all: true })).toMatchObject([
      { name: 'api-1', who: 'ada@desk', removedBy: second, removedMs: createdMs + 5_000, data: { port: 8080 } },
      { name: 'api-2' },
    ])
    expect(resources.list({ stack: 'shop', env: 'staging' })).toEqual([])
    resources.exists(second, [{ kind: 'container', name: 'api-1' }])
    expect(resources.list({ stack: 'shop', kind: 'container' }).map(({ name }) => name)).toEqual(['api-2', 'api-1'])
  })
})
