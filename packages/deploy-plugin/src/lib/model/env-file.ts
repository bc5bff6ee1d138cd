import { type DotenvEntry, parseDotenv } from '../env/dotenv.ts'
import { expandTemplate } from '../env/expand.ts'
import type { Problem } from './problem.ts'
import type { Source, Spot } from './source.ts'

export interface EnvVariable {
  readonly name: string
  /** Unquoted, with its variables put in; never to be shown. Undefined where the line only names it. */
  readonly value: string | undefined
  readonly spot: Spot
  readonly valueSpot: Spot
}

export interface EnvFile {
  readonly source: Source
  /** In the order of the file; a name may come twice. */
  readonly variables: readonly EnvVariable[]
  readonly names: ReadonlySet<string>
  /** By name, the last one winning. */
  readonly values: ReadonlyMap<string, string>
  /** Names that values of the file itself take in. */
  readonly uses: ReadonlySet<string>
  readonly problems: readonly Problem[]
}

/** Values that take one another in could double at each line. */
const MAX_CHARS = 4_000_000

/** An env file with its values as Compose would take them. */
export function readEnvFile(source: Source): EnvFile {
  const { entries, problems } = parseDotenv(source.text)
  const values = new Map<string, string>()
  const uses = new Set<string>()
  let leftChars = MAX_CHARS
  const lookup = (name: string): string | undefined => {
    uses.add(name)
    return leftChars > 0 ? values.get(name) : undefined
  }
  const variables = entries.map((entry): EnvVariable => {
    const value = entry.template === undefined ? undefined : expandTemplate(entry.template, lookup).value
    leftChars -= value?.length ?? 0
    if (value !== undefined) values.set(entry.name, value)
    const start = nameStart(source, entry)
    return {
      name: entry.name,
      value,
      spot: source.spot(start, start + entry.name.length),
      valueSpot: source.spot(entry.valueStart, entry.valueEnd),
    }
  })
  return {
    source,
    variables,
    names: new Set(variables.map(({ name }) => name)),
    values,
    uses,
    problems: problems.map(({ line, column, message, fault }) => ({
      rule: fault === 'duplicate' ? 'env.duplicate' : 'env.syntax',
      note: message,
      spot: source.spot(source.offsetOf(line, column)),
    })),
  }
}

const nameStart = (source: Source, { start, name }: DotenvEntry): number => source.text.indexOf(name, start)
