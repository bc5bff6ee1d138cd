import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { callIn } from '@switchyard/testkit/real'
import deploy from '../../src/index.ts'

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

/** A program that opens a workspace with this plugin and calls one command of it. */
const PROGRAM = `import { openYard } from ${JSON.stringify(here('../../../yard/src/index.ts'))}
import deploy from ${JSON.stringify(here('../../src/index.ts'))}
const [folder, command, input] = process.argv.slice(2)
const alive = setInterval(() => {}, 1000)
const yard = await openYard(folder, { plugins: [deploy] })
try {
  process.stdout.write(JSON.stringify({ result: await yard.call(command, JSON.parse(input)) }))
} catch ({ code, message, data }) {
  process.stdout.write(JSON.stringify({ error: { code, message, data } }))
  process.exitCode = 1
} finally {
  await yard.close()
  clearInterval(alive)
}
`

/** What a command answered, or how it failed. */
export interface Answer {
  readonly result?: {
    readonly state?: string
    readonly run?: number
    readonly services?: readonly { readonly slot: string; readonly to: string }[]
  }
  readonly error?: { readonly code: string; readonly message: string; readonly data: Readonly<Record<string, unknown>> }
}

export interface RunAnswer extends Answer {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stderr: string
}

/** Calls one command of a workspace that another process had open. */
export async function callHere(folder: string, command: string, input: object): Promise<Answer> {
  try {
    return { result: (await callIn(folder, [deploy], `deploy.${command}`, input)) as NonNullable<Answer['result']> }
  } catch (error) {
    const { code, message, data } = error as NonNullable<Answer['error']>
    return { error: { code, message, data } }
  }
}

/** Calls a command in a process of its own, on a workspace on disk. */
export function runAlone(folder: string, command: string, input: object, env: Readonly<Record<string, string>> = {}): Promise<RunAnswer> {
  const program = join(folder, '..', `${folder.split('/').at(-1)}-runner.mjs`)
  writeFileSync(program, PROGRAM)
  const preload = env.KILL_LOG === undefined ? [] : ['--import', here('../fixtures/kill-at.ts')]
  const { promise, resolve } = Promise.withResolvers<RunAnswer>()
  const child = spawn(
    process.execPath,
    ['--conditions=@switchyard/source', ...preload, program, folder, `deploy.${command}`, JSON.stringify(input)],
    {
      env: { ...process.env, NODE_COMPILE_CACHE: join(tmpdir(), 'switchyard-compile-cache'), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString('utf8')
  })
  child.stderr.on('data', (chunk: Buffer) => {
    stderr = (stderr + chunk.toString('utf8')).slice(-20_000)
  })
  child.on('close', (code, signal) => {
    const told = stdout.startsWith('{') ? (JSON.parse(stdout) as Answer) : {}
    resolve({ code, signal, stderr, ...told })
  })
  return promise
}
