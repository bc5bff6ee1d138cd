const LANGUAGES = ['node', 'python', 'go', 'rust', 'ruby', 'php', 'java', 'dotnet', 'elixir', 'static', 'other'] as const
export type Language = (typeof LANGUAGES)[number]

export interface LanguageFacts {
  readonly name: Language
  readonly packageName: string | undefined
  readonly dependencies: readonly string[]
  readonly start: readonly string[] | undefined
  /** What its framework listens on unless told otherwise. */
  readonly port: number | undefined
  readonly output: string | undefined
}

type Read = (name: string) => string | undefined
type Has = (name: string) => boolean
type Find = (suffix: string) => readonly string[]

/** The language of a folder, by the first file that gives it away; undefined where none does. */
export function readLanguage(read: Read, has: Has, find: Find): LanguageFacts | undefined {
  const packageJson = read('package.json')
  if (packageJson !== undefined) {
    const node = readNode(packageJson, has)
    if (node !== undefined) return node
  }
  if (has('requirements.txt') || has('pyproject.toml')) return readPython(read, has, find)
  const goMod = read('go.mod')
  if (goMod !== undefined) return readGo(goMod)
  const cargo = read('Cargo.toml')
  if (cargo !== undefined) return readRust(cargo)
  for (const [marker, name, port] of OTHERS) {
    const text = has(marker) ? (read(marker) ?? '') : undefined
    if (text === undefined) continue
    return { name, packageName: undefined, dependencies: wordsIn(text), start: undefined, port, output: undefined }
  }
  if (has('index.html')) return { name: 'static', packageName: undefined, dependencies: [], start: undefined, port: undefined, output: '.' }
  return undefined
}

const OTHERS: readonly (readonly [marker: string, name: Language, port: number])[] = [
  ['Gemfile', 'ruby', 3000],
  ['composer.json', 'php', 80],
  ['pom.xml', 'java', 8080],
  ['build.gradle', 'java', 8080],
  ['build.gradle.kts', 'java', 8080],
  ['mix.exs', 'elixir', 4000],
]

const NODE_PORTS: Readonly<Record<string, number>> = {
  next: 3000,
  nuxt: 3000,
  '@nestjs/core': 3000,
  '@remix-run/serve': 3000,
  astro: 4321,
  express: 3000,
  fastify: 3000,
  koa: 3000,
}
const SERVERS = [
  'express',
  'fastify',
  'koa',
  'hono',
  '@hono/node-server',
  'next',
  'nuxt',
  '@nestjs/core',
  '@remix-run/serve',
  'polka',
  'h3',
  'restify',
]
const SITE_BUILDERS: Readonly<Record<string, string>> = {
  vite: 'dist',
  astro: 'dist',
  '@11ty/eleventy': '_site',
  gatsby: 'public',
  'react-scripts': 'build',
  '@vue/cli-service': 'dist',
  '@angular/cli': 'dist',
}

function readNode(text: string, has: Has): LanguageFacts | undefined {
  const json = objectIn(text)
  const dependencies = Object.keys(recordOf(json.dependencies))
  const all = [...dependencies, ...Object.keys(recordOf(json.devDependencies))]
  const scripts = recordOf(json.scripts)
  const packageName = typeof json.name === 'string' ? json.name : undefined
  const isServer = dependencies.some((name) => SERVERS.includes(name))
  const start = typeof scripts.start === 'string' ? scripts.start : undefined
  const builder = Object.keys(SITE_BUILDERS).find((name) => all.includes(name))
  const base = { packageName, dependencies: all }
  if (builder !== undefined && !isServer && (start === undefined || /\b(vite|preview|serve|react-scripts|ng|astro)\b/.test(start)))
    return { ...base, name: 'static', start: undefined, port: undefined, output: SITE_BUILDERS[builder] }
  const main =
    typeof json.main === 'string' && /^[\w./-]+$/.test(json.main)
      ? json.main
      : ['server.js', 'src/server.js', 'index.js', 'app.js', 'src/index.js'].find(has)
  // The root of a monorepo holds its apps, and is none.
  if (json.workspaces !== undefined && start === undefined) return undefined
  if (start === undefined && main === undefined && !isServer) return undefined
  const plain = start === undefined ? undefined : /^node ((?:--?[\w-]+(?:=[\w./-]+)? )*[\w./-]+)$/.exec(start)?.[1]
  const argv =
    plain !== undefined
      ? ['node', ...plain.split(' ')]
      : start !== undefined
        ? ['npm', 'start']
        : main !== undefined
          ? ['node', main]
          : undefined
  const framework = Object.keys(NODE_PORTS).find((name) => dependencies.includes(name))
  return { ...base, name: 'node', start: argv, port: framework === undefined ? undefined : NODE_PORTS[framework], output: undefined }
}

function readPython(read: Read, has: Has, find: Find): LanguageFacts {
  const dependencies = wordsIn(`${read('requirements.txt') ?? ''}\n${read('pyproject.toml') ?? ''}`)
  const uses = (name: string): boolean => dependencies.includes(name)
  const entry = ['main.py', 'app.py', 'wsgi.py', 'asgi.py', 'server.py', 'run.py'].find(has)
  const module = entry?.replace('.py', '')
  const django = find('wsgi.py').find((path) => path.split('/').length > 1)
  const start =
    uses('django') && django !== undefined
      ? ['gunicorn', '--bind', '0.0.0.0:8000', `${django.split('/').at(-2)}.wsgi`]
      : uses('fastapi') && module !== undefined
        ? ['uvicorn', `${module}:app`, '--host', '0.0.0.0', '--port', '8000']
        : uses('flask') && module !== undefined
          ? ['gunicorn', '--bind', '0.0.0.0:8000', `${module}:app`]
          : entry === undefined
            ? undefined
            : ['python3', entry]
  const port = ['django', 'fastapi', 'flask', 'uvicorn', 'gunicorn', 'starlette'].some(uses) ? 8000 : undefined
  const packageName = /^name\s*=\s*"([^"]+)"/m.exec(read('pyproject.toml') ?? '')?.[1]
  return { name: 'python', packageName, dependencies, start, port, output: undefined }
}

function readGo(text: string): LanguageFacts {
  const packageName = /^module\s+(\S+)/m
    .exec(text)?.[1]
    ?.split('/')
    .findLast((part) => !/^v\d+$/.test(part))
  const dependencies = [
    ...text.matchAll(/^[ \t]{0,20}(?:require[ \t]{1,20})?([\w-]{1,63}(?:\.[\w-]{1,63}){1,10}\/[\w./-]{1,200})[ \t]{1,20}v/gm),
  ].map(([, name = '']) => name)
  const binary = (packageName ?? 'app').replace(/[^\w-]/g, '-')
  return { name: 'go', packageName, dependencies, start: [`./${binary}`], port: 8080, output: undefined }
}

function readRust(text: string): LanguageFacts | undefined {
  const packageName = /^\[package\][^[]*?^name\s*=\s*"([\w-]+)"/ms.exec(text)?.[1]
  if (packageName === undefined) return undefined
  const dependencies = wordsIn(text)
  return { name: 'rust', packageName, dependencies, start: [`./${packageName}`], port: 8080, output: undefined }
}

function objectIn(text: string): Record<string, unknown> {
  try {
    return recordOf(JSON.parse(text))
  } catch {
    return {}
  }
}

const recordOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {}

/** Names in a list of dependencies, whatever its form. */
const wordsIn = (text: string): string[] => [...new Set(text.toLowerCase().match(/[a-z][a-z0-9_.-]{1,60}/g) ?? [])]
