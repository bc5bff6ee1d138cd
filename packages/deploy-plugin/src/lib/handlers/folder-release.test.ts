import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readSource } from './folder-release.ts'

let project = ''
beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), 'switchyard-release-'))
})
afterEach(() => rmSync(project, { recursive: true, force: true }))

function write(...paths: string[]): void {
  for (const path of paths) {
    mkdirSync(dirname(join(project, path)), { recursive: true })
    writeFileSync(join(project, path), path)
  }
}
const released = async (served: boolean): Promise<string[]> => (await readSource(project, '.', served)).files.map(({ path }) => path)

describe('readSource()', () => {
  it('[A10] takes neither the history nor the values of any environment into a release', async () => {
    write('.env', '.env.production', '.env.production.age', 'sub/.env.staging', '.git/config', '.switchyard/x', '.config', 'server.js')
    expect(await released(false)).toEqual(['.config', 'server.js'])
  })

  it('[A10] serves nothing that is hidden or says how it is deployed, but for what certificates are asked by', async () => {
    write('.env.production', '.htpasswd', 'sub/.ssh/id', 'Caddyfile', 'switchyard.deploy.json', '.well-known/security.txt', 'index.html')
    expect(await released(true)).toEqual(['.well-known/security.txt', 'index.html'])
  })
})
