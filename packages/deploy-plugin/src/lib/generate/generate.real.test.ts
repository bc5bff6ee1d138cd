import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { goTool, monorepo, nodeShop } from '../../../test/sample-projects.ts'
import { parseDotenv } from '../env/dotenv.ts'
import { writeSettled } from '../files/generated.ts'
import { planSetup } from '../setup/setup.ts'
import { validate } from '../validate/validate.ts'
import { FORMATS } from './formats.ts'
import { planGenerate } from './generate.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'switchyard-generate-'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const write = (path: string, text: string): void => {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), text)
}
const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const environment = { PATH: process.env.PATH, LANG: 'C' }

/** A program's answer, with its own folders in a place that goes away. */
function ask(program: string, ...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const own = { ...environment, HOME: root, XDG_DATA_HOME: join(root, '.data'), XDG_CONFIG_HOME: join(root, '.config') }
  const { status, stdout, stderr, error } = spawnSync(program, args, { cwd: root, env: own, encoding: 'utf8', timeout: 60_000 })
  if (error !== undefined) throw error
  return { status, stdout, stderr }
}

async function generate(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) write(path, text)
  const dataDir = join(root, '.switchyard')
  mkdirSync(dataDir)
  const wishes = { stack: 'shop', domain: 'shop.example.com' }
  writeSettled(root, dataDir, (await planSetup(root, dataDir, wishes, 'refuse')).outcomes)
  writeSettled(root, dataDir, await planGenerate(root, dataDir, { formats: FORMATS, conflicts: 'refuse' }))
  const example = existsSync(join(root, '.env.example')) ? read('.env.example') : ''
  const variables = parseDotenv(example).entries.map(({ name }) => `${name}=${'5d1f0a9c'.repeat(4)}\n`)
  write('.env', variables.join(''))
  write('.gitignore', '.env\n.env.*\n!.env.example\n!.env.schema\n')
}

describe('what deploy.generate writes', () => {
  for (const [name, files] of Object.entries({ nodeShop, goTool, monorepo })) {
    it(`is taken by compose, Caddy, systemd and our own rules: ${name}`, { timeout: 120_000 }, async () => {
      await generate(files)
      const { findings } = await validate(root, { today: '2026-11-21', strict: true, tools: true })
      expect(findings).toEqual([])

      if (name !== 'goTool') expect(ask('docker-compose', '-f', 'compose.yaml', 'config', '-q')).toMatchObject({ status: 0, stderr: '' })

      const adapted = ask('caddy', 'adapt', '--config', 'Caddyfile', '--adapter', 'caddyfile')
      expect(adapted.status).toBe(0)
      expect(adapted.stderr).not.toMatch(/not formatted|"level":"(warn|error)"/)
      expect(adapted.stdout).toContain('shop.example.com')
      expect(ask('caddy', 'fmt', 'Caddyfile').stdout).toBe(read('Caddyfile'))

      for (const unit of readdirSync(join(root, 'deploy')).filter((file) => file.endsWith('.service'))) {
        expect(ask('systemd-analyze', 'verify', '--man=no', '--recursive-errors=no', join('deploy', unit))).toMatchObject({
          status: 0,
          stderr: '',
        })
      }
    })
  }

  it('hardens units to an exposure of 1.5 or less, and of 2 where a runtime compiles as it runs', async () => {
    await generate(goTool)
    // Tenths: the threshold of systemd-analyze counts from 0 to 100.
    expect(ask('systemd-analyze', 'security', '--offline=true', '--threshold=15', 'deploy/ticker.service').status).toBe(0)
    expect(ask('systemd-analyze', 'security', '--offline=true', '--threshold=5', 'deploy/ticker.service').status).not.toBe(0)

    rmSync(join(root, '.switchyard'), { recursive: true })
    for (const path of ['go.mod', 'main.go', 'switchyard.deploy.json']) rmSync(join(root, path))
    await generate({
      'package.json': '{ "name": "web", "scripts": { "start": "node server.js" } }',
      'server.js': 'listen(process.env.PORT || 3000)',
    })
    expect(read('deploy/web.service')).toContain('ExecStart=/usr/bin/env node server.js\n')
    expect(ask('systemd-analyze', 'security', '--offline=true', '--threshold=20', 'deploy/web.service').status).toBe(0)
  })

  it('hands texts over to compose as they are, whatever signs they have', async () => {
    const image = 'registry.example.com/a:1'
    const config = {
      stack: 'shop',
      targets: { local: { kind: 'local' } },
      environments: { production: { target: 'local' } },
      services: { api: { handler: 'compose', image, port: 80, health: { command: ['sh', '-c', 'echo "$HOME" ${X} \'a\' # %h | tee'] } } },
    }
    await generate({ 'switchyard.deploy.json': JSON.stringify(config), ...goTool })
    const printed = execFileSync('docker-compose', ['-f', 'compose.yaml', 'config'], {
      cwd: root,
      env: { ...environment, HOME: root },
      encoding: 'utf8',
    })
    const { parse } = await import('yaml')
    const { services } = parse(printed) as { services: { api: { image: string; healthcheck: { test: string[] } } } }
    expect(services.api.image).toBe(image)
    // `config` prints what can be read again: a dollar sign twice.
    expect(services.api.healthcheck.test.map((word) => word.replaceAll('$$', '$'))).toEqual([
      'CMD',
      'sh',
      '-c',
      'echo "$HOME" ${X} \'a\' # %h | tee',
    ])
  })
})
