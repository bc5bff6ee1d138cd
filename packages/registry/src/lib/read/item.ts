import { basename, dirname } from 'node:path'
import type { ForeignItem, Problem } from '../foreign.ts'
import { cleanName, cleanText, cleanWords } from '../text.ts'
import type { Folder } from './folder.ts'
import { NO_FRONTMATTER, parseFrontmatter } from './frontmatter.ts'
import type { NamedCommand } from './manifest.ts'

/** What reading collects beside what it returns. */
export type Report = (problem: Problem) => void

/** What is known of a text beside itself. */
export interface ItemOptions {
  readonly kind: ForeignItem['kind']
  readonly within?: string | undefined
  /** What the manifest says of it, which counts before what it says itself. */
  readonly named?: NamedCommand
}

/** One Markdown file as a command, an agent or a skill; undefined where it cannot be used, which `report` is told. */
export function readItem(folder: Folder, path: string, options: ItemOptions, report: Report): ForeignItem | undefined {
  const file = folder.read(path)
  if (file === undefined) return undefined
  if ('text' in file) return itemOf(file.text, path, options, report)
  report({ path, message: `it is passed over as ${file.refused}`, outcome: 'skipped' })
  return undefined
}

/** The same of a text, wherever it stands. */
export function itemOf(text: string, path: string, { kind, within, named }: ItemOptions, report: Report): ForeignItem | undefined {
  const { fields, body, mended } = parseFrontmatter(text)
  const isBare = mended === NO_FRONTMATTER
  // Notes beside commands and agents are usual, and no mistake; nor is a command that says nothing of itself.
  if (isBare && named === undefined && /^(?:readme|index|changelog)\.md$/i.test(basename(path))) return undefined
  if (isBare && kind === 'agent') {
    report({ path, message: 'it is passed over as it has no frontmatter, which an agent needs', outcome: 'skipped' })
    return undefined
  }
  if (mended !== undefined && !(isBare && kind === 'command')) report({ path, message: mended, outcome: 'mended' })
  const name = named?.name ?? nameOf(fields, path, kind)
  if (name === undefined) {
    report({ path, message: 'it is passed over as it has no name', outcome: 'skipped' })
    return undefined
  }
  const described = named?.summary || textField(fields.description)
  const summary =
    cleanText(withoutExamples([described, textField(fields.when_to_use)].filter((text) => text !== '').join(' '))) || opening(body)
  if (described === '' && mended === undefined) report({ path, message: 'it has no description', outcome: 'mended' })
  const model = named?.model || cleanText(fields.model, 60)
  const category = cleanText(fields.category ?? fields.type, 60)
  const argumentHint = named?.argumentHint || cleanText(listText(fields['argument-hint']), 200)
  return {
    kind,
    name,
    ...(within !== undefined && { within }),
    summary,
    keywords: [...cleanWords(fields.keywords), ...cleanWords(fields.tags), ...cleanWords(fields.capabilities)],
    ...(category !== '' && { category: category.toLowerCase() }),
    ...(model !== '' && model !== 'inherit' && { model: model.toLowerCase() }),
    ...(argumentHint !== '' && { argumentHint }),
    examples: examplesOf(described),
    path,
  }
}

/** By what it says, else after its file, a skill after its folder. */
function nameOf(fields: Readonly<Record<string, unknown>>, path: string, kind: ForeignItem['kind']): string | undefined {
  return cleanName(fields.name) ?? cleanName(kind === 'skill' ? basename(dirname(path)) : basename(path).replace(/\.md$/i, ''))
}

/** What people leave unquoted: `[a] [b]` is a list to YAML. */
function listText(value: unknown): unknown {
  return Array.isArray(value) ? `[${value.flat(3).map(String).join(', ')}]` : value
}

function textField(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/** The first words of a body that are no heading. */
function opening(body: string): string {
  const line = body
    .slice(0, 8_000)
    .split('\n')
    .find((one) => /\p{L}/u.test(one) && !/^\s*(?:#|---|```|<|!)/.test(one))
  const heading = /^[ \t]*#+[ \t]+(.+)$/m.exec(body.slice(0, 8_000))?.[1]
  return cleanText(line ?? heading ?? '', 300)
}

const EXAMPLE = /<example>[\s\S]*?(?:<\/example>|$)|(?:\\n|\n)[ \t]*Examples?:[\s\S]*$/gi
const SAID = /\buser:\s*["“]([^"”\n]{3,200})["”]/gi

function withoutExamples(description: string): string {
  return description.replace(EXAMPLE, ' ').replaceAll('\\n', ' ')
}

/** What people are likely to say, where a description shows it in the usual form: `user: "..."`. */
function examplesOf(description: string): string[] {
  return [...description.slice(0, 20_000).matchAll(SAID)].slice(0, 10).map(([, said]) => cleanText(said, 200))
}
