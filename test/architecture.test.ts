import { globSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { describe, expect, it } from 'vitest'

/** Floors of the rooms, lowest first; an import may only go down. A plugin may import plugin-kit, and testkit in its tests. */
const FLOORS: Readonly<Record<string, number>> = {
  contracts: 0,
  store: 1,
  resilience: 1,
  'plugin-kit': 1,
  bus: 2,
  state: 3,
  trace: 3,
  chain: 3,
  registry: 3,
  router: 4,
  yard: 5,
  testkit: 5,
  mcp: 6,
  'trace-viewer': 6,
  cli: 7,
}

interface PackageJson {
  name: string
  private?: boolean
  license?: string
  dependencies?: Record<string, string>
  devDependencies?: Record<string, string>
}

const rooms = globSync('packages/*/package.json').map((path) => ({
  room: dirname(path).slice('packages/'.length),
  manifest: JSON.parse(readFileSync(path, 'utf8')) as PackageJson,
}))

const ours = (dependencies: Record<string, string> | undefined): string[] =>
  Object.keys(dependencies ?? {})
    .filter((name) => name.startsWith('@switchyard/'))
    .map((name) => name.slice('@switchyard/'.length))

const isPlugin = (room: string): boolean => room.endsWith('-plugin')

describe('the rooms', () => {
  it('are all known, and named after their folder', () => {
    expect(rooms.length).toBeGreaterThan(5)
    for (const { room, manifest } of rooms) {
      expect(manifest.name).toBe(`@switchyard/${room}`)
      expect(isPlugin(room) || room in FLOORS, room).toBe(true)
    }
  })

  it('depend on lower floors only; on the same floor only where the design says so', () => {
    const SAME_FLOOR = ['testkit on yard']
    const wrong = rooms
      .filter(({ room }) => !isPlugin(room))
      .flatMap(({ room, manifest }) =>
        ours(manifest.dependencies)
          .filter((other) => !(isPlugin(other) && room === 'cli'))
          .filter((other) => isPlugin(other) || FLOORS[other]! >= FLOORS[room]!)
          .map((other) => `${room} on ${other}`),
      )
    expect(wrong).toEqual(SAME_FLOOR)
  })

  it('let a plugin depend on the plugin kit alone, on the test kit in tests, and on other plugins by type only', () => {
    for (const { room, manifest } of rooms.filter(({ room }) => isPlugin(room))) {
      expect(ours(manifest.dependencies), room).toEqual(['plugin-kit'])
      for (const other of ours(manifest.devDependencies)) expect(other === 'testkit' || isPlugin(other), `${room} on ${other}`).toBe(true)
    }
  })

  it('import in what they publish only what they depend on, and of other plugins the types', () => {
    const wrong = rooms.flatMap(({ room, manifest }) => {
      const allowed = ours(manifest.dependencies)
      return globSync(`packages/${room}/src/**/*.ts`, { exclude: ['**/*.test.ts'] })
        .flatMap((path) => importsOfRooms(readFileSync(path, 'utf8')).map((found) => ({ path, ...found })))
        .filter(({ other, typeOnly }) => other !== room && !allowed.includes(other) && !(typeOnly && isPlugin(room) && isPlugin(other)))
        .map(({ path, other }) => `${path}: ${other}`)
    })
    expect(wrong).toEqual([])
    const sample = "import type { A } from '@switchyard/a'\nexport { b } from '@switchyard/b/testing'\nawait import('@switchyard/c')"
    expect(importsOfRooms(sample)).toEqual([
      { other: 'a', typeOnly: true },
      { other: 'b', typeOnly: false },
      { other: 'c', typeOnly: false },
    ])
  })

  it('know the MCP SDK in the room mcp alone', () => {
    const imports = /\b(?:from|import)\s*\(?\s*['"]@modelcontextprotocol\//
    const knowing = globSync('packages/*/src/**/*.ts').filter((path) => imports.test(readFileSync(path, 'utf8')))
    expect(new Set(knowing.map((path) => path.split('/')[1]))).toEqual(new Set(['mcp']))
  })

  it('have no plugin that imports another at run time', () => {
    const imports = globSync('packages/*-plugin/src/**/*.ts').flatMap((path) => runtimeImportsOfPlugins(path, readFileSync(path, 'utf8')))
    expect(imports).toEqual([])
    expect(runtimeImportsOfPlugins('packages/a-plugin/src/x.ts', "import { ops } from '@switchyard/ops-plugin'")).toHaveLength(1)
    expect(runtimeImportsOfPlugins('packages/a-plugin/src/x.ts', "const ops = await import('@switchyard/ops-plugin')")).toHaveLength(1)
    expect(runtimeImportsOfPlugins('packages/a-plugin/src/x.ts', "import type ops from '@switchyard/ops-plugin'")).toEqual([])
  })
})

function importsOfRooms(source: string): { other: string; typeOnly: boolean }[] {
  const statements = source.matchAll(/^\s*(?:import|export)\b(\s+type\b)?[^'"`]*?['"]@switchyard\/([\w-]+)/gm)
  const dynamic = source.matchAll(/\bimport\(\s*['"]()@switchyard\/([\w-]+)/g)
  return [...statements, ...dynamic].map((match) => ({ other: match[2]!, typeOnly: (match[1] ?? '') !== '' }))
}

function runtimeImportsOfPlugins(path: string, source: string): string[] {
  const statements = source.matchAll(/^\s*(?:import|export)\b(?!\s+type\b)[^'"]*['"](@switchyard\/[\w-]+-plugin)[^'"]*['"]/gm)
  const dynamic = source.matchAll(/\bimport\(\s*['"](@switchyard\/[\w-]+-plugin)/g)
  return [...statements, ...dynamic].map((match) => `${path}: ${match[1]}`)
}
