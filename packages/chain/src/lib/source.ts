import { type Document, isNode, isScalar, LineCounter, parseDocument } from 'yaml'
import type { Problem } from './chain.ts'

type Path = readonly (string | number)[]

/** A definition as text: its value, and where in the text each part of it is. */
export interface Source {
  readonly value: unknown
  readonly problems: readonly Problem[]
  /** Line and column, from 1, of the innermost part that the path leads to; `offset` counts characters into a text. */
  positionOf(path: Path, offset?: number): { readonly line: number; readonly column: number }
}

const MAX_BYTES = 1_048_576
const MAX_ALIASES = 100

/** Reads YAML, and so JSON. Mistakes of form are problems, never thrown; a text that grows without bound by its aliases is one. */
export function readSource(text: string): Source {
  const lines = new LineCounter()
  const nothing: Source = { value: undefined, problems: [], positionOf: () => ({ line: 1, column: 1 }) }
  const refuse = (message: string): Source => ({
    ...nothing,
    problems: [{ severity: 'error', code: 'SYNTAX', message, line: 1, column: 1, path: [] }],
  })
  if (Buffer.byteLength(text) > MAX_BYTES) return refuse(`a definition has at most ${MAX_BYTES} bytes`)
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true, merge: false })
  if (document.errors.length > 0) {
    const problems = document.errors.map(({ message, pos }): Problem => {
      const { line, col } = lines.linePos(pos[0])
      return { severity: 'error', code: 'SYNTAX', message, line, column: col, path: [] }
    })
    return { ...nothing, problems }
  }
  if (document.directives?.yaml.version === '1.1') return refuse('a definition is YAML 1.2 or JSON: it says that it is YAML 1.1')
  try {
    return { value: document.toJS({ maxAliasCount: MAX_ALIASES }), problems: [], positionOf }
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error))
  }

  function positionOf(path: Path, offset = 0): { line: number; column: number } {
    for (let length = path.length; length >= 0; length--) {
      const start = startOf(document, path.slice(0, length), length === path.length ? offset : 0)
      if (start === undefined) continue
      const { line, col } = lines.linePos(start)
      return { line, column: col }
    }
    return { line: 1, column: 1 }
  }
}

function startOf(document: Document, path: Path, offset: number): number | undefined {
  const node = path.length === 0 ? document.contents : document.getIn(path, true)
  if (!isNode(node) || !node.range) return undefined
  const quote = isScalar(node) && (node.type === 'QUOTE_SINGLE' || node.type === 'QUOTE_DOUBLE') ? 1 : 0
  const inside = isScalar(node) && (node.type === 'PLAIN' || quote === 1)
  return node.range[0] + (inside && offset > 0 ? offset + quote : 0)
}
