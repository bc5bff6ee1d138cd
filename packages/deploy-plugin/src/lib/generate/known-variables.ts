import { EXAMPLE_FILE, parseSchema, SCHEMA_FILE, schemaOfExample } from '../env/schema.ts'
import { isSecretName } from '../files/hide-secrets.ts'
import { readInside } from '../files/project.ts'

/** Names that the project's schema and example list, whoever wrote them there. */
export function knownVariables(root: string): string[] {
  const typed = parseSchema(readInside(root, SCHEMA_FILE) ?? '').variables
  const listed = schemaOfExample(readInside(root, EXAMPLE_FILE) ?? '').variables
  return [...new Set([...typed, ...listed].map(({ name }) => name))].sort()
}

/** Whether a variable holds a secret: as the schema says, else by its name. */
export function sensitiveNames(root: string): (name: string) => boolean {
  const said = new Map(parseSchema(readInside(root, SCHEMA_FILE) ?? '').variables.map(({ name, sensitive }) => [name, sensitive]))
  return (name) => said.get(name) ?? isSecretName(name)
}
