import type { Spot } from './source.ts'

/** What kept a part of the stack from being read; validation reports it under the rule of that id. */
export interface Problem {
  readonly rule:
    | 'stack.unreadable'
    | 'stack.path-escape'
    | 'compose.syntax'
    | 'compose.file-missing'
    | 'compose.interpolation'
    | 'compose.extends'
    | 'caddy.syntax'
    | 'caddy.import'
    | 'systemd.syntax'
    | 'env.syntax'
    | 'env.duplicate'
  /** Without a final period. */
  readonly note: string
  readonly spot: Spot
}
