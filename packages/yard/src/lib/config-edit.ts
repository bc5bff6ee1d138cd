import { applyEdits, modify } from 'jsonc-parser'
import { configJsonSchema, defaultConfig } from './config.ts'
import { parseConfigDocument } from './config-document.ts'

const FORMAT = { formattingOptions: { tabSize: 2, insertSpaces: true, eol: '\n' } }

/** A configuration's text with one more plugin; comments and layout stay. The same text where the plugin is there already. */
export function withPlugin(text: string, specifier: string): string {
  const { value } = parseConfigDocument('', text)
  const plugins = typeof value === 'object' && value !== null && 'plugins' in value ? value.plugins : undefined
  if (!Array.isArray(plugins)) return applyEdits(text, modify(text, ['plugins'], [specifier], FORMAT))
  if (plugins.includes(specifier)) return text
  return applyEdits(text, modify(text, ['plugins', plugins.length], specifier, { ...FORMAT, isArrayInsertion: true }))
}

/** A configuration that sets nothing and explains every key. */
export function commentedConfig(): string {
  const { properties } = configJsonSchema() as { properties: Readonly<Record<string, { description?: string }>> }
  const defaults: Readonly<Record<string, unknown>> = defaultConfig()
  const blocks = Object.entries(properties)
    .filter(([key]) => key in defaults)
    .map(([key, { description = '' }]) => {
      const value = `${JSON.stringify(key)}: ${JSON.stringify(defaults[key], null, 2)},`
      return [...folded(description), ...value.split('\n')].map((line) => `  // ${line}`).join('\n')
    })
  return `{\n${blocks.join('\n\n')}\n}\n`
}

/** Lines that are read without scrolling. */
function folded(text: string): string[] {
  return text
    .replace(/(.{1,100})(?: |$)/g, '$1\n')
    .trimEnd()
    .split('\n')
}
