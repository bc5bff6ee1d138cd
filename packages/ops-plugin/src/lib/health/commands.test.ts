import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { definePlugin } from '@switchyard/plugin-kit'
import { createTestYard, pluginContract } from '@switchyard/testkit'
import { describe, expect, it } from 'vitest'
import { healthCommands } from './commands.ts'
import type { ScanReport } from './schema.ts'

/** The room alone, under the name that its undo calls it by. */
const ops = definePlugin({ name: 'ops', version: '0.1.0', summary: 'The health of a project', commands: healthCommands })

const manifest = (fields: object = {}): string => JSON.stringify({ name: 'demo', version: '1.0.0', ...fields }, null, 2)
const files = { 'README.md': 'Hello', 'package.json': manifest(), 'tsconfig.json': '{}', 'big/a.bin': Buffer.alloc(6 * 1024 * 1024) }
const suppression = { check: 'files.large', file: 'big/**', reason: 'pictures for the page', until: '2030-01-31' }

describe('the commands of health keep what every plugin must', () => {
  const change = '0123456789abcdef'
  const inputs = {
    'health.scan': [{}, { project: '.', strict: true, format: 'sarif' as const }],
    'health.report': [{ output: 'out/health.html' }, { output: 'a.sarif' }],
    'health.fix': [{}, { checks: ['structure.tsconfig-strict'] }, { checks: ['docs.links'] }],
    'health.restore': [{ change }],
    'health.baseline': [{}],
    'health.suppress': [suppression],
    'health.verify': [{ steps: ['typecheck' as const] }],
  }
  const failing = {
    'health.scan': [{ project: 'nowhere' }, { minimum: 100 }, { ratchet: true }],
    'health.report': [{ output: 'README.md' }, { output: '../out.html' }],
    'health.fix': [{ checks: ['no.such'] }],
    'health.restore': [{ change: 'fedcba9876543210' }],
    'health.suppress': [{ ...suppression, check: 'no.such' }],
  }
  /** A change that can be taken back, as one run before leaves it. */
  const arrange = ({ dir }: { dir: string }): void => {
    const folder = join(dir, '.switchyard/plugins/ops/changes')
    mkdirSync(folder, { recursive: true })
    const was = { path: 'gone.txt', before: Buffer.from('was here').toString('base64'), mode: 0o644, hash: null }
    writeFileSync(join(folder, `${change}.json`), JSON.stringify({ root: dir, files: [was], folders: [] }))
  }
  for (const { name, run } of pluginContract(ops, { files, inputs, failing, arrange })) it(name, run)
})

describe('ops.health.scan with a limit', () => {
  it('fails below the minimum with what is worst, and passes at it', async () => {
    await using kit = await createTestYard({ plugins: [ops], files })
    const { score } = (await kit.call('ops.health.scan', {})) as ScanReport
    await expect(kit.call('ops.health.scan', { minimum: score + 1 })).rejects.toMatchObject({
      code: 'HEALTH_BELOW_MINIMUM',
      message: expect.stringMatching(new RegExp(`^Cannot pass as the score must be at least ${score + 1}: it is ${score}\nFAIL `)),
      data: { score, minimum: score + 1 },
    })
    await expect(kit.call('ops.health.scan', { minimum: score })).resolves.toMatchObject({ score })
  })

  it('lets what the baseline has pass, and nothing new', async () => {
    await using kit = await createTestYard({ plugins: [ops], files })
    await expect(kit.call('ops.health.scan', { ratchet: true })).rejects.toMatchObject({ code: 'BASELINE_MISSING' })
    const { id } = await kit.plan('ops.health.baseline', {})
    await kit.approve(id)
    expect(await kit.call('ops.health.scan', { ratchet: true })).toMatchObject({ baseline: { new: 0, gone: 0, isComparable: true } })

    writeFileSync(join(kit.dir, 'README.md'), 'Hello [there](gone.md)')
    await expect(kit.call('ops.health.scan', { ratchet: true })).rejects.toMatchObject({
      code: 'HEALTH_WORSENED',
      message: expect.stringContaining('docs.links: README.md:1  links to gone.md, which is not there'),
    })
    writeFileSync(join(kit.dir, 'README.md'), 'word '.repeat(50))
    const better = (await kit.call('ops.health.scan', { ratchet: true })) as ScanReport
    expect(better.baseline).toMatchObject({ new: 0, gone: 1 })
    expect(better.text).toMatch(/baseline \d+, now \d+ \(\+\d+\) · 0 new, 1 mended since/)
  })

  it('keeps a finding known while lines above it come and numbers in it change', async () => {
    const note = (lines: number): string => `${'\n'.repeat(lines)}[a](gone.md)\n${'word '.repeat(50)}`
    await using kit = await createTestYard({ plugins: [ops], files: { 'README.md': note(0), 'a.md': '[a](v1.2.md)' } })
    await kit.approve((await kit.plan('ops.health.baseline', {})).id)
    writeFileSync(join(kit.dir, 'README.md'), note(7))
    writeFileSync(join(kit.dir, 'b.md'), 'nothing else')
    expect(await kit.call('ops.health.scan', { ratchet: true })).toMatchObject({ baseline: { new: 0, gone: 0 } })
  })
})

