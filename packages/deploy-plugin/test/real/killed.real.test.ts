import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { startCaddy, startEngine } from '@switchyard/testkit/real'
import { describe, expect, it } from 'vitest'
import { runAlone } from './runner.ts'
import { startedFor } from './started.ts'

const real = startedFor({ caddy: startCaddy, engine: startEngine })

/** Serves the page that lies beside it, on $PORT. */
const SERVER = `import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
const page = readFileSync(new URL('page.txt', import.meta.url), 'utf8')
createServer((_, answer) => answer.end(page)).listen(Number(process.env.PORT), '127.0.0.1')
`

let count = 0

interface Ground {
  readonly folder: string
  readonly host: string
  readonly hostname: string
  readonly stack: string
  page(): Promise<string>
  write(path: string, text: string): void
  remove(): void
}

function makeGround(service: Record<string, unknown>, target: Record<string, unknown> = {}): Ground {
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-killed-'))
  const host = mkdtempSync(join(tmpdir(), 'switchyard-host-'))
  const stack = `k${process.pid}-${++count}`.replace(/-/g, 'x')
  const hostname = `${stack}.test`
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  const config = {
    stack,
    targets: { local: { kind: 'local', root: host, ...target } },
    environments: { staging: { target: 'local' } },
    services: {
      web: { port: 8080, hostname, health: { http: '/' }, stableForSeconds: 0, startForSeconds: 30, drainSeconds: 2, ...service },
    },
    proxy: { admin: real.caddy.admin },
  }
  write('switchyard.deploy.json', JSON.stringify(config))
  return {
    folder,
    host,
    hostname,
    stack,
    async page() {
      const { promise, resolve, reject } = Promise.withResolvers<string>()
      const { get } = await import('node:http')
      get({ port: real.caddy.port, host: '127.0.0.1', path: '/', headers: { host: hostname, connection: 'close' } }, (answer) => {
        let text = ''
        answer.on('data', (chunk: Buffer) => {
          text += chunk.toString('utf8')
        })
        answer.on('end', () => resolve(text.trim()))
      }).on('error', reject)
      return promise
    },
    write,
    remove() {
      rmSync(folder, { recursive: true, force: true })
      rmSync(`${folder}-runner.mjs`, { force: true })
      rmSync(host, { recursive: true, force: true })
    },
  }
}

/** Whatever was left running is seen, and ended. */
function supervisors(host: string): string[] {
  const { stdout } = spawnSync('pgrep', ['-af', `${host}/.*supervise.sh`], { encoding: 'utf8' })
  return stdout.split('\n').filter((line) => line.includes('supervise.sh'))
}

function endAll(host: string): void {
  for (const line of supervisors(host)) {
    try {
      process.kill(Number(line.split(' ')[0]), 'SIGTERM')
    } catch {
      // It had ended by itself.
    }
  }
}

const leftovers = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    /^[^/]+\/.*\.draft$|lock\.json|\.broken$|\.before-\d+$|once\.env$/.test(name),
  )

