import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import deploy from '@switchyard/deploy-plugin'
import { openYard } from '@switchyard/yard'
import { type BenchCase, limitCase } from '../lib/bench.ts'

/** All that is ours in a deployment, on disk: plan, lock, journal, chain, switch and history of a site of one file, where nothing is waited for. */
const applyCase = limitCase({
  case: 'own part of an apply',
  unit: 'ms',
  allowed: 400,
  rounds: 7,
  async setup() {
    const dir = mkdtempSync(join(tmpdir(), 'switchyard-bench-'))
    const project = join(dir, 'project')
    mkdirSync(join(project, 'site'), { recursive: true })
    const config = {
      stack: 'bench',
      targets: { here: { kind: 'local', root: join(dir, 'host') } },
      environments: { staging: { target: 'here' } },
      services: { site: { handler: 'static', source: 'site' } },
    }
    writeFileSync(join(project, 'switchyard.deploy.json'), JSON.stringify(config))
    const yard = await openYard(project, { plugins: [deploy] })
    let round = 0
    async function measure(): Promise<number> {
      writeFileSync(join(project, 'site/index.html'), `page ${round++}`)
      const begin = performance.now()
      await yard.call('deploy.apply', { env: 'staging' })
      return performance.now() - begin
    }
    async function close(): Promise<void> {
      await yard.close()
      rmSync(dir, { recursive: true, force: true })
    }
    return { measure, close }
  },
})

export const applyCases: readonly BenchCase[] = [applyCase]
