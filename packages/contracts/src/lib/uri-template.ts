const EXPRESSION = /\{([^{}]*)\}/
const VARIABLE = /^[A-Za-z]\w*$/
const SCHEME = /^[a-z][a-z0-9+.-]*:\/\//

/** A URI with variables, such as `ops://issues/{id}`: RFC 6570's simple expansion and nothing more. */
export interface UriTemplate {
  readonly text: string
  /** In the order in which they stand. */
  readonly variables: readonly string[]
  expand(values: Readonly<Record<string, string | number | boolean>>): string
  /** The variables' values where a URI is of this form; a value is never empty and holds no unescaped "/". */
  match(uri: string): Readonly<Record<string, string>> | undefined
}

/** Why a text is no such template, or undefined where it is one. */
export function uriTemplateMistake(text: string): string | undefined {
  const parts = text.split(EXPRESSION)
  const literals = parts.filter((_, index) => index % 2 === 0)
  const variables = parts.filter((_, index) => index % 2 === 1)
  if (!SCHEME.test(text) || literals.some((literal) => /[\s{}<>"^`|\\]/.test(literal)))
    return 'must be a URI such as "ops://issues/{id}": a scheme, then literal text and {variables}'
  if (variables.some((name) => !VARIABLE.test(name))) return 'must name each variable alone in its braces, such as {id}: no operators'
  if (new Set(variables).size < variables.length) return 'must name each variable once'
  if (literals.slice(1, -1).includes('')) return 'must have literal text between two variables'
  return undefined
}

/** @throws TypeError for what `uriTemplateMistake` finds wrong */
export function parseUriTemplate(text: string): UriTemplate {
  const mistake = uriTemplateMistake(text)
  if (mistake !== undefined) throw new TypeError(`Cannot read a URI template as it ${mistake}: current value is "${text}"`)
  const parts = text.split(EXPRESSION)
  const variables = parts.filter((_, index) => index % 2 === 1)
  const pattern = new RegExp(`^${parts.map((part, index) => (index % 2 === 0 ? literal(part) : '([^/?#]+?)')).join('')}$`)
  return {
    text,
    variables,
    expand: (values) => parts.map((part, index) => (index % 2 === 0 ? part : encode(String(values[part])))).join(''),
    match(uri) {
      const found = pattern.exec(uri)
      if (found === null) return undefined
      try {
        return Object.fromEntries(variables.map((name, index) => [name, decodeURIComponent(found[index + 1]!)]))
      } catch {
        return undefined
      }
    },
  }
}

function literal(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
}

/** Everything but RFC 3986's unreserved characters. */
function encode(value: string): string {
  return encodeURIComponent(value).replaceAll(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
}