/** Deploys a second release, killed right after its `at`th effect; then another process goes on as told. */
async function deployKilled(at: number, then: 'resume' | 'undo'): Promise<string[]> {
  const ground = makeGround({ handler: 'process', source: 'app', command: [process.execPath, 'server.mjs'], stopAfterSeconds: 2 })
  try {
    ground.write('app/server.mjs', SERVER)
    ground.write('app/page.txt', 'one')
    const first = await runAlone(ground.folder, 'apply', { env: 'staging' })
    expect(first, first.stderr).toMatchObject({ code: 0 })
    ground.write('app/page.txt', 'two')
    const KILL_LOG = join(ground.folder, 'effects')
    const killed = await runAlone(ground.folder, 'apply', { env: 'staging' }, { KILL_LOG, KILL_AT: String(at) })
    const effects = existsSync(KILL_LOG) ? readFileSync(KILL_LOG, 'utf8').trim().split('\n') : []
    const told = { at, then, effect: effects[at - 1] }
    if (at > 0) expect({ ...told, signal: killed.signal, error: killed.error }).toEqual({ ...told, signal: 'SIGKILL', error: undefined })
    else expect(killed, killed.stderr).toMatchObject({ code: 0 })
    // Whatever point it was killed at, somebody serves.
    expect({ ...told, page: await ground.page() }).toEqual({ ...told, page: expect.stringMatching(/^(one|two)$/) })
    let isReturned = false
    if (at > 0) {
      const next = await runAlone(ground.folder, then, { env: 'staging' })
      expect({ ...told, code: next.code, error: next.error }).toEqual({ ...told, code: 0, error: undefined })
      isReturned = next.result?.state === 'returned' || (then === 'undo' && next.result?.state === 'done')
    }
    const expected = isReturned ? 'one' : 'two'
    expect({ ...told, page: await ground.page() }).toEqual({ ...told, page: expected })
    // A shell that is about to begin a program looks like a second one for a moment.
    await expect.poll(() => ({ ...told, running: supervisors(ground.host).length }), { timeout: 15_000 }).toEqual({ ...told, running: 1 })
    expect({ ...told, left: leftovers(ground.host) }).toEqual({ ...told, left: [] })
    if (at % 6 !== 0) return effects
    // The next one finds everything in order.
    ground.write('app/page.txt', 'three')
    const last = await runAlone(ground.folder, 'apply', { env: 'staging' })
    expect({ ...told, code: last.code, error: last.error }).toEqual({ ...told, code: 0, error: undefined })
    expect({ ...told, page: await ground.page() }).toEqual({ ...told, page: 'three' })
    return effects
  } finally {
    endAll(ground.host)
    ground.remove()
  }
}

describe('a process that is killed while it deploys', () => {
  it('leaves what another one completes or takes back, wherever it was killed', { timeout: 900_000 }, async () => {
    const effects = await deployKilled(0, 'resume')
    for (const step of ['begin', 'fetch:web', 'start:web', 'gate:web', 'switch:web', 'drain:web', 'record', 'retire:web', 'end'])
      expect(effects).toEqual(expect.arrayContaining([`note ${step} begun`, `note ${step} done`]))
    // As each step begins, and at every second thing that is done within one.
    const points = effects.flatMap((effect, index) =>
      (effect.startsWith('note') ? effect.endsWith('begun') : index % 2 === 0) ? [index + 1] : [],
    )
    const lanes = [points.filter((at) => at % 2 === 0), points.filter((at) => at % 2 === 1)]
    await Promise.all(
      lanes.map(async (lane, parity) => {
        for (const [index, at] of lane.entries()) await deployKilled(at, (index + parity) % 2 === 0 ? 'resume' : 'undo')
      }),
    )
  })
})

/** The same with a container, killed after the `at`th step. */
async function containerKilled(at: number, then: 'resume' | 'undo'): Promise<string[]> {
  const ground = makeGround({ handler: 'compose' }, { engine: real.engine.socket })
  try {
    const file = (version: number): string => `services: { web: { image: "localhost/killed:${version}" } }\n`
    ground.write('compose.yaml', file(1))
    const first = await runAlone(ground.folder, 'apply', { env: 'staging' })
    expect(first, first.stderr).toMatchObject({ code: 0 })
    ground.write('compose.yaml', file(2))
    const KILL_LOG = join(ground.folder, 'effects')
    const killed = await runAlone(ground.folder, 'apply', { env: 'staging' }, { KILL_LOG, KILL_AT: String(at), KILL_ON: 'steps' })
    const effects = readFileSync(KILL_LOG, 'utf8').trim().split('\n')
    const told = { at, then, effect: effects[at - 1] }
    if (at === 0) expect(killed, killed.stderr).toMatchObject({ code: 0 })
    else expect({ ...told, signal: killed.signal }).toEqual({ ...told, signal: 'SIGKILL' })
    expect({ ...told, page: await ground.page() }).toEqual({ ...told, page: expect.stringMatching(/^container-[12]$/) })
    const next = at === 0 ? killed : await runAlone(ground.folder, then, { env: 'staging' })
    expect({ ...told, code: next.code, error: next.error }).toEqual({ ...told, code: 0, error: undefined })
    expect({ ...told, page: await ground.page() }).toEqual({ ...told, page: then === 'undo' ? 'container-1' : 'container-2' })
    const names = real.engine.podman('ps', '-a', '--filter', `label=switchyard.stack=${ground.stack}`, '--format', '{{.Names}}').split('\n')
    expect({ ...told, names: names.length }).toEqual({ ...told, names: 1 })
    return effects
  } finally {
    for (const name of real.engine.podman('ps', '-aq', '--filter', `label=switchyard.stack=${ground.stack}`).split('\n').filter(Boolean))
      real.engine.podman('rm', '-f', '-t', '0', name)
    ground.remove()
  }
}

