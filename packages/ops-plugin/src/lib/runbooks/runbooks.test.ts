import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { createTestYard, type TestYard } from '@switchyard/testkit'
import { describe, expect, it } from 'vitest'
import ops from '../../index.ts'

const sh = (script: string, ...more: string[]): string => ['```sh', script, '```', ...more, ''].join('\n')
const GOOD = `# Good\n\nDoes three things.\n\n## One\n\n${sh('echo one >> log')}\n## Two\n\n${sh('echo "two for $WHO" >> log; echo done', 'check: `grep -q two log`', 'expect: `done`')}\n## Three\n\n${sh('echo three >> log; exit 4', 'exit: 4')}`

const opened = (runbooks: Record<string, string>): Promise<TestYard> =>
  createTestYard({
    plugins: [ops],
    files: {
      'package.json': '{ "name": "demo" }',
      ...Object.fromEntries(Object.entries(runbooks).map(([name, text]) => [`runbooks/${name}.md`, text])),
    },
  })
type Any = Record<string, never> & { [key: string]: unknown }
const call = async (kit: TestYard, id: string, input: object = {}): Promise<Any> => (await kit.call(`ops.runbook.${id}`, input)) as Any
const logIn = (kit: TestYard): string => (existsSync(join(kit.dir, 'log')) ? readFileSync(join(kit.dir, 'log'), 'utf8') : '')

