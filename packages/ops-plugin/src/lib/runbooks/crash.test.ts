import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const CLI = fileURLToPath(new URL('../../../../cli/bin/switchyard.js', import.meta.url))

let folder: string
const running = new Set<ChildProcess>()
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ops-crash-'))
  mkdirSync(join(folder, 'runbooks'))
  writeFileSync(join(folder, 'switchyard.config.json'), '{}')
})
afterEach(() => {
  for (const child of running) child.kill('SIGKILL')
  running.clear()
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
})

interface Said {
  code: number | null
  json: { status?: string; stepsCompleted?: number; error?: object; log?: { status: string; message: string }[] }
}

function start(...args: string[]): { child: ChildProcess; end: Promise<Said> } {
  const child = spawn(process.execPath, [CLI, 'ops', 'runbook', ...args, '--json'], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
  running.add(child)
  let said = ''
  child.stdout.on('data', (chunk) => (said += chunk))
  const end = once(child, 'close').then(([code]) => ({ code: code as number | null, json: JSON.parse(said || '{}') as Said['json'] }))
  return { child, end }
}

/** Waits for a file that a script writes. */
async function appears(name: string): Promise<void> {
  while (!existsSync(join(folder, name))) await wait(20)
}

async function killWhen(file: string): Promise<void> {
  const { child, end } = start('run', '--runbook', 'slow', '--yes')
  await appears(file)
  child.kill('SIGKILL')
  await end
}

const lines = (name: string): string[] => readFileSync(join(folder, name), 'utf8').trim().split('\n')
const runbook = (...steps: string[]): void => writeFileSync(join(folder, 'runbooks/slow.md'), `# Slow\n\n${steps.join('\n\n')}\n`)
const step = (name: string, script: string, ...more: string[]): string => [`## ${name}`, '```sh', script, '```', ...more].join('\n')

describe('a runbook whose process is killed in the middle of a step', () => {
  it('goes on where it was: the script went on by itself, and runs no second time', async () => {
    runbook(
      step('One', 'echo one >> log'),
      step('Two', 'echo two >> log; touch began; while [ ! -f go ]; do sleep 0.05; done; echo end of two >> log'),
      step('Three', 'echo three >> log'),
    )
    await killWhen('began')
    const resumed = start('resume', '--run', '1', '--yes')
    writeFileSync(join(folder, 'go'), '')
    const { code, json } = await resumed.end
    expect(json).toMatchObject({ status: 'completed', stepsCompleted: 3, log: [{}, { message: 'it went on while nobody waited' }, {}] })
    expect(code).toBe(0)
    expect(lines('log')).toEqual(['one', 'two', 'end of two', 'three'])
  }, 60_000)

  it('asks where the script died too, and goes on as a person says', async () => {
    runbook(
      step('One', 'echo one >> log; touch began; while [ ! -f go ]; do sleep 0.05; done; kill -9 $PPID; touch dead'),
      step('Two', 'echo two >> log'),
    )
    await killWhen('began')
    // The script kills what would have told its end, as a machine that goes down does.
    writeFileSync(join(folder, 'go'), '')
    await appears('dead')
    const again = await start('resume', '--run', '1', '--yes').end
    expect(again.code).toBe(1)
    expect(again.json).toMatchObject({ error: { code: 'RUN_FAILED', next: expect.stringContaining('--assume done') } })
    expect(lines('log')).toEqual(['one'])
    const { json } = await start('resume', '--run', '1', '--assume', 'done', '--yes').end
    expect(json).toMatchObject({ status: 'completed', stepsCompleted: 2 })
    expect(lines('log')).toEqual(['one', 'two'])
  }, 60_000)
})
