import { freePorts, inRealTime, startCaddy, startEngine, startSshd } from '@switchyard/testkit/real'
import { describe, expect, it } from 'vitest'
import type { Finding } from '../../src/lib/check/finding.ts'
import { createStack, type TestStack } from './stack.ts'
import { startedFor } from './started.ts'

const real = startedFor({ engine: startEngine, caddy: startCaddy, sshd: startSshd })

const page = (text: string): Record<string, string> => ({ 'www/index.html': `${text}\n` })
const call = <answer>(stack: TestStack, command: string, input: object): Promise<answer> =>
  inRealTime(stack.kit, () => stack.kit.call(`deploy.${command}`, input)) as Promise<answer>

interface Checked {
  readonly places: readonly { readonly ready: boolean; readonly host: string; readonly findings: readonly Finding[] }[]
}
interface Shown {
  readonly services: readonly { readonly state: string; readonly drift: readonly { readonly kind: string }[] }[]
  readonly resources: readonly { readonly kind: string; readonly name: string }[]
}

/** A stack with a published port and a volume, over SSH. */
async function makeStack(port: number): Promise<TestStack> {
  return createStack(
    {
      stack: 'look',
      targets: { 'web-1': { ...real.sshd.target, engine: real.engine.socket } },
      environments: { production: { target: 'web-1' } },
      services: {
        web: { handler: 'compose', port: 8080, hostname: 'localhost', stableForSeconds: 0.5, startForSeconds: 30, drainSeconds: 1 },
        store: { handler: 'compose', stableForSeconds: 0.5, startForSeconds: 30 },
      },
      proxy: { admin: real.caddy.admin },
    },
    {
      'compose.yaml': JSON.stringify({
        services: {
          web: { image: 'localhost/look:1', mem_limit: '32m' },
          store: { image: 'localhost/look:1', ports: [`127.0.0.1:${port}:8080`], volumes: ['data:/data'] },
        },
        volumes: { data: {} },
      }),
    },
  )
}

describe('check, status and destroy on a real engine over SSH', () => {
  it('tell of everything before, between and after', async () => {
    const digest = real.engine.image('look:1', page('look'))
    const [port] = (await freePorts(1)) as [number]
    await using stack = await makeStack(port)
    const findings = async (check: string): Promise<readonly Finding[]> =>
      (await call<Checked>(stack, 'check', { env: 'production' })).places[0]!.findings.filter((one) => one.check === check)

    const before = await call<Checked>(stack, 'check', { env: 'production' })
    expect(before.places[0]).toMatchObject({ host: expect.stringContaining('127.0.0.1') })
    const told = Object.fromEntries(before.places[0]!.findings.map(({ check, level }) => [check, level]))
    expect(told).toMatchObject({ engine: 'ok', image: 'ok', port: 'ok', proxy: 'ok', dns: 'ok', clock: 'ok' })

    await call(stack, 'apply', { env: 'production', version: '1.0.0' })
    expect(await findings('port')).toMatchObject([{ level: 'ok', measured: expect.stringContaining('which is replaced') }])
    const shown = await call<Shown>(stack, 'status', { env: 'production' })
    expect(shown.services).toMatchObject([
      { service: 'web', state: 'running', release: digest, version: '1.0.0', drift: [] },
      { service: 'store', state: 'running', drift: [] },
    ])
    expect(shown.resources.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['container', 'image', 'route']))

    // Somebody ends a container by hand.
    real.engine.podman('rm', '-f', 'look-production-web-blue')
    const drifted = await call<Shown>(stack, 'status', { env: 'production' })
    expect(drifted.services[0]).toMatchObject({ state: 'missing', drift: [{ kind: 'stopped' }] })

    const { stays, gone } = await call<Record<'stays' | 'gone', { kind: string; name: string }[]>>(stack, 'destroy', { env: 'production' })
    expect(stays).toMatchObject([{ kind: 'volume', name: 'look-production-data' }])
    expect(gone.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['route', 'container', 'release', 'network']))
    expect(real.engine.podman('ps', '-aq').trim()).toBe('')
    expect(real.engine.podman('volume', 'ls', '-q')).toContain('look-production-data')
    expect((await call<Shown>(stack, 'status', { env: 'production' })).services).toMatchObject([
      { state: 'not-deployed', drift: [] },
      { state: 'not-deployed', drift: [] },
    ])
  })

  it('take volumes away only where that is said', async () => {
    real.engine.image('look:1', page('look'))
    const [port] = (await freePorts(1)) as [number]
    await using stack = await makeStack(port)
    await call(stack, 'apply', { env: 'production' })
    const { gone, stays } = await call<Record<'stays' | 'gone', { kind: string; name: string }[]>>(stack, 'destroy', {
      env: 'production',
      volumes: true,
    })
    expect(gone).toContainEqual({ kind: 'volume', name: 'look-production-data' })
    expect(stays).toEqual([])
    expect(real.engine.podman('volume', 'ls', '-q')).not.toContain('look-production-data')
  })

  it('say that a port is held by a container of somebody else', async () => {
    real.engine.image('look:1', page('look'))
    const [port] = (await freePorts(1)) as [number]
    real.engine.podman('run', '-d', '--name', 'stranger', '-p', `127.0.0.1:${port}:8080`, 'localhost/look:1')
    await using stack = await makeStack(port)
    const { places } = await call<Checked>(stack, 'check', { env: 'production' })
    expect(places[0]!.findings.find(({ check }) => check === 'port')).toMatchObject({
      level: 'fail',
      measured: 'held by container stranger',
      advice: expect.stringContaining('docker stop stranger'),
    })
    real.engine.podman('rm', '-f', 'stranger')
  })
})

describe('check behind a Caddy that serves elsewhere than on port 443', () => {
  it('[C6] looks at the certificate where visitors are shown it', async () => {
    const [port] = (await freePorts(1)) as [number]
    const put = async (path: string, value: unknown): Promise<void> => {
      const { status } = await fetch(`${real.caddy.admin}/config/apps/${path}`, {
        method: 'PUT',
        body: JSON.stringify(value),
        headers: { 'content-type': 'application/json' },
      })
      expect(status).toBe(200)
    }
    await put('pki', { certificate_authorities: { local: { install_trust: false } } })
    await put('tls', { automation: { policies: [{ subjects: ['localhost'], issuers: [{ module: 'internal' }] }] } })
    await put('http/servers/secure', {
      listen: [`127.0.0.1:${port}`],
      tls_connection_policies: [{}],
      automatic_https: { disable_redirects: true },
      routes: [{ match: [{ host: ['localhost'] }], handle: [{ handler: 'static_response', body: 'here' }] }],
    })
    await using stack = await createStack({
      stack: 'secure',
      targets: { local: { kind: 'local' } },
      environments: { staging: { target: 'local' } },
      services: { site: { handler: 'static', source: 'site', hostname: 'localhost' } },
      proxy: { admin: real.caddy.admin, server: 'secure' },
    })
    const certificate = async (): Promise<readonly Finding[]> =>
      (await call<Checked>(stack, 'check', { env: 'staging' })).places[0]!.findings.filter(({ check }) => check === 'certificate')
    // Caddy makes one when it is first asked for.
    await expect.poll(certificate, { timeout: 20_000 }).toMatchObject([{ subject: 'localhost', measured: expect.stringContaining('days') }])
    stack.config((config) => Object.assign(config, { proxy: { admin: real.caddy.admin, server: 'test' } }))
    expect(await certificate()).toEqual([])
  })
})
