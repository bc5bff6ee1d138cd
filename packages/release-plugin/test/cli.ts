import { spawn } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { PLAIN_GIT, type TestRepository } from './repository.ts'

const MAIN = fileURLToPath(new URL('../../cli/src/main.ts', import.meta.url))

/** Shared by all runs: half of a start is reading the program. */
const NODE_COMPILE_CACHE = join(tmpdir(), 'switchyard-compile-cache')

export interface CliAnswer {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs the real `switchyard` in a repository, in a process of its own. */
export function switchyard(
  { root, folder }: Pick<TestRepository, 'root' | 'folder'>,
  args: readonly string[],
  { preload, env = {} }: { preload?: string; env?: Readonly<Record<string, string>> } = {},
): Promise<CliAnswer> {
  const { promise, resolve } = Promise.withResolvers<CliAnswer>()
  const load = preload === undefined ? [] : ['--import', fileURLToPath(new URL(preload, import.meta.url))]
  const child = spawn(process.execPath, ['--conditions=@switchyard/source', ...load, MAIN, ...args], {
    cwd: root,
    env: { ...process.env, ...PLAIN_GIT, HOME: folder, XDG_CONFIG_HOME: folder, NODE_COMPILE_CACHE, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString('utf8')
  })
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString('utf8')
  })
  child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }))
  return promise
}