describe('ops.runbook.run of a Markdown runbook', () => {
  it('runs each step in order, with its values and its checks', async () => {
    await using kit = await opened({ good: GOOD })
    const record = await call(kit, 'run', { runbook: 'good', values: { WHO: 'you; rm -rf x' } })
    expect(logIn(kit)).toBe('one\ntwo for you; rm -rf x\nthree\n')
    expect(record).toMatchObject({ status: 'completed', stepsCompleted: 3, totalSteps: 3, kind: 'markdown' })
    expect(record.log).toMatchObject([
      { name: 'One', status: 'pass', exit: 0 },
      { name: 'Two', status: 'pass', exit: 0, output: 'done' },
      { name: 'Three', status: 'pass', exit: 4 },
    ])
    expect(await call(kit, 'history', { status: 'completed' })).toMatchObject({ runs: [{ run: 1, runbook: 'good', project: 'demo' }] })
  })

  it('shows every script before anything runs', async () => {
    await using kit = await opened({ good: GOOD })
    const { plan } = await kit.plan('ops.runbook.run', { runbook: 'good' })
    expect(plan.steps.map(({ detail }) => detail)).toEqual([
      'echo one >> log',
      'echo "two for $WHO" >> log; echo done\nexpect: done\ncheck: grep -q two log',
      'echo three >> log; exit 4\nexit: 4',
    ])
    expect(logIn(kit)).toBe('')
  })

  it.for([
    ['a script that ends otherwise', sh('echo oh no; exit 7'), 'it ended with 7 instead of 0: oh no'],
    ['a check that does not hold', sh('true', 'check: `test -f gone`'), '`test -f gone` ended with 1'],
    ['an output that is missing', sh('echo a', 'expect: `b`'), 'its output does not have "b"'],
    ['a shell that stops at the first failure', sh('false\necho go on'), 'it ended with 1 instead of 0'],
    [
      'a check before it',
      `check before: \`test -f gone\`\n${sh('echo x >> log')}`,
      'nothing was run, as a check before it failed: `test -f gone` ended with 1',
    ],
  ])('stops at %s, and can go on from there', async ([, text, why]) => {
    await using kit = await opened({
      bad: `# Bad\n## First\n${sh('echo first >> log')}## Second\n${text}## Third\n${sh('echo third >> log')}`,
    })
    await expect(call(kit, 'run', { runbook: 'bad' })).rejects.toMatchObject({
      code: 'RUN_FAILED',
      message: expect.stringContaining(String(why)),
    })
    expect(await call(kit, 'get', { run: 1 })).toMatchObject({
      status: 'failed',
      error: why,
      stepsCompleted: 1,
      log: [{ status: 'pass' }, { status: 'fail' }],
    })
    expect(logIn(kit)).toBe('first\n')
    await expect(call(kit, 'resume', { run: 1 })).rejects.toMatchObject({ code: 'RUN_FAILED' })
    // What was done before it failed is not done again.
    expect(logIn(kit)).toBe('first\n')
  })

  it('goes on from the step that failed once what was wrong is mended, by the text it began with', async () => {
    await using kit = await opened({
      bad: `# Bad\n## First\n${sh('echo first >> log')}## Second\n${sh('test -f mended')}## Third\n${sh('echo third >> log')}`,
    })
    await expect(call(kit, 'run', { runbook: 'bad' })).rejects.toMatchObject({ code: 'RUN_FAILED' })
    writeFileSync(join(kit.dir, 'mended'), '')
    writeFileSync(join(kit.dir, 'runbooks/bad.md'), '# Emptied')
    expect(await call(kit, 'resume', { run: 1 })).toMatchObject({ status: 'completed', stepsCompleted: 3 })
    expect(logIn(kit)).toBe('first\nthird\n')
    await expect(call(kit, 'resume', { run: 1 })).rejects.toMatchObject({ code: 'RUN_STATE' })
  })

  it('puts its questions to the person, or waits with them', async () => {
    const text = `# Asks\n## One\n${sh('echo one >> log')}## Sure\nask: Is it time?\n## Two\n${sh('echo two >> log')}`
    await using kit = await opened({ asks: text })
    expect(await call(kit, 'run', { runbook: 'asks' })).toMatchObject({ status: 'running', waitsFor: 'Is it time?', stepsCompleted: 1 })
    expect(logIn(kit)).toBe('one\n')
    expect(await call(kit, 'get', { run: 1 })).toMatchObject({ waitsFor: 'Is it time?' })
    await expect(call(kit, 'resume', { run: 1, answer: 'yes' })).rejects.toMatchObject({ code: 'FORBIDDEN' })
    kit.answer(() => 'yes')
    expect(await call(kit, 'resume', { run: 1 })).toMatchObject({ status: 'completed', stepsCompleted: 3 })
    expect(logIn(kit)).toBe('one\ntwo\n')
    kit.answer(() => 'no')
    await expect(call(kit, 'run', { runbook: 'asks' })).rejects.toMatchObject({ code: 'RUN_FAILED' })
    expect(logIn(kit)).toBe('one\ntwo\none\n')
  })

  it('refuses what cannot be run as it stands, and values that would turn programs', async () => {
    await using kit = await opened({ open: `# X\n${sh('restore <id>')}`, needs: `---\ninputs: [ID]\n---\n# X\n${sh('true')}` })
    await expect(call(kit, 'run', { runbook: 'open' })).rejects.toMatchObject({ code: 'RUNBOOK_INVALID' })
    await expect(call(kit, 'run', { runbook: 'needs' })).rejects.toMatchObject({
      code: 'RUNBOOK_INVALID',
      message: expect.stringContaining('given ID'),
    })
    for (const name of ['PATH', 'LD_PRELOAD', 'BASH_ENV', 'a b', 'GIT_SSH_COMMAND'])
      await expect(call(kit, 'run', { runbook: 'needs', values: { ID: 1, [name]: 'x' } }), name).rejects.toMatchObject({
        code: 'RUNBOOK_VALUE',
      })
    await expect(call(kit, 'run', { runbook: 'nothing' })).rejects.toMatchObject({ code: 'RUNBOOK_UNKNOWN' })
    expect(await call(kit, 'history')).toMatchObject({ runs: [] })
  })

  it('hands no secret of ours to a script, and keeps none that it prints', async () => {
    process.env.OPS_TEST_SECRET = 'abc123'
    await using kit = await opened({ leaky: `# X\n${sh('echo "mine: ${OPS_TEST_SECRET:-none}"; echo "password=hunter2hunter2"')}` })
    const { log } = await call(kit, 'run', { runbook: 'leaky' })
    delete process.env.OPS_TEST_SECRET
    expect(log).toMatchObject([{ output: expect.stringContaining('mine: none') }])
    expect(JSON.stringify(log)).not.toContain('hunter2')
  })

  it('runs a step once, in order, however often it is asked', async () => {
    await using kit = await opened({
      asks: `# Asks\n## One\n${sh('echo one >> log')}## Sure\nask: Sure?\n## Two\n${sh('echo two >> log')}`,
    })
    await call(kit, 'run', { runbook: 'asks' })
    await call(kit, 'step', { run: 1, step: 1 })
    expect(logIn(kit)).toBe('one\n')
    await expect(call(kit, 'step', { run: 1, step: 2 })).rejects.toMatchObject({ code: 'STEP_ORDER', data: { next: 3 } })
    await expect(call(kit, 'step', { run: 1, step: 9 })).rejects.toMatchObject({ code: 'STEP_ORDER' })
    await expect(call(kit, 'step', { run: 7, step: 1 })).rejects.toMatchObject({ code: 'RECORD_UNKNOWN' })
  })

  it('kills a step, and all that it started, when its time is over', async () => {
    await using kit = await opened({ slow: `# Slow\n${sh('sleep 77 & echo $! > child; wait', 'timeout: 1s')}` })
    await expect(call(kit, 'run', { runbook: 'slow' })).rejects.toMatchObject({
      message: expect.stringContaining('it took longer than 1 s'),
    })
    const child = readFileSync(join(kit.dir, 'child'), 'utf8').trim()
    // It is killed with its group, and gone when the system comes to it.
    const lives = (): boolean =>
      /^\d+ \(sleep\) [^ZX]/.test(existsSync(`/proc/${child}/stat`) ? readFileSync(`/proc/${child}/stat`, 'utf8') : '')
    while (lives()) await wait(10)
  })

  it('looks for what is expected in all that was printed, keeps the end of it, and no file', async () => {
    const long = 'echo "it began"; i=0; while [ $i -lt 3000 ]; do i=$((i+1)); echo "line $i"; done'
    await using kit = await opened({ long: `# Long\n${sh(long, 'expect: `it began`')}` })
    const { log } = (await call(kit, 'run', { runbook: 'long' })) as unknown as { log: { output: string }[] }
    expect(log[0]?.output).toMatch(/line 3000$/)
    expect(log[0]?.output.length).toBeLessThanOrEqual(4_096)
    expect(existsSync(join(kit.dir, '.switchyard/plugins/ops/runbooks/1'))).toBe(false)
  })

  it('ends a step that floods the disk', async () => {
    await using kit = await opened({ flood: `# Flood\n${sh('yes')}` })
    await expect(call(kit, 'run', { runbook: 'flood' })).rejects.toMatchObject({
      message: expect.stringContaining('it printed more than 64 MB'),
    })
  })

  it('blanks out a secret whose beginning is not in the part that is kept', async () => {
    const key = [
      '-----BEGIN PRIVATE KEY-----',
      ...Array.from({ length: 90 }, () => 'MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj'),
      '-----END PRIVATE KEY-----',
    ].join('\n')
    await using kit = await opened({ key: `# Key\n${sh(`cat <<'EOF'\n${key}\nEOF`)}` })
    expect(JSON.stringify(await call(kit, 'run', { runbook: 'key' }))).not.toContain('MIIEvQIBADAN')
  })

  it('finds no runbook behind a link, and none in the names that every object has', async () => {
    await using kit = await opened({ good: GOOD })
    mkdirSync(join(kit.dir, 'docs'))
    symlinkSync(join(kit.dir, 'runbooks'), join(kit.dir, 'docs/runbooks'))
    symlinkSync(join(kit.dir, 'runbooks/good.md'), join(kit.dir, 'RUNBOOK.md'))
    const { runbooks } = (await call(kit, 'list')) as unknown as { runbooks: { file?: string }[] }
    expect(runbooks.flatMap(({ file }) => file ?? [])).toEqual(['runbooks/good.md'])
    for (const runbook of ['constructor', '__proto__', 'toString'])
      await expect(call(kit, 'show', { runbook }), runbook).rejects.toMatchObject({ code: 'RUNBOOK_UNKNOWN' })
  })
})

