import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { startCaddy, startEngine, startSshd } from '@switchyard/testkit/real'
import { describe, expect, it } from 'vitest'
import { type Ground, makeGround } from './ground.ts'
import { callHere, runAlone } from './runner.ts'
import { startedFor } from './started.ts'

const real = startedFor({ caddy: startCaddy, engine: startEngine, sshd: startSshd })

type Mending = 'resume' | 'undo'

/** One project that is deployed again and again, each time from what the last kill and its mending left. */
interface Lane extends Disposable {
  readonly ground: Ground
  /** Makes the next release, and answers the page by which it is known. */
  next(): string
  /** How many of it run. */
  running(): number
}

interface Kill {
  /** Right after which effect; 0 lets it live. */
  readonly at: number
  readonly mending: Mending
  /** `steps`: only the beginnings and ends of steps count as effects. */
  readonly on?: 'steps'
}

/** Deploys the next release in a process that is killed; then another one goes on as told. Answers the effects that were seen. */
async function deployKilled({ ground, next, running }: Lane, { at, mending, on }: Kill): Promise<string[]> {
  const before = await ground.page()
  const after = next()
  const KILL_LOG = join(ground.folder, 'effects')
  rmSync(KILL_LOG, { force: true })
  const env = { KILL_LOG, KILL_AT: String(at), ...(on !== undefined && { KILL_ON: on }) }
  const killed = await runAlone(ground.folder, 'apply', { env: 'staging' }, env)
  const effects = existsSync(KILL_LOG) ? readFileSync(KILL_LOG, 'utf8').trim().split('\n') : []
  const told = { at, mending, effect: effects[at - 1] }
  if (at === 0) expect(killed, killed.stderr).toMatchObject({ code: 0 })
  else expect({ ...told, signal: killed.signal, error: killed.error }).toEqual({ ...told, signal: 'SIGKILL', error: undefined })
  // Whatever point it was killed at, somebody serves.
  expect([before, after]).toContain(await ground.page())
  let isReturned = false
  if (at > 0) {
    const { result, error } = await callHere(ground.folder, mending, { env: 'staging' })
    expect({ ...told, error }).toEqual({ ...told, error: undefined })
    isReturned = result?.state === 'returned' || (mending === 'undo' && result?.state === 'done')
  }
  expect({ ...told, page: await ground.page() }).toEqual({ ...told, page: isReturned ? before : after })
  // A shell that is about to begin a program looks like a second one for a moment.
  await expect.poll(() => ({ ...told, running: running() }), { timeout: 15_000 }).toEqual({ ...told, running: 1 })
  expect({ ...told, left: ground.leftovers() }).toEqual({ ...told, left: [] })
  return effects
}

/** Kills one deployment after the other; the last finds everything in order. */
async function killAll(lane: Lane, kills: readonly Kill[]): Promise<void> {
  for (const kill of kills) await deployKilled(lane, kill)
  const page = lane.next()
  expect(await callHere(lane.ground.folder, 'apply', { env: 'staging' })).toMatchObject({ result: { state: 'done' } })
  expect(await lane.ground.page()).toBe(page)
}

async function begun(lane: Lane): Promise<Lane> {
  lane.next()
  expect(await callHere(lane.ground.folder, 'apply', { env: 'staging' })).toMatchObject({ result: { state: 'done' } })
  return lane
}

/** Serves the page that lies beside it, on $PORT. */
const SERVER = `import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
const page = readFileSync(new URL('page.txt', import.meta.url), 'utf8')
createServer((_, answer) => answer.end(page)).listen(Number(process.env.PORT), '127.0.0.1')
`

function processLane(target: Record<string, unknown> = {}): Lane {
  const service = { handler: 'process', source: 'app', command: [process.execPath, 'server.mjs'], stopAfterSeconds: 2 }
  const ground = makeGround(service, target, real.caddy)
  ground.write('app/server.mjs', SERVER)
  const supervisors = (): string[] => {
    const { stdout } = spawnSync('pgrep', ['-af', `${ground.host}/.*supervise.sh`], { encoding: 'utf8' })
    return stdout.split('\n').filter((line) => line.includes('supervise.sh'))
  }
  let release = 0
  return {
    ground,
    next() {
      ground.write('app/page.txt', `page ${++release}`)
      return `page ${release}`
    },
    running: () => supervisors().length,
    [Symbol.dispose]() {
      for (const line of supervisors()) {
        try {
          process.kill(Number(line.split(' ')[0]), 'SIGTERM')
        } catch {
          // It had ended by itself.
        }
      }
      ground[Symbol.dispose]()
    },
  }
}

