/** A value of YAML that keeps its order; comments stand above what they are about. */
export type Yaml = string | number | boolean | readonly Yaml[] | YamlMap | YamlFlow

export interface YamlMap {
  readonly entries: readonly YamlEntry[]
}

export interface YamlEntry {
  readonly key: string
  readonly value: Yaml
  readonly comment?: string | undefined
  /** Whether a blank line goes before it. */
  readonly apart?: boolean
}

/** A list in one line. */
export interface YamlFlow {
  readonly flow: readonly string[]
}

export const flow = (items: readonly string[]): YamlFlow => ({ flow: items })

/** A mapping of what is defined; `[value, comment]` where something has to be said. */
export function map(
  fields: Readonly<Record<string, Yaml | undefined>>,
  comments: Readonly<Record<string, string | undefined>> = {},
): YamlMap {
  return {
    entries: Object.entries(fields).flatMap(([key, value]) =>
      value === undefined ? [] : [{ key, value, comment: Object.hasOwn(comments, key) ? comments[key] : undefined }],
    ),
  }
}

/** As a document, two spaces a level; every text that another reader could take for something else is quoted. */
export function writeYaml(value: YamlMap, head: string): string {
  return `${comment(head, '')}\n${writeMap(value, '')}`
}

function writeMap({ entries }: YamlMap, indent: string): string {
  return entries
    .map(({ key, value, comment: about, apart }, index) => {
      const gap = apart === true && index > 0 ? '\n' : ''
      const note = about === undefined ? '' : comment(about, indent)
      return `${gap}${note}${indent}${scalar(key)}:${writeValue(value, indent)}`
    })
    .join('')
}

function writeValue(value: Yaml, indent: string): string {
  if (isList(value)) {
    if (value.length === 0) return ' []\n'
    return `\n${value.map((item) => `${indent}  -${writeItem(item, `${indent}    `)}`).join('')}`
  }
  if (isFlow(value)) return ` [${value.flow.map(flowScalar).join(', ')}]\n`
  if (typeof value === 'object') return value.entries.length === 0 ? ' {}\n' : `\n${writeMap(value, `${indent}  `)}`
  return ` ${scalar(value)}\n`
}

/** The first key of a mapping stands beside its dash. */
function writeItem(item: Yaml, indent: string): string {
  if (typeof item !== 'object') return ` ${scalar(item)}\n`
  if (isList(item) || isFlow(item)) return writeValue(item, indent)
  return ` ${writeMap(item, indent).slice(indent.length)}`
}

const isList = (value: Yaml): value is readonly Yaml[] => Array.isArray(value)

const isFlow = (value: Yaml): value is YamlFlow => typeof value === 'object' && 'flow' in value

const PLAIN = /^(?:(?:-{0,2}|\.{0,2}\/)[A-Za-z/_][\w./@-]*(?::[\w./@-]+)*|\d+(?:ms|[smhM]|[MG]i))$/
const NO_TEXT = /^(true|false|yes|no|on|off|y|n|null)$/i

/** Plain where nobody can take it for a number, a time or a word of YAML; else in double quotes, whose escapes are JSON's. */
function scalar(value: string | number | boolean): string {
  if (typeof value !== 'string') return String(value)
  return PLAIN.test(value) && !NO_TEXT.test(value) ? value : JSON.stringify(value)
}

/** In a list in one line, texts look alike. */
const flowScalar = (value: string): string => JSON.stringify(value)

const comment = (text: string, indent: string): string =>
  text
    .split('\n')
    .map((line) => `${indent}#${line === '' ? '' : ` ${line}`}\n`)
    .join('')
