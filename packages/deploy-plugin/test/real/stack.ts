import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { createTestYard, type TestYard } from '@switchyard/testkit'
import { inRealTime } from '@switchyard/testkit/real'
import deploy from '../../src/index.ts'
import type { RunView } from '../../src/lib/apply/view.ts'

/** A project, the folder of a host, and a yard that deploys the one to the other. */
export interface TestStack extends AsyncDisposable {
  readonly kit: TestYard
  /** The host's folder. */
  readonly root: string
  write(path: string, text: string): void
  config(change: (config: StackConfig) => void): void
  /** The workspace's files that hold a text. */
  grep(text: string): string[]
  /** Ends what a process handler keeps running. */
  end(): void
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
  function end(): void {
    const { stdout } = spawnSync('pgrep', ['-f', `${root}/.*supervise.sh`], { encoding: 'utf8' })
    for (const pid of stdout.split('\n').filter(Boolean).map(Number)) {
      try {
        process.kill(pid, 'SIGTERM')
      } catch {
        // It had ended by itself.
      }
    }
  }
  for (const [path, text] of Object.entries(files)) write(path, text)
  return {
    kit,
    root,
    write,
    config(change) {
      change(current)
      save()
    },
    grep(text) {
      const names = readdirSync(kit.dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
      const paths = names.map(({ parentPath, name }) => join(parentPath, name))
      return paths.filter((path) => readFileSync(path).includes(text)).map((path) => relative(kit.dir, path))
    },
    end,
    call: (command, input = {}) => inRealTime(kit, () => kit.call(`deploy.${command}`, input)) as Promise<RunView>,
    async [Symbol.asyncDispose]() {
      end()
      await kit[Symbol.asyncDispose]()
      rmSync(root, { recursive: true, force: true })
    },
  }
}
