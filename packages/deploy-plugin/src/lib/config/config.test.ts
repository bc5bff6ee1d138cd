import { isSwitchyardError } from '@switchyard/plugin-kit'
import { describe, expect, it } from 'vitest'
import type { ConfigProblem } from './errors.ts'
import { parseConfig } from './read-config.ts'

const minimal = {
  stack: 'shop',
  targets: { local: { kind: 'local' } },
  environments: { staging: { target: 'local' } },
  services: { api: { handler: 'compose' } },
}

function problemsIn(text: string): readonly ConfigProblem[] {
  try {
    parseConfig(text)
  } catch (error) {
    if (isSwitchyardError(error, 'DEPLOY_CONFIG_INVALID')) return error.data.problems as readonly ConfigProblem[]
    throw error
  }
  return []
}

const at = (text: string): string[] => problemsIn(text).map(({ line, column, path }) => `${line}:${column} ${path}`)

describe('parseConfig()', () => {
  it('fills in what is left out', () => {
    const { services, keepReleases, targets, environments } = parseConfig(JSON.stringify(minimal))
    expect(services.api).toMatchObject({ handler: 'compose', file: 'compose.yaml', stableForSeconds: 5, drainSeconds: 10 })
    expect({ keepReleases, target: targets.local, env: environments.staging }).toMatchObject({
      keepReleases: 5,
      target: { root: '/var/lib/switchyard' },
      env: { protected: false },
    })
  })

  it('names every mistake at once, each where it stands', () => {
    const text = `{
  "stack": "Shop",
  "targets": { "local": { "kind": "local" } },
  "environments": {
    "staging": { "target": "nowhere" },
    "ci": { "target": "local" }
  },
  "services": {
    "api": { "handler": "compose", "prot": 8080, "dependsOn": ["db"] },
    "api": { "handler": "compose", "port": 99999 }
  }
}`
    const others = ['5:18 environments.staging.target', '6:5 environments.ci']
    expect(at(text)).toEqual(['2:3 stack', ...others, '10:5 services.api', '10:36 services.api.port'])
    const once = text.replace(/ {4}"api": .*99999.*\n/, '').replace('["db"] },', '["db"] }')
    expect(at(once)).toEqual(['2:3 stack', ...others, '9:36 services.api.prot', '9:64 services.api.dependsOn.0'])
  })

  it.each([
    ['a comma that is missing', '{ "stack": "a" "targets": {} }', '1:16 '],
    ['an empty file', '', '1:1 '],
    ['a list', '[]', '1:1 '],
  ])('says where %s is', (_, text, expected) => {
    expect(at(text)[0]).toBe(expected)
  })

  it.each([
    [
      'a path that leaves the project',
      { services: { api: { handler: 'process', command: ['x'], source: '../../etc' } } },
      'services.api.source',
    ],
    ['a name with shell characters', { services: { 'a;rm -rf': { handler: 'compose' } } }, 'services.a;rm -rf'],
    ['a host name that nobody proxies', { services: { api: { handler: 'compose', port: 80, hostname: 'a.b' } } }, 'services.api.hostname'],
    ['a health check without a port to ask', { services: { api: { handler: 'compose', health: { http: '/' } } } }, 'services.api.health'],
    [
      'two services that wait for one another',
      { services: { a: { handler: 'compose', dependsOn: ['b'] }, b: { handler: 'compose', dependsOn: ['a'] } } },
      'services.a.dependsOn',
    ],
    [
      'a fingerprint that is none',
      { targets: { local: { kind: 'ssh', host: 'h', user: 'u', key: 'k', hostKey: 'MD5:aa' } } },
      'targets.local.hostKey',
    ],
    [
      'a migration that can be taken back beyond itself',
      { services: { api: { handler: 'compose', migrations: { level: 2, reversible: 3 } } } },
      'services.api.migrations.reversible',
    ],
  ])('refuses %s', (_, change, path) => {
    expect(problemsIn(JSON.stringify({ ...minimal, ...change })).map((problem) => problem.path)).toContain(path)
  })

  it('takes comments and a last comma', () => {
    expect(parseConfig(JSON.stringify(minimal).replace('{', '{ // the shop\n').replace(/\}$/, ',}')).stack).toBe('shop')
  })
})
