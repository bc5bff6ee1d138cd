import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { startCaddy, startEngine } from '@switchyard/testkit/real'
import { describe, expect, it } from 'vitest'
import { type Ground, makeGround } from './ground.ts'
import { callHere, runAlone } from './runner.ts'
import { startedFor } from './started.ts'

const real = startedFor({ caddy: startCaddy, engine: startEngine })

/** Writes down in its volume each time that it starts. */
const keeper = (name: string): Record<string, string> => ({
  'www/index.html': `${name}\n`,
  serve: `echo ${name} >>/data/log
trap 'exit 0' TERM INT
httpd -f -p 8080 -h /www &
wait
`,
})

const container = ({ stack }: Ground): string =>
  real.engine.podman('ps', '--filter', `label=switchyard.stack=${stack}`, '--format', '{{.Names}}')
const files = (ground: Ground): string[] => real.engine.podman('exec', container(ground), 'ls', '/data').split('\n')
const log = (ground: Ground): string[] => real.engine.podman('exec', container(ground), 'cat', '/data/log').split('\n')

async function apply(ground: Ground, version: string): Promise<void> {
  const image = `localhost/restored:${version}`
  ground.write('compose.yaml', JSON.stringify({ services: { web: { image, volumes: ['data:/data'] } }, volumes: { data: {} } }))
  expect(await callHere(ground.folder, 'apply', { env: 'staging' })).toMatchObject({ result: { state: 'done' } })
}

/** Returns with the data of the release before, in a process that is killed right after an effect; then another one goes on as told. */
async function restoreKilled(ground: Ground, at: number, then: 'resume' | 'undo'): Promise<string[]> {
  if ((await ground.page()) === 'two') real.engine.podman('exec', container(ground), 'rm', '/data/new')
  if ((await ground.page()) !== 'one') await apply(ground, 'one')
  const ones = log(ground)
  await apply(ground, 'two')
  const twos = log(ground)
  real.engine.podman('exec', container(ground), 'touch', '/data/new')
  const KILL_LOG = join(ground.folder, 'effects')
  rmSync(KILL_LOG, { force: true })
  const killed = await runAlone(ground.folder, 'rollback', { env: 'staging', restore: true }, { KILL_LOG, KILL_AT: String(at) })
  const effects = readFileSync(KILL_LOG, 'utf8').trim().split('\n')
  const told = { at, then, effect: effects[at - 1] }
  if (at > 0) {
    expect({ ...told, signal: killed.signal }).toEqual({ ...told, signal: 'SIGKILL' })
    const { error } = await callHere(ground.folder, then, { env: 'staging' })
    expect({ ...told, error }).toEqual({ ...told, error: undefined })
  } else expect(killed, killed.stderr).toMatchObject({ code: 0 })
  const isBack = at === 0 || then === 'resume'
  // What runs again needs a moment until it answers.
  await expect
    .poll(async () => ({ ...told, page: await ground.page() }), { timeout: 15_000 })
    .toEqual({ ...told, page: isBack ? 'one' : 'two' })
  expect({ ...told, files: files(ground) }).toEqual({ ...told, files: isBack ? ['log'] : ['log', 'new'] })
  // Each start since has added a line, and nothing else has changed.
  const before = isBack ? ones : twos
  const since = log(ground).slice(before.length)
  expect({ ...told, log: log(ground) }).toEqual({ ...told, log: [...before, ...since] })
  expect(new Set([isBack ? 'one' : 'two', ...since]).size).toBe(1)
  expect({ ...told, left: ground.leftovers() }).toEqual({ ...told, left: [] })
  return effects
}

describe('a process that is killed while it puts a volume back', () => {
  it('[A11] leaves what another one completes or takes back, and loses nothing of either', { timeout: 900_000 }, async () => {
    for (const name of ['one', 'two']) real.engine.image(`restored:${name}`, keeper(name))
    using ground = makeGround({ handler: 'compose', backup: ['data'] }, { engine: real.engine.socket }, real.caddy)
    const effects = await restoreKilled(ground, 0, 'resume')
    const restoring = effects.slice(effects.indexOf('note restore:web begun') + 1, effects.indexOf('note start:web begun'))
    // The container is gone, the volume is, an empty one is there, the backup is in it, all is done.
    const points = restoring.flatMap((effect, index) =>
      /^DELETE .*-(blue|green)\?|^DELETE .*\/volumes\/|\/volumes\/create|^PUT .*\/archive|^note/.test(effect)
        ? [effects.indexOf('note restore:web begun') + 2 + index]
        : [],
    )
    expect(points).toHaveLength(5)
    const thens = ['undo', 'undo', 'resume', 'undo', 'resume'] as const
    for (const [index, at] of points.entries()) await restoreKilled(ground, at, thens[index] ?? 'resume')
  })
})
