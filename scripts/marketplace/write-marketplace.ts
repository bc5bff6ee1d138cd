import { cpSync, existsSync, globSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { bundleServer } from './bundle-server.ts'
import type { ClaudePlugin } from './claude-plugin.ts'
import { agentFile, builtMarketplace, mcpConfig, pluginManifest, readme } from './documents.ts'
import { ROOT } from './root.ts'

/** Writes a marketplace whose plugins need nothing installed. The folder is ours: what was in it is gone. */
export async function writeMarketplace(out: string, plugins: readonly ClaudePlugin[]): Promise<{ serverBytes: number }> {
  if (existsSync(out) && !existsSync(join(out, '.claude-plugin/marketplace.json'))) {
    throw new Error(`Cannot write a marketplace to ${out} as what is there must be one: it is something else`)
  }
  rmSync(out, { recursive: true, force: true })
  writeJson(join(out, '.claude-plugin/marketplace.json'), builtMarketplace(plugins))
  const server = join(out, plugins[0]!.name, 'server')
  await bundleServer(server)
  for (const plugin of plugins) {
    const folder = join(out, plugin.name)
    writeJson(join(folder, '.claude-plugin/plugin.json'), pluginManifest(plugin))
    writeJson(join(folder, '.mcp.json'), mcpConfig(plugin))
    writeText(join(folder, 'README.md'), readme(plugin))
    cpSync(join(ROOT, 'LICENSE'), join(folder, 'LICENSE'))
    for (const part of ['skills', 'agents', 'hooks']) copyIfThere(join(ROOT, plugin.folder, part), join(folder, part))
    for (const agent of plugin.agents) writeText(join(folder, 'agents', `${agent.name}.md`), agentFile(agent), 'wx')
    if (plugin !== plugins[0]) cpSync(server, join(folder, 'server'), { recursive: true })
  }
  const files = globSync('**/*.js', { cwd: server }).map((file) => statSync(join(server, file)).size)
  return { serverBytes: files.reduce((sum, size) => sum + size, 0) }
}

function copyIfThere(from: string, to: string): void {
  if (existsSync(from)) cpSync(from, to, { recursive: true })
}

const writeJson = (path: string, value: object): void => writeText(path, `${JSON.stringify(value, null, 2)}\n`)

function writeText(path: string, text: string, flag = 'w'): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text, { flag })
}
