import { spawn } from 'node:child_process'
import { stripVTControlCharacters } from 'node:util'
import { redactShapes } from '@switchyard/plugin-kit/redact'
import { isText, objectAt } from './document.ts'
import type { ScriptRun } from './facts.ts'
import { type Project, pathsLike } from './project.ts'

interface Script {
  readonly step: ScriptRun['step']
  readonly program: string
  readonly args: readonly string[]
}

const TAIL_CHARS = 2_000
const KILL_AFTER_MS = 2_000
const DRAIN_MS = 500

/** The project's own build, type-check and tests, by the manifests that it has; at most one of each for every language. */
export function scriptsOf(project: Project, steps: readonly ScriptRun['step'][]): readonly Script[] {
  const {
    kinds,
    packages: [root],
    snapshot,
  } = project
  const scripts: Script[] = []
  const add = (step: Script['step'], program: string, ...args: string[]): void => void scripts.push({ step, program, args })
  if (root !== undefined) {
    const has = (name: string): boolean => isText(objectAt(root.manifest, 'scripts')[name])
    const manager = snapshot.has('pnpm-lock.yaml') ? 'pnpm' : snapshot.has('yarn.lock') ? 'yarn' : snapshot.has('bun.lock') ? 'bun' : 'npm'
    if (has('build')) add('build', manager, 'run', 'build')
    const types = ['typecheck', 'type-check', 'types', 'tsc'].find(has)
    if (types !== undefined) add('typecheck', manager, 'run', types)
    if (has('test')) add('test', manager, 'run', 'test')
  }
  if (kinds.has('go')) {
    add('build', 'go', 'build', './...')
    add('typecheck', 'go', 'vet', './...')
    add('test', 'go', 'test', './...')
  }
  if (kinds.has('rust')) {
    add('build', 'cargo', 'build', '--locked')
    add('typecheck', 'cargo', 'check', '--locked', '--all-targets')
    add('test', 'cargo', 'test', '--locked')
  }
  if (kinds.has('python')) {
    if (/\bmypy\b/.test(snapshot.text('pyproject.toml') ?? '') || snapshot.has('mypy.ini')) add('typecheck', 'mypy', '.')
    if (pathsLike(snapshot, /(^|\/)(test_[^/]*|[^/]*_test)\.py$/).length > 0) add('test', 'python3', '-m', 'pytest', '-q')
  }
  return scripts.filter(({ step }) => steps.includes(step))
}

export const commandLineOf = ({ program, args }: Pick<Script, 'program' | 'args'>): string => [program, ...args].join(' ')

export interface RunScriptOptions {
  readonly limitMs: number
  readonly signal: AbortSignal
}

/** Runs one of them in the project's folder to its end, or until its time is over; then everything that it started ends too. */
export function runScript(root: string, script: Script, { limitMs, signal }: RunScriptOptions): Promise<ScriptRun> {
  const { promise, resolve } = Promise.withResolvers<ScriptRun>()
  const { step, program, args } = script
  const commandLine = commandLineOf(script)
  let tail = ''
  const end = (outcome: ScriptRun['outcome']): void => resolve({ step, commandLine, outcome, tail: redactShapes(plain(tail)).trim() })
  const child = spawn(program, args, {
    cwd: root,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, CI: '1', NO_COLOR: '1' },
  })
  const limit = AbortSignal.any([signal, AbortSignal.timeout(Math.max(1, Math.round(limitMs)))])
  let killTimer: NodeJS.Timeout | undefined
  const stop = (): void => {
    killGroup(child.pid, 'SIGTERM')
    killTimer = setTimeout(() => killGroup(child.pid, 'SIGKILL'), KILL_AFTER_MS)
  }
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8')
    stream.on('data', (chunk: string) => {
      tail = (tail + chunk).slice(-TAIL_CHARS)
    })
  }
  limit.addEventListener('abort', stop, { once: true })
  const settle = (outcome: ScriptRun['outcome']): void => {
    limit.removeEventListener('abort', stop)
    clearTimeout(killTimer)
    end(outcome)
  }
  child.on('error', () => settle('not startable'))
  child.on('exit', (code) => {
    // What it left running in the background ends with it; what left its group too may hold the pipes open for ever.
    killGroup(child.pid, 'SIGKILL')
    const outcome = limit.aborted ? 'timed out' : code === 0 ? 'passed' : 'failed'
    const drained = setTimeout(settle, DRAIN_MS, outcome)
    child.on('close', () => {
      clearTimeout(drained)
      settle(outcome)
    })
  })
  return promise
}

function killGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, signal)
  } catch {
    // All of it has ended.
  }
}

/** What terminals act on is of no use in a report. */
const plain = (text: string): string => stripVTControlCharacters(text).replaceAll('\r', '')
