import { cpSync, existsSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { bundleServer } from './bundle-server.ts'
import type { ClaudePlugin } from './claude-plugin.ts'
import { agentFile, builtMarketplace, mcpConfig, pluginManifest, readme } from './documents.ts'
import { ROOT } from './root.ts'

const BUNDLE = 'server/dist/bundle/main.js'

/** Writes a marketplace whose plugins need nothing installed. The folder is ours: what was in it is gone. */
export async function writeMarketplace(out: string, plugins: readonly ClaudePlugin[]): Promise<{ serverBytes: number }> {
  if (existsSync(out) && !existsSync(join(out, '.claude-plugin/marketplace.json'))) {
    throw new Error(`Cannot write a marketplace to ${out} as what is there must be one: it is something else`)
  }
  rmSync(out, { recursive: true, force: true })
  writeJson(join(out, '.claude-plugin/marketplace.json'), builtMarketplace(plugins))
  const { code, notices } = await bundleServer()
  for (const plugin of plugins) {
    const folder = join(out, plugin.name)
    writeJson(join(folder, '.claude-plugin/plugin.json'), pluginManifest(plugin))
    writeJson(join(folder, '.mcp.json'), mcpConfig(plugin))
    writeText(join(folder, 'README.md'), readme(plugin))
    cpSync(join(ROOT, 'LICENSE'), join(folder, 'LICENSE'))
    for (const part of ['skills', 'agents', 'hooks']) copyIfThere(join(ROOT, plugin.folder, part), join(folder, part))
    for (const agent of plugin.agents) writeText(join(folder, 'agents', `${agent.name}.md`), agentFile(agent), 'wx')
    // Laid out as the published command is, whose launcher says what an old Node lacks.
    cpSync(join(ROOT, 'packages/cli/bin'), join(folder, 'server/bin'), { recursive: true })
    cpSync(join(ROOT, 'packages/chain/library'), join(folder, 'server/library'), { recursive: true })
    writeJson(join(folder, 'server/package.json'), { name: '@switchyard/cli', version: plugin.version, type: 'module', private: true })
    writeText(join(folder, BUNDLE), code)
    writeText(join(folder, 'server/NOTICES.txt'), notices)
  }
  return { serverBytes: statSync(join(out, plugins[0]!.name, BUNDLE)).size }
}

function copyIfThere(from: string, to: string): void {
  if (existsSync(from)) cpSync(from, to, { recursive: true })
}

const writeJson = (path: string, value: object): void => writeText(path, `${JSON.stringify(value, null, 2)}\n`)

function writeText(path: string, text: string, flag = 'w'): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text, { flag })
}
