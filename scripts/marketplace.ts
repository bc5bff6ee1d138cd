// npm run marketplace [-- FOLDER]: writes the Claude Code marketplace, dist/marketplace unless a folder is named, and brings
// .claude-plugin/marketplace.json, by which this repository itself can be added, up to date.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { claudePlugins } from './marketplace/claude-plugin.ts'
import { cloneMarketplace } from './marketplace/documents.ts'
import { ROOT } from './marketplace/root.ts'
import { writeMarketplace } from './marketplace/write-marketplace.ts'

const out = process.argv[2] ?? join(ROOT, 'dist/marketplace')
const plugins = await claudePlugins()
mkdirSync(join(ROOT, '.claude-plugin'), { recursive: true })
writeFileSync(join(ROOT, '.claude-plugin/marketplace.json'), `${JSON.stringify(cloneMarketplace(plugins), null, 2)}\n`)
const { serverBytes } = await writeMarketplace(out, plugins)
console.log(
  `${relative(process.cwd(), out) || '.'}: ${plugins.map(({ name }) => name).join(', ')}; a server of ${Math.round(serverBytes / 1024)} KB each`,
)