describe('ops.health.suppress', () => {
  it('takes findings out until its day, with the reason in the report', async () => {
    await using kit = await createTestYard({ plugins: [ops], files })
    const large = async () => {
      const { checks, suppressions } = (await kit.call('ops.health.scan', {})) as ScanReport
      const { status, suppressed } = checks.find(({ id }) => id === 'files.large') ?? {}
      return { status, suppressed, used: suppressions.map(({ findings }) => findings) }
    }
    expect(await large()).toEqual({ status: 'warn', suppressed: 0, used: [] })
    const today = new Date(kit.clock.now()).toISOString().slice(0, 10)
    await kit.approve((await kit.plan('ops.health.suppress', { ...suppression, until: today })).id)
    expect(await large()).toEqual({ status: 'pass', suppressed: 1, used: [1] })

    kit.clock.advance(24 * 3_600_000)
    expect(await large()).toEqual({ status: 'warn', suppressed: 0, used: [0] })
    const { checks } = (await kit.call('ops.health.scan', {})) as ScanReport
    expect(checks.find(({ id }) => id === 'quality.suppressions')).toMatchObject({ status: 'warn' })
  })

  it('refuses to rewrite a file that it cannot read', async () => {
    await using kit = await createTestYard({ plugins: [ops], files: { ...files, 'switchyard.health.json': '{ "suppress": [{}] }' } })
    await expect(kit.plan('ops.health.suppress', suppression)).rejects.toMatchObject({ code: 'SETTINGS_INVALID' })
    expect(await kit.call('ops.health.scan', {})).toMatchObject({
      checks: expect.arrayContaining([expect.objectContaining({ id: 'quality.suppressions', status: 'fail' })]),
    })
  })
})

describe('ops.health.fix', () => {
  it('shows a diff, makes it, asks the checks again, and is taken back', async () => {
    await using kit = await createTestYard({ plugins: [ops], files })
    const plan = await kit.plan('ops.health.fix', { checks: ['structure.tsconfig-strict', 'docs.links'] })
    expect(plan.plan.steps).toMatchObject([
      { does: 'change', target: 'tsconfig.json', detail: expect.stringContaining('\n+  "compilerOptions"') },
    ])
    const before = readFileSync(join(kit.dir, 'tsconfig.json'), 'utf8')
    const result = await kit.approve(plan.id)
    expect(result).toMatchObject({ fixes: [{ fix: 'tsconfig-strict', before: 'warn', after: 'pass' }] })
    expect(readFileSync(join(kit.dir, 'tsconfig.json'), 'utf8')).toContain('"strict": true')
    await kit.undo(plan.id)
    expect(readFileSync(join(kit.dir, 'tsconfig.json'), 'utf8')).toBe(before)
  })
})

describe('ops.health.report', () => {
  it('writes the form that the ending names', async () => {
    await using kit = await createTestYard({ plugins: [ops], files })
    for (const [output, begin] of [
      ['h/a.html', '<!doctype html>'],
      ['a.sarif', '{\n  "$schema"'],
      ['a.md', '# Health of '],
      ['a.xml', '<?xml'],
      ['a.json', '{\n  "project"'],
      ['a.txt', ''],
    ] as const) {
      await kit.approve((await kit.plan('ops.health.report', { output })).id)
      expect([output, readFileSync(join(kit.dir, output), 'utf8').startsWith(begin)]).toEqual([output, true])
    }
  })
})

