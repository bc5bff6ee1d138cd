/** What a name stands for; undefined where it is not set. */
export type Lookup = (name: string) => string | undefined

export interface Expanded {
  readonly value: string
  /** In words, and never with a value. */
  readonly mistakes: readonly string[]
}

/** Values that name one another could double at each step. */
const MAX_LENGTH = 1_000_000
const MAX_DEPTH = 20
const NAME = /[A-Za-z_]\w*/y

/** A text of which every sign stands for itself. */
export const literal = (text: string): string => text.replaceAll('$', '$$$$')

/**
 * Expands `$NAME`, `${NAME}` and the forms with `:-`, `-`, `:?`, `?`, `:+` and `+` as compose does, also inside one another; `$$` is
 * a dollar sign. What is not well-formed stays as it stands, and is a mistake.
 */
export function expandTemplate(template: string, lookup: Lookup): Expanded {
  const mistakes: string[] = []
  const value = expand(template, lookup, mistakes, 0)
  if (value.length <= MAX_LENGTH) return { value, mistakes }
  return { value: '', mistakes: [...mistakes, `it would be longer than ${MAX_LENGTH} characters`] }
}

function expand(template: string, lookup: Lookup, mistakes: string[], depth: number): string {
  const parts: string[] = []
  let length = 0
  let at = 0
  const add = (part: string): void => {
    parts.push(part)
    length += part.length
  }
  while (at < template.length && length <= MAX_LENGTH) {
    const dollar = template.indexOf('$', at)
    if (dollar === -1) {
      add(template.slice(at))
      break
    }
    add(template.slice(at, dollar))
    if (template[dollar + 1] === '$') {
      add('$')
      at = dollar + 2
      continue
    }
    const name = nameAt(template, dollar + 1)
    if (name !== undefined) {
      add(lookup(name) ?? '')
      at = dollar + 1 + name.length
      continue
    }
    const close = template[dollar + 1] === '{' ? closingBrace(template, dollar + 1) : -1
    if (close === -1) {
      mistakes.push('a "$" must begin a variable, or be written "$$"')
      add('$')
      at = dollar + 1
      continue
    }
    add(braced(template.slice(dollar + 2, close), lookup, mistakes, depth))
    at = close + 1
  }
  return parts.join('')
}

/** What stands between the braces. */
function braced(inside: string, lookup: Lookup, mistakes: string[], depth: number): string {
  const name = nameAt(inside, 0)
  const [, operator, word] = /^(:?[-?+])(.*)$/s.exec(inside.slice(name?.length ?? 0)) ?? []
  if (name === undefined || depth > MAX_DEPTH || (operator === undefined && name !== inside)) {
    mistakes.push('"${...}" must hold a name, then nothing or one of :- - :? ? :+ + with a text')
    return `\${${inside}}`
  }
  const found = lookup(name)
  const isSet = operator?.startsWith(':') ? found !== undefined && found !== '' : found !== undefined
  if (operator === undefined) return found ?? ''
  const other = (): string => expand(word ?? '', lookup, mistakes, depth + 1)
  if (operator.endsWith('-')) return isSet ? (found ?? '') : other()
  if (operator.endsWith('+')) return isSet ? other() : ''
  if (!isSet) mistakes.push(`${name} must be set`)
  return found ?? ''
}

function nameAt(text: string, at: number): string | undefined {
  NAME.lastIndex = at
  return NAME.exec(text)?.[0]
}

function closingBrace(text: string, open: number): number {
  let depth = 0
  for (let at = open; at < text.length; at++) {
    if (text[at] === '{' && (at === open || text[at - 1] === '$')) depth++
    else if (text[at] === '}' && --depth === 0) return at
  }
  return -1
}
