import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

it('this repository keeps the rules that it holds others to', { timeout: 60_000 }, () => {
  const workspace = mkdtempSync(join(tmpdir(), 'switchyard-health-'))
  try {
    const scan = ['ops', 'health', 'scan', '--project', ROOT, '--dir', workspace, '--json']
    const report = JSON.parse(execFileSync(process.execPath, [join(ROOT, 'packages/cli/bin/switchyard.js'), ...scan], { encoding: 'utf8' }))
    const failed = report.checks.filter(({ status }: { status: string }) => status === 'fail')
    expect(failed.map(({ id, findings }: { id: string; findings: unknown }) => ({ id, findings }))).toEqual([])
    expect(report.score).toBeGreaterThanOrEqual(95)
  } finally {
    rmSync(workspace, { recursive: true, force: true })
  }
})
