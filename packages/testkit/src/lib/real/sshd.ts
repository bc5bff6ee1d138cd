import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { ended } from './engine.ts'
import { freePorts } from './ports.ts'

export interface TestSshd extends AsyncDisposable {
  /** What a configuration says of it as a target. */
  readonly target: {
    readonly kind: 'ssh'
    readonly host: string
    readonly port: number
    readonly user: string
    readonly key: string
    readonly hostKey: string
  }
}

const SSHD = '/usr/sbin/sshd'

/** An SSH server on a port of the loopback, whose keys live as long as it does. */
export async function startSshd(): Promise<TestSshd> {
  if (!existsSync(SSHD)) throw new Error('Cannot start an SSH server as openssh-server must be installed')
  // Root's sshd gives up its rights in there; Debian makes it when the service starts.
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 })
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-sshd-'))
  for (const name of ['host', 'user']) {
    const made = spawnSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, name)])
    if (made.status !== 0) throw new Error(`ssh-keygen ended with ${made.status}`)
  }
  writeFileSync(join(folder, 'authorized'), readFileSync(join(folder, 'user.pub')))
  chmodSync(join(folder, 'authorized'), 0o600)
  const hostKey = spawnSync('ssh-keygen', ['-lf', join(folder, 'host.pub')], { encoding: 'utf8' }).stdout.split(' ')[1] ?? ''
  for (let attempt = 0; ; attempt++) {
    const [port] = (await freePorts(1)) as [number]
    const lines = [
      `Port ${port}`,
      'ListenAddress 127.0.0.1',
      `HostKey ${folder}/host`,
      `AuthorizedKeysFile ${folder}/authorized`,
      `PidFile ${folder}/pid`,
      'StrictModes no',
      'UsePAM no',
      'PasswordAuthentication no',
      'KbdInteractiveAuthentication no',
      'PermitRootLogin prohibit-password',
      'AllowTcpForwarding yes',
      'AllowStreamLocalForwarding yes',
      'MaxSessions 100',
      'Subsystem sftp internal-sftp',
    ]
    writeFileSync(join(folder, 'config'), `${lines.join('\n')}\n`)
    const child = spawn(SSHD, ['-D', '-e', '-f', join(folder, 'config')], { stdio: ['ignore', 'ignore', 'pipe'] })
    let told = ''
    child.stderr.on('data', (chunk: Buffer) => {
      told = (told + chunk.toString('utf8')).slice(-4_000)
    })
    if (await accepts(port, () => child.exitCode !== null)) {
      return {
        target: { kind: 'ssh', host: '127.0.0.1', port, user: userInfo().username, key: join(folder, 'user'), hostKey },
        async [Symbol.asyncDispose]() {
          await ended(child)
          rmSync(folder, { recursive: true, force: true })
        },
      }
    }
    if (attempt === 3) throw new Error(`sshd did not start: ${told}`)
  }
}

async function accepts(port: number, isOver: () => boolean): Promise<boolean> {
  for (let tries = 0; tries < 200 && !isOver(); tries++) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect({ port, host: '127.0.0.1' })
      socket.once('connect', () => {
        socket.destroy()
        resolve(true)
      })
      socket.once('error', () => resolve(false))
    })
    if (open) return true
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return false
}
