import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import deploy from '@switchyard/deploy-plugin'
import { openYard } from '@switchyard/yard'
import { type BenchCase, limitCase } from '../lib/bench.ts'

const CONFIG = {
  stack: 'shop',
  targets: { here: { kind: 'local', engine: '/no/such/engine.sock' } },
  environments: { staging: { target: 'here' } },
  services: Object.fromEntries(Array.from({ length: 10 }, (_, index) => [`service-${index}`, { handler: 'compose' }])),
}
const COMPOSE = {
  services: Object.fromEntries(
    Array.from({ length: 10 }, (_, index) => [
      `service-${index}`,
      { image: `example/service:${index}`, ports: [`${18_800 + index}:80`], mem_limit: '64m' },
    ]),
  ),
}

/** A whole look at this machine: disks, memory, load, heat, ten ports and who holds them, the capacity. */
const checkCase = limitCase({
  case: 'check this machine for ten services',
  unit: 'ms',
  allowed: 300,
  rounds: 7,
  async setup() {
    const dir = mkdtempSync(join(tmpdir(), 'switchyard-bench-'))
    writeFileSync(join(dir, 'switchyard.deploy.json'), JSON.stringify(CONFIG))
    writeFileSync(join(dir, 'compose.yaml'), JSON.stringify(COMPOSE))
    const yard = await openYard(dir, { plugins: [deploy], memory: true })
    async function measure(): Promise<number> {
      const begin = performance.now()
      await yard.call('deploy.check', { env: 'staging' })
      return performance.now() - begin
    }
    async function close(): Promise<void> {
      await yard.close()
      rmSync(dir, { recursive: true, force: true })
    }
    return { measure, close }
  },
})

export const checkCases: readonly BenchCase[] = [checkCase]
