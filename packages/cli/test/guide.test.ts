import { execFile } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { makeWorkspace } from './process.ts'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const GUIDE = join(ROOT, 'docs/guide/write-a-plugin.md')

interface Step {
  readonly language: string
  readonly file: string | undefined
  readonly text: string
}

/** The fenced blocks of the page, in order. */
function stepsOf(page: string): readonly Step[] {
  return [...page.matchAll(/^```(\w*)(?: file=(\S+))?\n(.*?)^```$/gms)].map(([, language = '', file, text = '']) => ({
    language,
    file,
    text,
  }))
}

/** A folder that is a checkout as far as packages, types and tests are concerned, with this one's dependencies. */
function makeCheckout(): ReturnType<typeof makeWorkspace> {
  const workspace = makeWorkspace()
  const { dir } = workspace
  mkdirSync(join(dir, 'packages/plugin-kit'), { recursive: true })
  cpSync(join(ROOT, 'packages/plugin-kit/package.json'), join(dir, 'packages/plugin-kit/package.json'))
  for (const file of ['vitest.config.ts', 'tsconfig.base.json', 'tsconfig.json', 'biome.json', 'package.json', '.gitignore']) {
    cpSync(join(ROOT, file), join(dir, file))
  }
  mkdirSync(join(dir, 'scripts'))
  cpSync(join(ROOT, 'scripts/closing-line-reporter.ts'), join(dir, 'scripts/closing-line-reporter.ts'))
  symlinkSync(join(ROOT, 'node_modules'), join(dir, 'node_modules'))
  mkdirSync(join(dir, '.git'))
  return workspace
}

async function shell(dir: string, line: string): Promise<string> {
  const env = { PATH: process.env.PATH, HOME: dir, npm_config_offline: 'true', npm_config_update_notifier: 'false' }
  const { stdout } = await promisify(execFile)('sh', ['-ec', line], { cwd: dir, env })
  return stdout
}

describe('docs/guide/write-a-plugin.md', () => {
  it('leads from nothing to a plugin that works, step by step as it is written', { timeout: 120_000 }, async () => {
    using workspace = makeCheckout()
    const steps = stepsOf(readFileSync(GUIDE, 'utf8'))
    expect(steps.filter(({ language }) => language === 'sh').length).toBeGreaterThanOrEqual(6)
    let output = ''
    const isTidy = () => shell(workspace.dir, 'biome check --vcs-enabled=false packages/greeter-plugin')
    for (const [number, { language, file, text }] of steps.entries()) {
      if (language === 'sh') output = await shell(workspace.dir, text)
      else if (file !== undefined) writeFileSync(join(workspace.dir, file), text)
      else expect(output).toBe(text)
      if (number === 0) await isTidy()
    }
    expect(output).toMatch(/(\d+) passed, 0 failed/)
    expect(existsSync(join(workspace.dir, 'welcome-ada.txt'))).toBe(true)

    await shell(workspace.dir, 'tsc --noEmit --incremental false -p tsconfig.json')
    await isTidy()
  })
})

describe('switchyard new plugin', () => {
  it('writes a plugin whose own test passes at once, in any folder where switchyard is installed', { timeout: 60_000 }, async () => {
    using workspace = makeWorkspace()
    const { dir } = workspace
    symlinkSync(join(ROOT, 'node_modules'), join(dir, 'node_modules'))
    writeFileSync(join(dir, 'vitest.config.ts'), "export default { ssr: { resolve: { conditions: ['@switchyard/source'] } } }\n")
    const made = await shell(dir, 'switchyard new plugin team-chat')
    expect(made).toContain('npx vitest run team-chat-plugin')
    expect(await shell(dir, 'switchyard team-chat hello --name Ada')).toBe('Hello, Ada\n')
    expect(await shell(dir, 'NO_COLOR=1 vitest run team-chat-plugin')).toMatch(/Tests {2}[1-9]\d* passed/)
  })
})
