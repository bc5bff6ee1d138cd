import { isSecretName, isSecretValue } from '../files/hide-secrets.ts'
import { table } from '../files/table.ts'
import { type EnvFileOnDisk, listEnvFiles, readEnvFile } from './env-files.ts'
import { indented, MAX_LISTED, wantedVariables } from './list.ts'

type Presence = 'set' | 'empty' | 'absent'

export interface ComparedVariable {
  readonly name: string
  /** One for each file, in their order. */
  readonly in: Presence[]
  /** Whether two files that have it give it different values. */
  readonly differs: boolean
  /** A secret that is the same in two environments: whoever learns one has both. */
  readonly shared: boolean
}

/** Which variables are where, and what is the same. No value leaves this function. */
export async function compareEnv(root: string, paths: readonly string[] | undefined) {
  const files = (paths ?? listEnvFiles(root)).map((path) => readEnvFile(root, path))
  const names = [...new Set(files.flatMap(({ dotenv }) => dotenv.entries.map(({ name }) => name)))].sort()
  const variables = names.map((name) => compare(name, files))
  const nowhere = (await wantedVariables(root)).filter(({ name, hasFallback }) => !hasFallback && !names.includes(name))
  const uneven = variables.filter(({ in: presence }) => new Set(presence).size > 1)
  const shared = variables.filter((variable) => variable.shared).map(({ name }) => name)
  const labels = files.map(({ path }) => path)
  return {
    files: labels,
    variables: variables.slice(0, MAX_LISTED),
    uneven: uneven.slice(0, MAX_LISTED).map(({ name }) => name),
    shared,
    nowhere: nowhere.map(({ name, at }) => ({ name, at })),
    text: render(labels, uneven.slice(0, MAX_LISTED), shared, nowhere),
  }
}

function compare(name: string, files: readonly EnvFileOnDisk[]): ComparedVariable {
  const values = files.map((file) => file.values.get(name))
  const set = values.filter((value) => value !== undefined && value !== '')
  const isSecret = isSecretName(name) || set.some((value) => isSecretValue(value ?? ''))
  return {
    name,
    in: values.map((value) => (value === undefined ? 'absent' : value === '' ? 'empty' : 'set')),
    differs: new Set(set).size > 1,
    shared: isSecret && new Set(set).size < set.length,
  }
}

const SIGNS: Readonly<Record<Presence, string>> = { set: 'yes', empty: 'empty', absent: '-' }

function render(
  files: readonly string[],
  uneven: readonly ComparedVariable[],
  shared: readonly string[],
  nowhere: readonly { name: string; at: string }[],
): string {
  const blocks: string[] = []
  if (files.length < 2) blocks.push(`There is nothing to compare: ${files.length === 0 ? 'no env file' : `only ${files[0]}`}`)
  else if (uneven.length === 0) blocks.push(`${files.join(' and ')} have the same variables`)
  else
    blocks.push(
      table(
        ['Variable', ...files],
        uneven.map(({ name, in: presence }) => [name, ...presence.map((one) => SIGNS[one])]),
      ),
    )
  if (shared.length > 0) blocks.push(`The same secret in two environments\n${indented(shared.join('\n'))}`)
  if (nowhere.length > 0)
    blocks.push(
      `Asked for and nowhere set\n${indented(
        table(
          ['Variable', 'At'],
          nowhere.map(({ name, at }) => [name, at]),
        ),
      )}`,
    )
  return blocks.join('\n\n')
}
