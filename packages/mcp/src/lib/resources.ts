import { parseUriTemplate, type UriTemplate } from '@switchyard/contracts/manifest'
import { z } from 'zod'
import type { ToolCommand, ToolSource } from './tool-source.ts'

/** What is read under a URI, or under each URI of a form. */
export interface ReadableResource {
  readonly source: ToolSource
  readonly commandId: string
  readonly command: ToolCommand
  readonly template: UriTemplate
  /** In words, such as `issue show`. */
  readonly name: string
}

export function resourcesOf(source: ToolSource): readonly ReadableResource[] {
  return Object.entries(source.commands).flatMap(([name, command]) =>
    command.resource === undefined
      ? []
      : [
          {
            source,
            commandId: `${source.name}.${name}`,
            command,
            template: parseUriTemplate(command.resource.uri),
            name: name.replaceAll(/[.-]/g, ' '),
          },
        ],
  )
}

/** The resource that a URI is of, and the input that its variables make. One without variables wins over a form that would fit too. */
export function findResource(
  all: readonly ReadableResource[],
  uri: string,
): { readonly resource: ReadableResource; readonly input: Readonly<Record<string, unknown>> } | undefined {
  const found = all.flatMap((resource) => {
    const values = resource.template.match(uri)
    return values === undefined ? [] : [{ resource, input: typed(resource.command, values) }]
  })
  return found.sort((a, b) => a.resource.template.variables.length - b.resource.template.variables.length)[0]
}

/** Whatever stands in a URI is text; a field that wants a number or a boolean gets one. */
function typed({ input }: ToolCommand, values: Readonly<Record<string, string>>): Readonly<Record<string, unknown>> {
  const fields = input instanceof z.ZodObject ? (input.shape as Readonly<Record<string, z.ZodType>>) : {}
  return Object.fromEntries(
    Object.entries(values).map(([name, text]) => {
      const field = fields[name]
      if (field === undefined || field.safeParse(text).success) return [name, text]
      if (/^-?\d+(\.\d+)?$/.test(text)) return [name, Number(text)]
      return [name, text === 'true' || (text === 'false' ? false : text)]
    }),
  )
}