describe('ops.health.verify', () => {
  const scripts = (test: string) => ({ 'package.json': manifest({ scripts: { build: 'node -e 0', test } }) })

  it('holds the score down where the tests are red, and says the last line that they printed', async () => {
    await using kit = await createTestYard({ plugins: [ops], files: scripts('node -e "console.log(\'two are red\'); process.exit(1)"') })
    const plan = await kit.plan('ops.health.verify', {})
    expect(JSON.stringify(plan)).toContain('npm run test')
    const report = (await kit.approve(plan.id)) as ScanReport
    expect(report).toMatchObject({ status: 'fail', passed: false, caps: [{ check: 'quality.tests-pass', at: 49 }] })
    const of = (id: string) => report.checks.find((check) => check.id === id)
    expect([of('quality.build-succeeds')?.status, of('quality.tests-pass')?.findings[0]?.note]).toEqual([
      'pass',
      'npm run test failed: two are red',
    ])
  })

  it('tells apart whether the tests pass and how healthy the project is', async () => {
    await using kit = await createTestYard({ plugins: [ops], files: { 'package.json': manifest({ scripts: { test: 'node -e 0' } }) } })
    const report = await kit.call('ops.health.verify', { steps: ['test'] })
    expect(report).toMatchObject({ passed: true })
    expect((report as ScanReport).status).not.toBe('pass')
    await using none = await createTestYard({ plugins: [ops], files: { 'package.json': manifest({}) } })
    expect(await none.call('ops.health.verify', { steps: ['test'] })).toMatchObject({ passed: false })
  })

  it('ends what takes too long, with everything that it started', async () => {
    const test = 'node -e "setInterval(() => {}, 1000)" & echo $! > child.pid; wait'
    await using kit = await createTestYard({ plugins: [ops], files: scripts(test) })
    const report = (await kit.call('ops.health.verify', { steps: ['test'], minutes: 0.03 })) as ScanReport
    expect(report.checks.find(({ id }) => id === 'quality.tests-pass')).toMatchObject({
      findings: [{ note: expect.stringContaining('npm run test timed out') }],
    })
    const pid = readFileSync(join(kit.dir, 'child.pid'), 'utf8').trim()
    await expect.poll(() => isGone(pid)).toBe(true)
  })
})

describe('ops.health.scan with network', () => {
  const locked = {
    'package.json': manifest({ dependencies: { left: '^1.0.0' } }),
    'package-lock.json': JSON.stringify({ lockfileVersion: 3, packages: { 'node_modules/left': { version: '1.0.0' } } }),
  }
  const advice = { left: [{ title: 'it waits for ever', url: 'https://example.com/1', severity: 'high', vulnerable_versions: '<1.2.0' }] }

  /** Answers as the npm registry documents. */
  async function registry(answer: (url: string) => unknown) {
    const asked: string[] = []
    const server = createServer((request, response) => {
      asked.push(`${request.method} ${request.url}`)
      const body = answer(request.url ?? '')
      if (body !== undefined) response.setHeader('content-type', 'application/json').end(JSON.stringify(body))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const close = async (): Promise<void> => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    }
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked, [Symbol.asyncDispose]: close }
  }
  const statusOf = ({ checks }: ScanReport, id: string) => checks.find((check) => check.id === id)?.status

  it('asks the registry once an hour for advisories and newest versions', async () => {
    await using fake = await registry((url) => (url.endsWith('/bulk') ? advice : { latest: '2.0.0' }))
    await using kit = await createTestYard({ plugins: [ops], files: locked })
    const ask = () => kit.call('ops.health.scan', { network: true, registry: fake.url }) as Promise<ScanReport>
    const report = await ask()
    expect([statusOf(report, 'dependencies.vulnerabilities'), statusOf(report, 'dependencies.outdated')]).toEqual(['fail', 'warn'])
    expect(fake.asked.sort()).toEqual(['GET /-/package/left/dist-tags', 'POST /-/npm/v1/security/advisories/bulk'])
    expect(await ask()).toEqual(report)
    expect(fake.asked.length).toBe(2)
    kit.clock.advance(3_600_001)
    await ask()
    expect(fake.asked.length).toBe(4)
  })

  it('is unsure where the registry cannot be reached, and asks nobody unless told to', async () => {
    await using kit = await createTestYard({ plugins: [ops], files: locked })
    const report = (await kit.call('ops.health.scan', { network: true, registry: 'http://127.0.0.1:9' })) as ScanReport
    expect([statusOf(report, 'dependencies.vulnerabilities'), statusOf(report, 'dependencies.outdated')]).toEqual(['unknown', 'unknown'])
    expect(report.confidence).toBeLessThan(100)
    const silent = (await kit.call('ops.health.scan', {})) as ScanReport
    expect(silent.notApplicable).toEqual(expect.arrayContaining(['dependencies.vulnerabilities', 'dependencies.outdated']))
    expect(silent.score).toBe(report.score)
  })
})

