import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startEngine, startRegistry, type TestEngine, type TestRegistry } from '@switchyard/testkit/real'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createStack } from './stack.ts'

let registry: TestRegistry
let engine: TestEngine
/** Of the person who deploys. */
let logins: string
const ownLogins = process.env.DOCKER_CONFIG

beforeAll(async () => {
  registry = await startRegistry()
  engine = await startEngine({ registries: [registry.address] })
  logins = mkdtempSync(join(tmpdir(), 'switchyard-logins-'))
  process.env.DOCKER_CONFIG = logins
})
afterAll(async () => {
  if (ownLogins === undefined) delete process.env.DOCKER_CONFIG
  else process.env.DOCKER_CONFIG = ownLogins
  rmSync(logins, { recursive: true, force: true })
  await engine?.[Symbol.asyncDispose]()
  await registry?.[Symbol.asyncDispose]()
})

const page = (text: string): Record<string, string> => ({ 'www/index.html': `${text}\n` })

/** An image that is in the registry and nowhere else. Answers its id, and the digest that the registry knows it by. */
function push(name: string, text: string): { id: string; digest: string } {
  const id = engine.image(name, page(text))
  const file = join(logins, 'digest')
  engine.podman(
    'push',
    '--digestfile',
    file,
    '--creds',
    `${registry.user}:${registry.password}`,
    `localhost/${name}`,
    `${registry.address}/${name}`,
  )
  engine.podman('rmi', '-f', `localhost/${name}`)
  return { id, digest: readFileSync(file, 'utf8') }
}

function logIn(password: string): void {
  const auth = Buffer.from(`${registry.user}:${password}`).toString('base64')
  writeFileSync(join(logins, 'config.json'), JSON.stringify({ auths: { [registry.address]: { auth } } }))
}

const compose = (image: string): string => `services: { web: { image: "${registry.address}/${image}" } }\n`

describe('an image that is in a registry alone', () => {
  it('is pulled by its digest as who is logged in; where the registry lets nobody in, nothing changes and the error says what to do', async () => {
    const [first, second] = [push('pulled:1', 'one'), push('pulled:2', 'two')]
    await using stack = await createStack(
      {
        stack: 'pulled',
        targets: { local: { kind: 'local', engine: engine.socket } },
        environments: { staging: { target: 'local' } },
        services: { web: { handler: 'compose', port: 8080, health: { http: '/' }, stableForSeconds: 0.5, startForSeconds: 20 } },
      },
      { 'compose.yaml': compose(`pulled@${first.digest}`) },
    )
    const apply = (): ReturnType<typeof stack.call> => stack.call('apply', { env: 'staging' })
    const serving = (): string => engine.podman('ps', '--filter', 'label=switchyard.stack=pulled', '--format', '{{.Names}} {{.ImageID}}')

    logIn(registry.password)
    expect(await apply()).toMatchObject({ state: 'done', services: [{ from: null, to: first.id }] })
    const before = serving()
    const state = readFileSync(join(stack.root, 'pulled/staging/state.json'), 'utf8')

    logIn('roses')
    stack.write('compose.yaml', compose('pulled:2'))
    await expect(apply()).rejects.toMatchObject({
      code: 'IMAGE_MISSING',
      message: expect.stringMatching(/unauthorized|authentication required/),
      next: expect.stringContaining(`docker login ${registry.address}`),
      data: { returned: true },
    })
    expect(serving()).toBe(before)
    expect(readFileSync(join(stack.root, 'pulled/staging/state.json'), 'utf8')).toBe(state)
    expect(await stack.call('status', { env: 'staging' })).toMatchObject({ services: [{ state: 'running', release: first.id, drift: [] }] })

    stack.write('compose.yaml', compose('pulled:3'))
    logIn(registry.password)
    await expect(apply()).rejects.toMatchObject({ code: 'IMAGE_MISSING', message: expect.stringMatching(/manifest unknown/) })
    expect(serving()).toBe(before)

    stack.write('compose.yaml', compose('pulled:2'))
    expect(await apply()).toMatchObject({ state: 'done', services: [{ from: first.id, to: second.id }] })
    expect([...stack.grep(registry.password), ...stack.grep('roses')]).toEqual([])
  })
})
