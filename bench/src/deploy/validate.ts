import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import deploy from '@switchyard/deploy-plugin'
import { openYard } from '@switchyard/yard'
import { DCLinter } from 'dclint'
import { type BenchCase, limitCase } from '../lib/bench.ts'

const SERVICES = 200

/** A stack of 5,000 lines in which every service is proxied, has a healthcheck, limits, a mount and variables. */
function writeStack(dir: string): void {
  const services = Array.from({ length: SERVICES }, (_, index) => serviceText(index))
  const volumes = Array.from({ length: SERVICES }, (_, index) => `  data-${index}:\n`)
  writeFileSync(join(dir, 'compose.yaml'), `name: shop\nservices:\n${services.join('')}networks:\n  back:\nvolumes:\n${volumes.join('')}`)
  const sites = Array.from({ length: SERVICES }, (_, index) => `s${index}.example.com {\n\treverse_proxy service-${index}:8080\n}\n`)
  writeFileSync(join(dir, 'Caddyfile'), sites.join('\n'))
  writeFileSync(join(dir, '.env'), 'DATABASE_URL=postgres://db/shop\n')
}

const serviceText = (index: number): string => `  service-${index}:
    image: registry.example.com/team/service-${index}:1.${index}.0
    restart: unless-stopped
    environment:
      PORT: "8080"
      DATABASE_URL: \${DATABASE_URL:?must be set}
      LOG_LEVEL: \${LOG_LEVEL:-info}
    ports:
      - "127.0.0.1:${10_000 + index}:8080"
    volumes:
      - data-${index}:/data
      - ./config/${index}.yml:/etc/app.yml:ro
    healthcheck:
      test: ["CMD", "wget", "-q", "-O-", "http://localhost:8080/healthz"]
      interval: 30s
    deploy:
      resources:
        limits: { memory: 256M, cpus: "1" }
    networks:
      - back
    depends_on:
      service-${(index + 1) % SERVICES}:
        condition: service_started
`

/** What a person waits for: the whole stack against every rule, asked over the bus. Programs are left out: they cost what they cost. */
const limit = limitCase({
  case: `validate a stack of ${SERVICES} services`,
  unit: 'ms',
  allowed: 250,
  async setup() {
    const dir = mkdtempSync(join(tmpdir(), 'switchyard-bench-'))
    writeStack(dir)
    const yard = await openYard(dir, { plugins: [deploy], memory: true })
    return {
      async measure() {
        const begin = performance.now()
        await yard.call('deploy.validate', { project: '.', tools: false })
        return performance.now() - begin
      },
      async close() {
        await yard.close()
        rmSync(dir, { recursive: true, force: true })
      },
    }
  },
})

/** The same files and both with all their rules; dclint looks at the Compose file alone. */
const peer: BenchCase = {
  case: `lint the Compose file of ${SERVICES} services`,
  unit: 'ms',
  peerName: 'dclint',
  floor: 1,
  better: 'lower',
  async setup() {
    const dir = mkdtempSync(join(tmpdir(), 'switchyard-bench-'))
    writeStack(dir)
    rmSync(join(dir, 'Caddyfile'))
    const yard = await openYard(dir, { plugins: [deploy], memory: true })
    const linter = new DCLinter({ rules: {}, quiet: false, debug: false, exclude: [] })
    return {
      async ours() {
        const begin = performance.now()
        await yard.call('deploy.validate', { project: '.', tools: false })
        return performance.now() - begin
      },
      async peer() {
        const begin = performance.now()
        linter.lintFiles([join(dir, 'compose.yaml')], false)
        return performance.now() - begin
      },
      async close() {
        await yard.close()
        rmSync(dir, { recursive: true, force: true })
      },
    }
  },
}

export const validateCases: readonly BenchCase[] = [limit, peer]
