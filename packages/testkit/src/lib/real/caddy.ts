import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ended } from './engine.ts'
import { freePorts } from './ports.ts'

export interface TestCaddy extends AsyncDisposable {
  /** Address of the admin API. */
  readonly admin: string
  /** Where it serves, without TLS. */
  readonly port: number
}

/** A Caddy of the test's own that serves nothing yet. */
export async function startCaddy(): Promise<TestCaddy> {
  for (let attempt = 0; ; attempt++) {
    const [adminPort, port] = (await freePorts(2)) as [number, number]
    const folder = mkdtempSync(join(tmpdir(), 'switchyard-caddy-'))
    const config = {
      admin: { listen: `127.0.0.1:${adminPort}` },
      apps: { http: { servers: { test: { listen: [`127.0.0.1:${port}`], automatic_https: { disable: true }, routes: [] } } } },
    }
    writeFileSync(join(folder, 'caddy.json'), JSON.stringify(config))
    const env = { ...process.env, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder }
    const child = spawn('caddy', ['run', '--config', join(folder, 'caddy.json')], { env, stdio: ['ignore', 'ignore', 'pipe'] })
    let told = ''
    child.stderr.on('data', (chunk: Buffer) => {
      told = (told + chunk.toString('utf8')).slice(-4_000)
    })
    const missing = new Promise<never>((_, reject) => child.once('error', reject))
    const admin = `http://127.0.0.1:${adminPort}`
    if (await Promise.race([answers(`${admin}/config/`, () => child.exitCode !== null), missing])) {
      return {
        admin,
        port,
        async [Symbol.asyncDispose]() {
          await ended(child)
          rmSync(folder, { recursive: true, force: true })
        },
      }
    }
    rmSync(folder, { recursive: true, force: true })
    // Somebody else took one of the ports meanwhile.
    if (attempt === 3) throw new Error(`Caddy did not start: ${told}`)
  }
}

async function answers(url: string, isOver: () => boolean): Promise<boolean> {
  for (let tries = 0; tries < 600 && !isOver(); tries++) {
    try {
      if ((await fetch(url)).ok) return true
    } catch {
      // Not yet.
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return false
}
