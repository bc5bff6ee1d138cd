import { execFile } from 'node:child_process'
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { makeWorkspace } from './process.ts'

const PACKAGE = fileURLToPath(new URL('..', import.meta.url))
const shell = promisify(execFile)

describe('the published command', () => {
  it('is one file that needs nothing beside it', { timeout: 60_000 }, async () => {
    using installed = makeWorkspace()
    using workspace = makeWorkspace('{ // read by a parser that comes along\n "logLevel": "info" }')
    for (const path of ['bin', 'package.json']) cpSync(join(PACKAGE, path), join(installed.dir, path), { recursive: true })
    const bundle = join(installed.dir, 'dist/bundle/main.js')
    await shell('rolldown', ['-c', 'rolldown.config.js', '-o', bundle, '--silent'], { cwd: PACKAGE })

    const switchyard = async (...args: string[]) =>
      (await shell(process.execPath, [join(installed.dir, 'bin/switchyard.js'), ...args], { cwd: workspace.dir })).stdout
    expect(await switchyard('plugins')).toContain('ops health scan')
    expect(await switchyard('config')).toContain('switchyard.config.json:2')
    expect(await switchyard('check the health of this project')).toContain(' of 100')
  })
})