describe('ops.health.scan in a repository', () => {
  it('tells what is not committed and how much history there is', async () => {
    await using kit = await createTestYard({ plugins: [ops], files: { 'a.txt': 'a', '.gitignore': '.switchyard/\n' } })
    const git = (...args: string[]) =>
      execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args], { cwd: kit.dir, stdio: 'pipe' })
    const states = async () => {
      const { checks } = (await kit.call('ops.health.scan', {})) as ScanReport
      return ['quality.clean-tree', 'quality.history'].map((id) => checks.find((check) => check.id === id)?.status)
    }
    expect(await states()).toEqual([undefined, undefined])
    git('init', '-q')
    expect(await states()).toEqual(['warn', 'warn'])
    git('add', '.')
    git('commit', '-qm', 'one')
    expect(await states()).toEqual(['pass', 'warn'])
    git('commit', '-qm', 'two', '--allow-empty')
    expect(await states()).toEqual(['pass', 'pass'])
    writeFileSync(join(kit.dir, 'a.txt'), 'b')
    expect(await states()).toEqual(['warn', 'pass'])
  })

  it('does not count the commits of a shallow copy, wherever its repository is kept', async () => {
    await using kit = await createTestYard({ plugins: [ops], files: { 'a.txt': 'a' } })
    const git = (...args: string[]) =>
      execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args], { cwd: kit.dir, stdio: 'pipe' })
    git('init', '-q', 'whole')
    for (const message of ['one', 'two']) git('-C', 'whole', 'commit', '-q', '--allow-empty', '-m', message)
    git('clone', '-q', '--depth', '1', `file://${join(kit.dir, 'whole')}`, 'part', '--separate-git-dir', join(kit.dir, 'kept'))
    writeFileSync(join(kit.dir, 'part/.git'), 'gitdir: ../kept\n')
    writeFileSync(join(kit.dir, 'part/a.txt'), 'a')
    const { checks } = (await kit.call('ops.health.scan', { project: 'part' })) as ScanReport
    expect(checks.find(({ id }) => id === 'quality.history')).toMatchObject({
      status: 'unknown',
      findings: [{ note: 'the copy is shallow' }],
    })
  })

  it('does not ask git where the repository would have it run a program', async () => {
    await using kit = await createTestYard({ plugins: [ops], files: { 'a.txt': 'a', '.gitattributes': '* filter=trap\n' } })
    execFileSync('git', ['init', '-q'], { cwd: kit.dir })
    execFileSync('git', ['add', '.'], { cwd: kit.dir })
    execFileSync('git', ['config', 'filter.trap.clean', `touch ${join(kit.dir, 'sprung')}; cat`], { cwd: kit.dir })
    writeFileSync(join(kit.dir, 'a.txt'), 'b')
    const { checks } = (await kit.call('ops.health.scan', {})) as ScanReport
    expect(checks.find(({ id }) => id === 'quality.clean-tree')?.status).toBe('unknown')
    expect(existsSync(join(kit.dir, 'sprung'))).toBe(false)
  })
})

/** Where nobody collects the dead, they stay as zombies. */
function isGone(pid: string): boolean {
  return !existsSync(`/proc/${pid}`) || /\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
}
