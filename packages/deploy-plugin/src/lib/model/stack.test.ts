import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestFile, writeFiles } from '@switchyard/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type ComposeService, containerPorts, publishedPorts } from './compose-service.ts'
import { placeOf } from './source.ts'
import { readStack, type Stack, type StackOptions } from './stack.ts'
import { settingOf } from './unit.ts'
import { get, plainOf, textOf } from './yaml-tree.ts'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'deploy-stack-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

function read(files: Readonly<Record<string, TestFile>>, options?: StackOptions): Stack {
  writeFiles(dir, files)
  return readStack(dir, options)
}
function serviceOf({ projects }: Stack, name: string): ComposeService {
  const service = projects[0]?.services.get(name)
  if (service === undefined) throw new Error(`there is no service ${name}`)
  return service
}
const problemsOf = ({ problems }: Stack): string[] =>
  problems.map(({ rule, note, spot }) => `${rule} ${placeOf(spot).file}:${placeOf(spot).line} ${note}`)

describe('readStack()', () => {
  it('lays Compose files over one another as Compose does', () => {
    const stack = read({
      'compose.yaml':
        'services:\n  web:\n    image: a:1\n    command: [a, b]\n    environment: [A=1, B=1]\n    ports: ["80:80"]\n    volumes: ["x:/x", "y:/y"]\n    labels: {l: "1"}\n    dns: 1.1.1.1\n',
      'compose.override.yaml':
        'services:\n  web:\n    image: a:2\n    command: [c]\n    environment:\n      B: "2"\n    ports: ["80:80", "81:81"]\n    volumes: ["z:/y"]\n    labels: !reset null\n',
      'compose.production.yaml': 'services:\n  web:\n    ports: !override ["443:443"]\n',
    })
    const web = serviceOf(stack, 'web')
    expect(web.image?.name).toBe('a:2')
    expect(placeOf(web.image!.spot).file).toBe('compose.override.yaml')
    expect(plainOf(get(web.tree, 'command')!)).toEqual(['c'])
    expect(web.environment.map(({ name, value }) => `${name}=${value}`)).toEqual(['A=1', 'B=2'])
    expect(web.mounts.map(({ source, target }) => `${source}:${target}`)).toEqual(['x:/x', 'z:/y'])
    expect(publishedPorts(web).map(({ published }) => published?.from)).toEqual([80, 81])
    expect(get(web.tree, 'labels')).toBeUndefined()
    expect(publishedPorts(serviceOf(readStack(dir, { env: 'production' }), 'web')).map(({ published }) => published?.from)).toEqual([443])
    expect(serviceOf(readStack(dir, { compose: ['compose.yaml'] }), 'web').image?.name).toBe('a:1')
  })

  it('follows extends and include, with paths that count from the file that names them', () => {
    const stack = read({
      'compose.yaml':
        'include:\n  - path: [parts/db.yaml]\nservices:\n  web:\n    extends:\n      file: parts/base.yaml\n      service: base\n    image: web:1\n',
      'parts/db.yaml': 'services:\n  db:\n    image: db:1\n',
      'parts/base.yaml': 'services:\n  root:\n    restart: always\n  base:\n    extends: root\n    image: base:1\n    expose: ["80"]\n',
    })
    expect(stack.problems).toEqual([])
    expect(serviceOf(stack, 'db').image?.name).toBe('db:1')
    const web = serviceOf(stack, 'web')
    expect([web.image?.name, textOf(get(web.tree, 'restart')), containerPorts(web)]).toEqual(['web:1', 'always', [80]])
  })

  it('takes variables from .env and, over it, from that of the environment, never from the shell', () => {
    const files = { 'compose.yaml': 'services:\n  web:\n    image: a:${TAG}${HOME}\n', '.env': 'TAG=1\n', '.env.production': 'TAG=2\n' }
    expect(serviceOf(read(files), 'web').image).toMatchObject({ name: 'a:1', hasHole: true })
    expect(serviceOf(readStack(dir, { env: 'production' }), 'web').image?.name).toBe('a:2')
  })

  it('reads units with their drop-ins, where an empty value takes back', () => {
    const { units } = read({
      'systemd/a.service': '[Service]\nExecStart=/bin/a \\\n# said\n  --b\nUser=x\n',
      'systemd/a.service.d/10.conf': '[Service]\nExecStart=\nExecStart=/bin/b\n',
    })
    expect(units[0]?.entries[0]?.value.replace(/\s+/g, ' ')).toBe('/bin/a --b')
    expect(settingOf(units[0]!, 'Service', 'ExecStart')?.value).toBe('/bin/b')
  })

  it('reads nothing from outside of the project, by no way', () => {
    const outside = mkdtempSync(join(tmpdir(), 'deploy-outside-'))
    try {
      writeFileSync(join(outside, 'secret.yaml'), 'services:\n  stolen:\n    image: s:1\n')
      const stack = read({
        'compose.yaml': `include:\n  - ../${outside.split('/').at(-1)}/secret.yaml\n  - linked/secret.yaml\n  - ${outside}/secret.yaml\n  - link.yaml\nservices: {}\n`,
        linked: { link: outside },
        'link.yaml': { link: join(outside, 'secret.yaml') },
        '.env': { link: join(outside, 'secret.yaml') },
        'dangling.service': { link: '/nonexistent/x.service' },
      })
      expect(stack.projects[0]?.services.size).toBe(0)
      expect(problemsOf(stack).filter((line) => line.startsWith('stack.path-escape')).length).toBe(6)
      expect(JSON.stringify(problemsOf(stack))).not.toContain('stolen')
    } finally {
      rmSync(outside, { recursive: true, force: true })
    }
  })

  it('follows links that stay inside', () => {
    const stack = read({ 'real/a.yaml': 'services:\n  web:\n    image: a:1\n' })
    symlinkSync('real/a.yaml', join(dir, 'compose.yaml'))
    expect(stack.projects).toEqual([])
    expect(serviceOf(readStack(dir), 'web').image?.name).toBe('a:1')
  })

  it('says which files it did not read, and why', () => {
    mkdirSync(join(dir, 'b'))
    const stack = read({
      'a/compose.yaml': `x: "${'a'.repeat(1024 * 1024)}"\n`,
      'b/compose.yaml': new Uint8Array([0xff, 0xfe, 0]),
      'c/compose.yaml/': '',
      Caddyfile: '',
    })
    expect(problemsOf(stack)).toEqual([
      'stack.unreadable a/compose.yaml:1 was not read: it is larger than 1 MB',
      'stack.unreadable b/compose.yaml:1 was not read: it is not UTF-8 text',
    ])
  })
})
