import { writeValue } from '../env/dotenv.ts'
import type { Blueprint } from './blueprint.ts'
import { commented, HEAD } from './head.ts'

/** Names, comments and fallbacks: for people, and for whoever has no use for types. */
export function envExample({ variables }: Blueprint): string {
  const blocks = variables
    .filter(({ listed }) => !listed)
    .map(({ name, about, secret, fallback }) => {
      const note = secret ? `${about}; secret` : about
      return `${commented(note)}${name}=${fallback === undefined ? '' : writeValue(fallback)}\n`
    })
  return [`${commented(HEAD)}${commented('Copy it with: switchyard deploy env create. No real secret belongs in here.')}`, ...blocks].join(
    '\n',
  )
}

/** The same with types, in the form of @env-spec. */
export function envSchema({ variables }: Blueprint): string {
  const head = `${commented(HEAD)}#\n# @defaultSensitive=false @defaultRequired=infer\n# ---\n`
  const blocks = variables
    .filter(({ listed }) => !listed)
    .map(({ name, about, secret, random, fallback, type, optional }) => {
      const decorators = [
        ...(secret ? ['@sensitive'] : []),
        ...(optional ? ['@optional'] : fallback === undefined ? ['@required'] : []),
        ...(type === 'string' ? [] : [`@type=${type}`]),
      ]
      const note = decorators.length === 0 ? '' : `# ${decorators.join(' ')}\n`
      return `${commented(about)}${note}${name}=${random ? 'randomHex(32)' : fallback === undefined ? '' : writeValue(fallback)}\n`
    })
  return [head, ...blocks].join('\n')
}
