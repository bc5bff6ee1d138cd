/** Names of things that a request may mention, by slot: `{ env: ['staging', 'production'], service: ['api'] }`. */
export type SlotValues = Readonly<Record<string, readonly string[]>>

/** What the router may learn about one command. Nothing else of a manifest reaches it. */
export interface Candidate {
  /** Unique among the candidates, for example `ops.health.scan`. */
  readonly id: string
  readonly summary: string
  /** Requests in plain words that mean this command; eight or more make a difference, none is allowed. */
  readonly examples: readonly string[]
  /** Parameter names, enumeration values, capabilities: evidence, but never a whole request. */
  readonly words?: readonly string[]
  /** Values that are names rather than verbs ("deploy to test"); masked in every request, for every command. */
  readonly masks?: SlotValues
}