describe('a process that is killed while it deploys a container', () => {
  it('leaves what another one completes or takes back, at each step', { timeout: 900_000 }, async () => {
    for (const version of [1, 2]) real.engine.image(`killed:${version}`, { 'www/index.html': `container-${version}\n` })
    const effects = await containerKilled(0, 'resume')
    const points = effects.flatMap((effect, index) => (effect.endsWith('done') ? [index + 1] : []))
    expect(points).toHaveLength(8)
    for (const [index, at] of points.entries()) await containerKilled(at, index % 2 === 0 ? 'resume' : 'undo')
  })
})

describe('a process that is killed while it rehearses a return', () => {
  it('[A12] leaves what another one completes or takes back, and nothing of the scratch stack', {
    timeout: 600_000,
  }, async () => {
    for (const version of [1, 2]) real.engine.image(`killed:${version}`, { 'www/index.html': `container-${version}\n` })
    const ground = makeGround({ handler: 'compose' }, { engine: real.engine.socket })
    const names = (): string[] =>
      real.engine.podman('ps', '-a', '--filter', `label=switchyard.stack=${ground.stack}`, '--format', '{{.Names}}').split('\n')
    try {
      for (const version of [1, 2]) {
        ground.write(
          'compose.yaml',
          `services: { web: { image: "localhost/killed:${version}", volumes: ["data:/data:ro"] } }\nvolumes: { data: {} }\n`,
        )
        const done = await runAlone(ground.folder, 'apply', { env: 'staging' })
        expect({ code: done.code, error: done.error }, done.stderr).toEqual({ code: 0, error: undefined })
      }
      const before = {
        names: names(),
        volumes: real.engine.podman('volume', 'ls', '-q'),
        networks: real.engine.podman('network', 'ls', '-q'),
      }
      const rehearse = { env: 'staging', rehearse: true }
      const all = ['begin', 'copy:web', 'start:web', 'gate:web', 'end'].flatMap((step) => [`note ${step} begun`, `note ${step} done`])
      const points = ['note copy:web begun', 'note start:web done', 'note gate:web done', 'note end begun']
      for (const [index, effect] of points.entries()) {
        const KILL_LOG = join(ground.folder, `effects-${index}`)
        const told = { effect, next: index % 2 === 0 ? 'undo' : 'resume' }
        const killed = await runAlone(ground.folder, 'rollback', rehearse, {
          KILL_LOG,
          KILL_AT: String(all.indexOf(effect) + 1),
          KILL_ON: 'steps',
        })
        expect({ ...told, signal: killed.signal, error: killed.error }).toEqual({ ...told, signal: 'SIGKILL', error: undefined })
        expect(readFileSync(KILL_LOG, 'utf8').trim().split('\n').at(-1)).toBe(effect)
        const next = await runAlone(ground.folder, told.next, { env: 'staging' })
        expect({ ...told, code: next.code, error: next.error }).toEqual({ ...told, code: 0, error: undefined })
        expect({ ...told, names: names() }).toEqual({ ...told, names: before.names })
        expect({ ...told, page: await ground.page() }).toEqual({ ...told, page: 'container-2' })
        expect({ ...told, left: readdirSync(join(ground.host, ground.stack)) }).toEqual({ ...told, left: ['staging'] })
      }
      expect(real.engine.podman('volume', 'ls', '-q')).toBe(before.volumes)
      expect(real.engine.podman('network', 'ls', '-q')).toBe(before.networks)
    } finally {
      for (const name of names().filter(Boolean)) real.engine.podman('rm', '-f', '-t', '0', name)
      ground.remove()
    }
  })
})
