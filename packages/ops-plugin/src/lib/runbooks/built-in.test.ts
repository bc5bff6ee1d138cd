import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { BUILT_IN } from './built-in.ts'

const CLI = fileURLToPath(new URL('../../../../cli/bin/switchyard.js', import.meta.url))

it('each runbook that comes along can be rehearsed with the plugins that come along', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ops-built-in-'))
  try {
    writeFileSync(join(folder, 'switchyard.config.json'), '{}')
    const show = async (runbook: string): Promise<number> => {
      const args = [
        CLI,
        'ops',
        'runbook',
        'show',
        '--runbook',
        runbook,
        ...(runbook === 'hotfix' ? ['--values', '{"title":"Broken"}'] : []),
        '--json',
      ]
      const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: folder })
      return (JSON.parse(stdout) as { steps: unknown[] }).steps.length
    }
    const steps = await Promise.all(Object.keys(BUILT_IN).map(show))
    expect(Math.min(...steps)).toBeGreaterThan(3)
  } finally {
    rmSync(folder, { recursive: true })
  }
}, 60_000)
