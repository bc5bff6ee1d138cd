import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { get } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { TestCaddy } from '@switchyard/testkit/real'

/** A project and the folder of a host on disk, for processes that are killed while they deploy the one to the other. */
export interface Ground extends Disposable {
  readonly folder: string
  readonly host: string
  readonly stack: string
  /** What visitors are shown. */
  page(): Promise<string>
  write(path: string, text: string): void
  /** What no deployment leaves behind on the host once it is over. */
  leftovers(): string[]
}

let count = 0

export function makeGround(service: Record<string, unknown>, target: Record<string, unknown>, caddy: TestCaddy): Ground {
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-killed-'))
  const host = mkdtempSync(join(tmpdir(), 'switchyard-host-'))
  const stack = `k${process.pid}x${++count}`
  const hostname = `${stack}.test`
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  const config = {
    stack,
    targets: { local: { kind: 'local', root: host, ...target } },
    environments: { staging: { target: 'local' } },
    services: {
      web: { port: 8080, hostname, health: { http: '/' }, stableForSeconds: 0, startForSeconds: 30, drainSeconds: 2, ...service },
    },
    proxy: { admin: caddy.admin },
    keepReleases: 50,
  }
  write('switchyard.deploy.json', JSON.stringify(config))
  return {
    folder,
    host,
    stack,
    page() {
      const { promise, resolve, reject } = Promise.withResolvers<string>()
      get({ port: caddy.port, host: '127.0.0.1', path: '/', headers: { host: hostname, connection: 'close' } }, (answer) => {
        let text = ''
        answer.on('data', (chunk: Buffer) => {
          text += chunk.toString('utf8')
        })
        answer.on('end', () => resolve(text.trim()))
      }).on('error', reject)
      return promise
    },
    write,
    leftovers: () =>
      readdirSync(host, { recursive: true, encoding: 'utf8' }).filter((name) =>
        /^[^/]+\/.*\.draft$|lock\.json|\.broken$|\.before-\d+$|once\.env$/.test(name),
      ),
    [Symbol.dispose]() {
      rmSync(folder, { recursive: true, force: true })
      rmSync(`${folder}-runner.mjs`, { force: true })
      rmSync(host, { recursive: true, force: true })
    },
  }
}
