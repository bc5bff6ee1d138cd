import type { Command as Definition } from '@switchyard/plugin-kit'
import { isSecretName, mustBe } from '@switchyard/yard/config'
import { usage, wrongInput } from './errors.ts'
import { type Flag, valueOfFlag } from './flags.ts'

interface InputSource {
  /** As it is typed: `switchyard ops health scan`. */
  readonly command: string
  readonly flags: readonly Flag[]
  /** By field. */
  readonly given: ReadonlyMap<string, unknown>
  /** The whole input as JSON; flags win over it. */
  readonly json: string | undefined
}

/** The input that a command line means, not yet checked. @throws USAGE */
export function readInput({ command, flags, given, json }: InputSource): Record<string, unknown> {
  const input: Record<string, unknown> = json === undefined ? {} : parseObject(command, json)
  for (const flag of flags) {
    if (given.has(flag.field)) input[flag.field] = valueOfFlag(flag, given.get(flag.field))
  }
  return input
}

/** Checks an input and names every mistake by its flag. @throws USAGE */
export async function checkInput(
  command: string,
  definition: Pick<Definition, 'input'>,
  flags: readonly Flag[],
  input: unknown,
): Promise<void> {
  const result = await definition.input.safeParseAsync(input, { reportInput: true })
  if (result.success) return
  const mistakes = result.error.issues.map((issue) => {
    const [field, ...rest] = issue.path
    const flag = flags.find((one) => one.field === field)
    const name =
      flag === undefined ? issue.path.join('.') || 'the input' : `--${flag.name}${rest.map((key) => `[${String(key)}]`).join('')}`
    const hidden = issue.input === undefined || issue.path.some(isSecretName) || typeof issue.input === 'object'
    return `${name} ${mustBe(issue)}${hidden ? '' : `: it is ${JSON.stringify(issue.input)}`}`
  })
  throw wrongInput(command, mistakes)
}

function parseObject(command: string, text: string): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    value = undefined
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  throw usage(`Cannot run "${command}" as --input must be a JSON object`, `${command} --help`)
}
