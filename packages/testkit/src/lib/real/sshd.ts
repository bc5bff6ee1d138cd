import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { ended } from './engine.ts'
import { freePorts } from './ports.ts'
import type { TestSystemd } from './systemd.ts'

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

/** An SSH server on a port of the loopback, whose keys live as long as it does; on this machine, or `inside` of a test's systemd. */
export async function startSshd({ inside }: { inside?: TestSystemd } = {}): Promise<TestSshd> {
  if (!existsSync(SSHD)) throw new Error('Cannot start an SSH server as openssh-server must be installed')
  const folder = mkdtempSync(join(inside === undefined ? tmpdir() : join(inside.root, 'opt'), 'switchyard-sshd-'))
  for (const name of ['host', 'user']) {
    const made = spawnSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, name)])
    if (made.status !== 0) throw new Error(`ssh-keygen ended with ${made.status}`)
  }
  writeFileSync(join(folder, 'authorized'), readFileSync(join(folder, 'user.pub')))
  chmodSync(join(folder, 'authorized'), 0o600)
  const hostKey = spawnSync('ssh-keygen', ['-lf', join(folder, 'host.pub')], { encoding: 'utf8' }).stdout.split(' ')[1] ?? ''
  for (let attempt = 0; ; attempt++) {
    const [port] = (await freePorts(1)) as [number]
    const own = folder.slice(inside?.root.length ?? 0)
    writeFileSync(join(folder, 'config'), configOf(own, port))
    const server = inside === undefined ? serveHere(own) : serveInside(inside, own)
    if (await accepts(port, server.isOver)) {
      const user = inside === undefined ? userInfo().username : 'root'
      return {
        target: { kind: 'ssh', host: '127.0.0.1', port, user, key: join(folder, 'user'), hostKey },
        async [Symbol.asyncDispose]() {
          await server.end()
          rmSync(folder, { recursive: true, force: true })
        },
      }
    }
    const told = server.told()
    await server.end()
    if (attempt === 3) throw new Error(`sshd did not start: ${told}`)
  }
}

const configOf = (folder: string, port: number): string => `Port ${port}
ListenAddress 127.0.0.1
HostKey ${folder}/host
AuthorizedKeysFile ${folder}/authorized
PidFile ${folder}/pid
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
AllowTcpForwarding yes
AllowStreamLocalForwarding yes
MaxSessions 100
Subsystem sftp internal-sftp
`

interface Server {
  isOver(): boolean
  told(): string
  end(): Promise<void>
}

function serveHere(folder: string): Server {
  // Root's sshd gives up its rights in there; Debian makes it when the service starts.
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 })
  const child = spawn(SSHD, ['-D', '-e', '-f', join(folder, 'config')], { stdio: ['ignore', 'ignore', 'pipe'] })
  let told = ''
  child.stderr.on('data', (chunk: Buffer) => {
    told = (told + chunk.toString('utf8')).slice(-4_000)
  })
  return { isOver: () => child.exitCode !== null, told: () => told, end: () => ended(child) }
}

function serveInside(systemd: TestSystemd, folder: string): Server {
  const unit = `${folder.split('/').at(-1)}.service`
  systemd.unit(unit, `[Service]\nRuntimeDirectory=sshd\nExecStart=${SSHD} -D -e -f ${folder}/config\nKillMode=process\n`)
  systemd.run('systemctl', 'start', unit)
  return {
    isOver: () => systemd.run('systemctl', 'show', '--value', '--property=ActiveState', unit) === 'failed',
    told: () => systemd.run('journalctl', '-u', unit, '-o', 'cat', '-n', '20'),
    async end() {
      systemd.run('systemctl', 'stop', unit)
    },
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
