import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createTestYard, type TestYard } from '@switchyard/testkit'
import deploy from '../../src/index.ts'
import type { RunView } from '../../src/lib/apply/view.ts'

/** Lets a test's clock go with the real one, for what waits for real programs. */
export async function inRealTime<value>({ clock }: Pick<TestYard, 'clock'>, work: () => Promise<value>): Promise<value> {
  let last = performance.now()
  const timer = setInterval(() => {
    const ms = Math.floor(performance.now() - last)
    clock.advance(ms)
    last += ms
  }, 10)
  try {
    return await work()
  } finally {
    clearInterval(timer)
  }
}

/** A project, the folder of a host, and a yard that deploys the one to the other. */
export interface TestStack extends AsyncDisposable {
  readonly kit: TestYard
  /** The host's folder. */
  readonly root: string
  write(path: string, text: string): void
  config(change: (config: StackConfig) => void): void
  call(command: string, input?: Record<string, unknown>): Promise<RunView>
}

export type StackConfig = {
  stack: string
  targets: Record<string, Record<string, unknown>>
  environments: Record<string, Record<string, unknown>>
  services: Record<string, Record<string, unknown>>
  proxy?: Record<string, unknown>
  keepReleases?: number
}

export async function createStack(config: StackConfig, files: Readonly<Record<string, string>> = {}): Promise<TestStack> {
  const kit = await createTestYard({ plugins: [deploy] })
  const root = mkdtempSync(join(tmpdir(), 'switchyard-host-'))
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(kit.dir, path)), { recursive: true })
    writeFileSync(join(kit.dir, path), text)
  }
  const current = structuredClone(config)
  for (const target of Object.values(current.targets)) target.root ??= root
  const save = (): void => write('switchyard.deploy.json', JSON.stringify(current, null, 2))
  save()
  for (const [path, text] of Object.entries(files)) write(path, text)
  return {
    kit,
    root,
    write,
    config(change) {
      change(current)
      save()
    },
    call: (command, input = {}) => inRealTime(kit, () => kit.call(`deploy.${command}`, input)) as Promise<RunView>,
    async [Symbol.asyncDispose]() {
      await kit[Symbol.asyncDispose]()
      rmSync(root, { recursive: true, force: true })
    },
  }
}
