import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { onTestFinished } from 'vitest'

/** A program of `fixtures/` in a process of its own, on the TypeScript sources. */
export interface Child {
  readonly process: ChildProcess
  /** What it prints from now on, line by line, to the end. */
  lines(): AsyncIterable<string>
  tell(line: string): void
  /** Exit code, or the name of the signal. */
  ended(): Promise<number | NodeJS.Signals>
}

export function startChild(program: string, ...args: string[]): Child {
  const child = spawn(process.execPath, ['--conditions=@switchyard/source', join(import.meta.dirname, 'fixtures', program), ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const exit = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>
  onTestFinished(() => void child.kill('SIGKILL'))
  return {
    process: child,
    lines: () => createInterface({ input: child.stdout }),
    tell: (line) => void child.stdin.write(`${line}\n`),
    async ended() {
      const [code, signal] = await exit
      return code ?? signal ?? 0
    },
  }
}

/** A new folder that goes when the test is done. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-store-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