describe('a process that is killed while it deploys', () => {
  it('leaves what another one completes or takes back, wherever it was killed', { timeout: 900_000 }, async () => {
    using one = await begun(processLane())
    using other = await begun(processLane())
    const effects = await deployKilled(one, { at: 0, mending: 'resume' })
    for (const step of ['begin', 'fetch:web', 'start:web', 'gate:web', 'switch:web', 'drain:web', 'record', 'retire:web', 'end'])
      expect(effects).toEqual(expect.arrayContaining([`note ${step} begun`, `note ${step} done`]))
    // As each step begins, and at every second thing that is done within one.
    const points = effects.flatMap((effect, index) =>
      (effect.startsWith('note') ? effect.endsWith('begun') : index % 2 === 0) ? [index + 1] : [],
    )
    const kills = points.map((at, index): Kill => ({ at, mending: index % 4 < 2 ? 'resume' : 'undo' }))
    const halves = [kills.filter((_, index) => index % 2 === 0), kills.filter((_, index) => index % 2 === 1)] as const
    await Promise.all([killAll(one, halves[0]), killAll(other, halves[1])])
  })
})

function containerLane(target: Record<string, unknown> = {}): Lane {
  const ground = makeGround({ handler: 'compose' }, { engine: real.engine.socket, ...target }, real.caddy)
  const ids = (): string[] =>
    real.engine.podman('ps', '-aq', '--filter', `label=switchyard.stack=${ground.stack}`).split('\n').filter(Boolean)
  let release = 0
  return {
    ground,
    next() {
      const version = (release++ % 3) + 1
      ground.write('compose.yaml', `services: { web: { image: "localhost/killed:${version}" } }\n`)
      return `container-${version}`
    },
    running: () => ids().length,
    [Symbol.dispose]() {
      for (const id of ids()) real.engine.podman('rm', '-f', '-t', '0', id)
      ground[Symbol.dispose]()
    },
  }
}

/** Kills a deployment at the end of each of its steps, and goes on now the one way and now the other. */
async function killAtSteps(lane: Lane, steps: number): Promise<void> {
  const effects = await deployKilled(lane, { at: 0, mending: 'resume', on: 'steps' })
  const points = effects.flatMap((effect, index) => (effect.endsWith('done') ? [index + 1] : []))
  expect(points).toHaveLength(steps)
  await killAll(
    lane,
    points.map((at, index) => ({ at, mending: index % 2 === 0 ? 'resume' : 'undo', on: 'steps' })),
  )
}

describe('a process that is killed while it deploys a container', () => {
  it('leaves what another one completes or takes back, at each step', { timeout: 900_000 }, async () => {
    for (const version of [1, 2, 3]) real.engine.image(`killed:${version}`, { 'www/index.html': `container-${version}\n` })
    using lane = await begun(containerLane())
    await killAtSteps(lane, 8)
  })
})

describe('a process that is killed while it deploys over SSH', () => {
  it('leaves what another one completes or takes back, at each step, of a container and of a program', { timeout: 900_000 }, async () => {
    for (const version of [1, 2, 3]) real.engine.image(`killed:${version}`, { 'www/index.html': `container-${version}\n` })
    using container = await begun(containerLane(real.sshd.target))
    using program = await begun(processLane(real.sshd.target))
    await Promise.all([killAtSteps(container, 8), killAtSteps(program, 9)])
  })
})

describe('a process that is killed while it rehearses a return', () => {
  it('[A12] leaves what another one completes or takes back, and nothing of the scratch stack', { timeout: 600_000 }, async () => {
    for (const version of [1, 2]) real.engine.image(`killed:${version}`, { 'www/index.html': `container-${version}\n` })
    using lane = containerLane()
    const { ground } = lane
    for (const version of [1, 2]) {
      const web = { image: `localhost/killed:${version}`, volumes: ['data:/data:ro'] }
      ground.write('compose.yaml', JSON.stringify({ services: { web }, volumes: { data: {} } }))
      expect(await callHere(ground.folder, 'apply', { env: 'staging' })).toMatchObject({ result: { state: 'done' } })
    }
    const around = (): unknown => ({
      names: real.engine.podman('ps', '-a', '--format', '{{.Names}}'),
      volumes: real.engine.podman('volume', 'ls', '-q'),
      networks: real.engine.podman('network', 'ls', '-q'),
      left: readdirSync(join(ground.host, ground.stack)),
    })
    const before = around()
    const all = ['begin', 'copy:web', 'start:web', 'gate:web', 'end'].flatMap((step) => [`note ${step} begun`, `note ${step} done`])
    const points = ['note copy:web begun', 'note start:web done', 'note gate:web done', 'note end begun']
    for (const [index, effect] of points.entries()) {
      const KILL_LOG = join(ground.folder, `effects-${index}`)
      const told = { effect, mending: index % 2 === 0 ? 'undo' : 'resume' }
      const env = { KILL_LOG, KILL_AT: String(all.indexOf(effect) + 1), KILL_ON: 'steps' }
      const killed = await runAlone(ground.folder, 'rollback', { env: 'staging', rehearse: true }, env)
      expect({ ...told, signal: killed.signal, error: killed.error }).toEqual({ ...told, signal: 'SIGKILL', error: undefined })
      expect(readFileSync(KILL_LOG, 'utf8').trim().split('\n').at(-1)).toBe(effect)
      const { error } = await callHere(ground.folder, told.mending, { env: 'staging' })
      expect({ ...told, error }).toEqual({ ...told, error: undefined })
      expect({ ...told, around: around() }).toEqual({ ...told, around: before })
      expect({ ...told, page: await ground.page() }).toEqual({ ...told, page: 'container-2' })
    }
  })
})