describe('ops.runbook.run of what comes along', () => {
  it('carries full-health out and keeps what became of its steps', async () => {
    await using kit = await opened({})
    const record = await call(kit, 'run', { runbook: 'full-health' })
    expect(record).toMatchObject({ kind: 'chain', status: 'completed', runbook: 'full-health' })
    const log = record.log as unknown as { name: string; status: string }[]
    expect(log.map(({ name, status }) => `${name} ${status}`)).toEqual([
      'register pass',
      'before pass',
      'file-issues pass',
      'fix pass',
      'after pass',
    ])
    const { issues } = (await kit.call('ops.issue.list')) as { issues: unknown[] }
    expect(issues.length).toBeGreaterThan(0)
  })

  it('says what is missing where a plugin that it needs is not there, and records nothing', async () => {
    await using kit = await opened({})
    await expect(call(kit, 'run', { runbook: 'hotfix', values: { title: 'x' } })).rejects.toMatchObject({ code: 'CHAIN_INVALID' })
    expect(await call(kit, 'history')).toMatchObject({ runs: [] })
  })

  it('lists them beside those of the project, and shows their steps', async () => {
    await using kit = await opened({ good: GOOD, readme: '# no' })
    const { runbooks } = (await call(kit, 'list')) as unknown as { runbooks: { name: string }[] }
    expect(runbooks.map(({ name }) => name)).toEqual([
      'full-health',
      'release-prep',
      'dependency-update',
      'new-plugin-setup',
      'hotfix',
      'good',
    ])
    expect(runbooks.at(-1)).toMatchObject({ kind: 'markdown', steps: 3, summary: 'Does three things.', file: 'runbooks/good.md' })
    expect(await call(kit, 'show', { runbook: 'runbooks/good.md' })).toMatchObject({
      runbook: 'good',
      steps: [{ name: 'One', does: 'echo one >> log' }, {}, {}],
    })
    const shown = await call(kit, 'show', { runbook: 'full-health' })
    expect((shown.steps as unknown as { name: string }[]).map(({ name }) => name)).toContain('before')
  })
})

describe('the record of a procedure done by hand', () => {
  it('counts what passed, within its steps, until it is finished', async () => {
    await using kit = await opened({})
    await call(kit, 'start', { runbook: 'move', totalSteps: 2 })
    expect(await call(kit, 'log', { run: 1, name: 'pack', status: 'pass' })).toMatchObject({ execution: { stepsCompleted: 1 } })
    expect(await call(kit, 'log', { run: 1, name: 'rest', status: 'skip' })).toMatchObject({ execution: { stepsCompleted: 1 } })
    await expect(call(kit, 'log', { run: 1, name: 'more', status: 'pass' })).rejects.toMatchObject({ code: 'RUN_STATE' })
    expect(await call(kit, 'finish', { run: 1, status: 'failed', error: 'rain' })).toMatchObject({
      execution: { status: 'failed', error: 'rain' },
    })
    await expect(call(kit, 'finish', { run: 1 })).rejects.toMatchObject({ code: 'RUN_STATE' })
    await expect(call(kit, 'resume', { run: 1 })).rejects.toMatchObject({ code: 'RUN_STATE' })
    await expect(call(kit, 'start', { runbook: 'move', totalSteps: -3 })).rejects.toMatchObject({ code: 'VALIDATION' })
  })
})
