// npm run docs: writes docs/reference, the command line's outlines and its router's model from the definitions. `-- --check` writes nothing and fails when a page is out of date.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { chainReference } from '@switchyard/chain'
import { builtInModel, builtInPlugins, outlineOf } from '@switchyard/cli'
import { ruleReference } from '@switchyard/deploy-plugin/reference'
import { checkReference } from '@switchyard/ops-plugin/reference'
import type { Command, Plugin } from '@switchyard/plugin-kit'
import { configJsonSchema, isLearnedFrom, learnRouter } from '@switchyard/yard'
import { z } from 'zod'

const FOLDER = 'docs/reference'
const MODEL = 'packages/cli/built-in-model.bin'

const pages = new Map<string, string>()
const plugins = await builtInPlugins()
pages.set('README.md', indexPage(plugins))
for (const plugin of plugins) pages.set(`${plugin.name}.md`, pluginPage(plugin))
pages.set('chain-language.md', chainReference())
pages.set('checks.md', checkReference())
pages.set('deploy-rules.md', ruleReference())
pages.set('config.schema.json', `${JSON.stringify(configJsonSchema(), null, 2)}\n`)

const files = new Map([...pages].map(([name, text]) => [join(FOLDER, name), text]))
files.set('packages/cli/src/built-in-outlines.json', `${JSON.stringify(plugins.map(outlineOf), null, 2)}\n`)

const model = builtInModel()
const isModelStale = model === undefined || !isLearnedFrom(model, plugins)

const orphans = (existsSync(FOLDER) ? readdirSync(FOLDER) : []).map((name) => join(FOLDER, name)).filter((path) => !files.has(path))
if (process.argv.includes('--check')) {
  const stale = [...files].filter(([path, text]) => !existsSync(path) || readFileSync(path, 'utf8') !== text)
  const wrong = [...stale.map(([path]) => path), ...orphans, ...(isModelStale ? [MODEL] : [])]
  if (wrong.length > 0) {
    console.error(`Cannot accept what is generated as it must match the definitions: ${wrong.join(', ')}\nRun: npm run docs`)
    process.exit(1)
  }
} else {
  mkdirSync(FOLDER, { recursive: true })
  for (const path of orphans) rmSync(path)
  for (const [path, text] of files) writeFileSync(path, text)
  if (isModelStale) writeFileSync(MODEL, learnRouter(plugins))
}

function indexPage(all: readonly Plugin[]): string {
  const rows = all.map(({ name, summary, commands }) => `| [${name}](${name}.md) | ${summary} | ${Object.keys(commands).length} |`)
  return `# Reference

Generated from the definitions by \`npm run docs\`. The keys of \`switchyard.config.json\` are in
[config.schema.json](config.schema.json), which editors can read. The language of chains is in [chain-language.md](chain-language.md),
the checks of health in [checks.md](checks.md), the rules of a stack in [deploy-rules.md](deploy-rules.md).

| Plugin | What it is for | Commands |
|---|---|---|
${rows.join('\n')}
`
}

function pluginPage(plugin: Plugin): string {
  const offered = Object.entries(plugin.commands).filter(([, { internal }]) => internal !== true)
  const commands = offered.map(([name, command]) => commandSection(`${plugin.name}.${name}`, command))
  return `# ${plugin.name}

${plugin.summary}. Version ${plugin.version}.

${commands.join('\n')}`
}

function commandSection(id: string, command: Command): string {
  const facts = [`effect \`${command.effect}\``, `time limit ${(command.timeoutMs ?? 30_000) / 1000} s`]
  if (command.undo !== undefined) facts.push('can be undone')
  const examples = command.examples.slice(0, 4).map((example) => `- "${example}"`)
  return `## ${id}

${command.summary}. ${command.description ?? ''}

${facts.join(', ')} · \`switchyard ${id.replaceAll('.', ' ')}\`

${fieldTable('Input', command.input, 'input')}
${fieldTable('Output', command.output, 'output')}
Means the same, said in words:

${examples.join('\n')}
`
}

interface JsonSchema {
  type?: string
  enum?: readonly unknown[]
  items?: JsonSchema
  description?: string
  default?: unknown
  properties?: Record<string, JsonSchema>
  required?: readonly string[]
}

function fieldTable(title: string, schema: z.ZodType, io: 'input' | 'output'): string {
  const { properties = {}, required = [] } = z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as JsonSchema
  const rows = Object.entries(properties).map(([name, field]) => {
    const presence = field.default !== undefined ? `\`${JSON.stringify(field.default)}\`` : required.includes(name) ? 'required' : ''
    return `| \`${name}\` | ${typeName(field)} | ${presence} | ${field.description ?? ''} |`
  })
  if (rows.length === 0) return `${title}: none\n`
  return `| ${title} | Type | ${io === 'input' ? 'Default' : ''} | |\n|---|---|---|---|\n${rows.join('\n')}\n`
}

function typeName({ type, enum: values, items }: JsonSchema): string {
  if (values !== undefined) return values.map((value) => `\`${String(value)}\``).join(', ')
  if (items !== undefined) return `list of ${typeName(items)}`
  return type ?? 'any'
}
