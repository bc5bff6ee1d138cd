import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, existsSync, globSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'

/** A Postgres of our own on a loopback port, with its default durability. */
export interface Postgres {
  readonly url: string
  close(): Promise<void>
}

/** Starts Debian's Postgres in a folder that goes away with it; as another user where we are root, as it refuses to be root. */
export async function startPostgres(): Promise<Postgres> {
  const user = process.getuid?.() === 0 ? otherUser() : undefined
  const folder = mkdtempSync(join(tmpdir(), 'bench-postgres-'))
  chmodSync(folder, 0o700)
  if (user !== undefined) chownSync(folder, user.uid, user.gid)
  const data = join(folder, 'data')
  const made = spawnSync(program('initdb'), ['-D', data, '-A', 'trust', '-U', 'bench', '--no-sync'], {
    ...user,
    cwd: folder,
    encoding: 'utf8',
  })
  if (made.status !== 0) throw new Error(`Cannot make a database: ${made.stderr}`)
  const port = await freePort()
  const server = spawn(program('postgres'), ['-D', data, '-p', String(port), '-h', '127.0.0.1', '-k', folder], {
    ...user,
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  await ready(server)
  return {
    url: `postgresql://bench@127.0.0.1:${port}/bench`,
    async close() {
      server.kill('SIGINT')
      await once(server, 'exit')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function program(name: string): string {
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...globSync('/usr/lib/postgresql/*/bin')]
  const found = folders.map((folder) => join(folder, name)).find((path) => existsSync(path))
  if (found === undefined)
    throw new Error(`Cannot compare with DBOS as it needs Postgres, and there is no ${name}: apt-get install postgresql`)
  return found
}

function otherUser(): { uid: number; gid: number } {
  const idOf = (flag: string, name: string): number => Number(spawnSync('id', [flag, name], { encoding: 'utf8' }).stdout || Number.NaN)
  const name = Number.isInteger(idOf('-u', 'postgres')) ? 'postgres' : 'nobody'
  return { uid: idOf('-u', name), gid: idOf('-g', name) }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  if (typeof address !== 'object' || address === null) throw new Error('Cannot find a free port')
  return address.port
}

function ready(server: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = ''
    server.stderr?.on('data', (data: Buffer) => {
      said += data.toString()
      if (said.includes('ready to accept connections')) resolve()
    })
    server.once('exit', () => reject(new Error(`Cannot start Postgres: ${said}`)))
  })
}
