import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ended } from './engine.ts'
import { freePorts } from './ports.ts'

/** A registry of images, which lets one account in. */
export interface TestRegistry extends AsyncDisposable {
  /** Such as `127.0.0.1:5000`; an engine must be told that it speaks no TLS. */
  readonly address: string
  readonly user: string
  readonly password: string
}

/** As `htpasswd -B` writes it. */
const ACCOUNTS = 'tulip:$2b$04$EedLdqrNGb3a4c78dJaeHOAv6VRZfdzoShD2vNgHCDjOPimi96t4S\n'

/** Debian's docker-registry on a port of the loopback, empty and in a folder of its own. */
export async function startRegistry(): Promise<TestRegistry> {
  for (let attempt = 0; ; attempt++) {
    const [port] = (await freePorts(1)) as [number]
    const address = `127.0.0.1:${port}`
    const folder = mkdtempSync(join(tmpdir(), 'switchyard-registry-'))
    writeFileSync(join(folder, 'accounts'), ACCOUNTS)
    const config = {
      version: 0.1,
      log: { level: 'error' },
      storage: { filesystem: { rootdirectory: join(folder, 'images') } },
      http: { addr: address, secret: 'of-a-test' },
      auth: { htpasswd: { realm: 'test', path: join(folder, 'accounts') } },
    }
    writeFileSync(join(folder, 'config.yml'), JSON.stringify(config))
    const child = spawn('docker-registry', ['serve', join(folder, 'config.yml')], { stdio: ['ignore', 'ignore', 'pipe'] })
    let told = ''
    child.stderr.on('data', (chunk: Buffer) => {
      told = (told + chunk.toString('utf8')).slice(-4_000)
    })
    const missing = new Promise<never>((_, reject) => child.once('error', reject))
    const dispose = async (): Promise<void> => {
      await ended(child)
      rmSync(folder, { recursive: true, force: true })
    }
    if (await Promise.race([answers(address, () => child.exitCode !== null), missing]))
      return { address, user: 'tulip', password: 'tulips', [Symbol.asyncDispose]: dispose }
    await dispose()
    // Somebody else took the port meanwhile.
    if (attempt === 3) throw new Error(`docker-registry did not start: ${told}`)
  }
}

async function answers(address: string, isOver: () => boolean): Promise<boolean> {
  for (let tries = 0; tries < 600 && !isOver(); tries++) {
    try {
      if ((await fetch(`http://${address}/v2/`)).status === 401) return true
    } catch {
      // Not yet.
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return false
}
