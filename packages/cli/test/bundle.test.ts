import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { installBundle, makeWorkspace } from './process.ts'

const shell = promisify(execFile)

describe('the published command', () => {
  it('needs nothing but what is published of it', { timeout: 60_000 }, async () => {
    using installed = makeWorkspace()
    using workspace = makeWorkspace('{ // read by a parser that comes along\n "logLevel": "info" }')
    const bin = installBundle(installed.dir)
    const switchyard = async (...args: string[]) => (await shell(process.execPath, [bin, ...args], { cwd: workspace.dir })).stdout
    expect(await switchyard('plugins')).toContain('ops health scan')
    expect(await switchyard('config')).toContain('switchyard.config.json:2')
    expect(await switchyard('chain', 'list', '--available')).toContain('full-health')
    expect(await switchyard('check the health of this project')).toContain(' of 100')
  })
})
