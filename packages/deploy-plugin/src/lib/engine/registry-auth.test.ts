import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { loginFiles, registryAuth, registryOf } from './registry-auth.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'switchyard-logins-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const encoded = (text: string): string => Buffer.from(text).toString('base64')
function logins(name: string, text: string): string {
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}

describe('registryOf()', () => {
  it.each([
    ['postgres:17', 'https://index.docker.io/v1/'],
    ['library/postgres', 'https://index.docker.io/v1/'],
    ['ghcr.io/acme/shop:1', 'ghcr.io'],
    ['localhost:5000/shop@sha256:abc', 'localhost:5000'],
    ['localhost/shop', 'localhost'],
  ])('of %s is %s', (image, registry) => expect(registryOf(image)).toBe(registry))
})

describe('registryAuth()', () => {
  it('finds what the person who deploys logged in with, in the first file that has it', async () => {
    const auths = { 'ghcr.io': { auth: encoded('ada:a:b') }, 'https://index.docker.io/v1/': { auth: encoded('bob:c') } }
    const files = [
      logins('none', '{"credsStore":"desktop"}'),
      logins('one', JSON.stringify({ auths })),
      logins('two', '{"auths":{"ghcr.io":{}}}'),
    ]
    expect(await registryAuth('ghcr.io/acme/shop', files)).toEqual({ username: 'ada', password: 'a:b', serveraddress: 'ghcr.io' })
    expect(await registryAuth('postgres:17', files)).toMatchObject({ username: 'bob' })
    expect(await registryAuth('quay.io/acme/shop', files)).toBeUndefined()
  })

  it('finds nothing in what is missing, broken or kept elsewhere', async () => {
    const files = [
      join(folder, 'missing'),
      logins('broken', '{'),
      logins('strange', '[1]'),
      logins('empty', '{"auths":{"ghcr.io":{"auth":"x"}}}'),
    ]
    expect(await registryAuth('ghcr.io/acme/shop', files)).toBeUndefined()
  })

  it('looks where docker and podman write', () => {
    expect(loginFiles({ REGISTRY_AUTH_FILE: '/a', XDG_RUNTIME_DIR: '/run/user/1', DOCKER_CONFIG: '/d' })).toEqual([
      '/a',
      '/run/user/1/containers/auth.json',
      '/d/config.json',
    ])
  })
})
