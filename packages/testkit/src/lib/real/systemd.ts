import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestEngine } from './engine.ts'

/** A systemd and a journal of the test's own, which run in a container on this machine's programs. */
export interface TestSystemd extends Disposable {
  /** Its root as this machine sees it; /usr is this machine's. */
  readonly root: string
  /** A folder with the programs `systemctl` and `journalctl` that speak to it, to be put first in PATH. */
  readonly bin: string
  /** Runs a program beside it. */
  run(...argv: string[]): string
  /** Puts a unit there; starting it is the test's. */
  unit(name: string, text: string): void
}

const FOLDERS = ['usr', 'etc/systemd/system', 'var/log/journal', 'tmp', 'run', 'root', 'proc', 'sys', 'dev', 'opt', 'srv']
const ACCOUNTS = `root:x:0:0:root:/root:/bin/sh
sshd:x:105:65534::/run/sshd:/usr/sbin/nologin
nobody:x:65534:65534:nobody:/:/usr/sbin/nologin
`
const GROUPS = 'root:x:0:\nnogroup:x:65534:\nsystemd-journal:x:101:\nadm:x:4:\n'
const READY_TRIES = 100

/** systemd wants to be process 1, so the engine gives it a world where it is. */
export async function startSystemd(engine: TestEngine, { mounts = [] }: { mounts?: readonly string[] } = {}): Promise<TestSystemd> {
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-systemd-'))
  const root = join(folder, 'root')
  const bin = join(folder, 'bin')
  for (const name of FOLDERS) mkdirSync(join(root, name), { recursive: true })
  for (const name of ['bin', 'sbin', 'lib', 'lib64']) symlinkSync(`usr/${name}`, join(root, name))
  writeFileSync(join(root, 'etc/machine-id'), '0123456789abcdef0123456789abcdef\n')
  writeFileSync(join(root, 'etc/passwd'), ACCOUNTS)
  writeFileSync(join(root, 'etc/group'), GROUPS)
  const name = `systemd-${process.pid}-${folder.slice(-6)}`
  const volumes = ['/usr:/usr:ro', ...mounts].flatMap((mount) => ['--volume', mount])
  const start = ['/lib/systemd/systemd', '--unit=basic.target', '--show-status=no']
  engine.podman('run', '-d', '--name', name, '--systemd=always', '--privileged', '--network=host', ...volumes, '--rootfs', root, ...start)
  await isUp(engine, name)
  const pid = engine.podman('inspect', '--format', '{{.State.Pid}}', name)
  mkdirSync(bin)
  for (const program of ['systemctl', 'journalctl']) {
    const path = join(bin, program)
    writeFileSync(path, `#!/bin/sh\nexec nsenter --target ${pid} --mount --pid --uts --ipc -- /bin/${program} "$@"\n`)
    chmodSync(path, 0o755)
  }
  return {
    root,
    bin,
    run: (...argv) => engine.podman('exec', name, ...argv),
    unit(unit, text) {
      writeFileSync(join(root, 'etc/systemd/system', unit), text)
      engine.podman('exec', name, 'systemctl', 'daemon-reload')
    },
    [Symbol.dispose]() {
      engine.podman('rm', '-f', '-t', '0', name)
      rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
    },
  }
}

async function isUp(engine: TestEngine, name: string): Promise<void> {
  let told = ''
  for (let tries = 0; tries < READY_TRIES; tries++) {
    try {
      told = engine.podman('exec', name, 'systemctl', 'is-system-running')
      if (told === 'running') return
    } catch (error) {
      told = String(error)
    }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`systemd did not come up: ${told}`)
}
