import { parseUriTemplate, type UriTemplate } from '@switchyard/contracts/manifest'
import type { ToolSource } from './tool-source.ts'

/** Points a client at a record that it can read. */
export interface ResourceLink {
  readonly type: 'resource_link'
  readonly uri: string
  readonly name: string
  readonly mimeType: string
}

/** More are of no use to whoever reads them. */
const MAX_LINKS = 20

/**
 * Links to the records that a result names. A command of the same noun as a resource's, such as `issue.list` beside `issue.show`
 * with `ops://issues/{id}`, names a record wherever an object of its result has a field for each variable.
 */
export function resourceLinks(source: ToolSource, commandId: string, result: unknown): readonly ResourceLink[] {
  const noun = nounOf(commandId.slice(source.name.length + 1))
  const templates = Object.entries(source.commands).flatMap(([name, { resource }]) =>
    resource !== undefined && nounOf(name) === noun && resource.uri.includes('{') ? [parseUriTemplate(resource.uri)] : [],
  )
  const uris = new Set<string>()
  for (const template of templates) collect(result, template, uris)
  return [...uris].slice(0, MAX_LINKS).map((uri) => ({ type: 'resource_link', uri, name: uri, mimeType: 'application/json' }))
}

function collect(value: unknown, template: UriTemplate, found: Set<string>): void {
  if (found.size >= MAX_LINKS || typeof value !== 'object' || value === null) return
  if (Array.isArray(value)) {
    for (const one of value) collect(one, template, found)
    return
  }
  const record = value as Readonly<Record<string, unknown>>
  const values = template.variables.map((name) => [name, record[name]] as const)
  if (values.every((entry): entry is readonly [string, string | number] => isKey(entry[1]))) {
    found.add(template.expand(Object.fromEntries(values)))
    return
  }
  for (const inner of Object.values(record)) if (typeof inner === 'object') collect(inner, template, found)
}

function isKey(value: unknown): value is string | number {
  return (typeof value === 'string' && value !== '' && value.isWellFormed()) || typeof value === 'number'
}

function nounOf(name: string): string {
  return name.includes('.') ? name.slice(0, name.indexOf('.')) : ''
}
