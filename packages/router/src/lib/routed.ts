/** `act`: sure enough to do it unasked; `ask`: one question among the first few; `abstain`: nothing here does that. */
export type Outcome = 'act' | 'ask' | 'abstain'

/** Why the outcome is what it is; a closed set, so that a caller can word it. */
export type Reason = 'sure' | 'unsure' | 'close' | 'off-topic' | 'empty' | 'no-candidates'

export interface Ranked {
  readonly id: string
  /** The chance, 0 to 1, that this command is the one meant. Those of the ten best add up to `scope`. */
  readonly confidence: number
  /** The raw score it was ranked by; compares within one request only. */
  readonly points: number
}

export interface Routed {
  readonly outcome: Outcome
  readonly reason: Reason
  /** The chance that the first of `ranked` is right; 0 when nothing was ranked. */
  readonly confidence: number
  /** The chance that any of the commands is meant: what decides between asking and abstaining. */
  readonly scope: number
  /** Best first, at most `limit`. Filled for `abstain` too, so that a person can see what was nearest. */
  readonly ranked: readonly Ranked[]
}

export interface RouteOptions {
  /** How many to rank, at most 10. @default 5 */
  readonly limit?: number
  /** Only these ids compete, for example those of one plugin, or of what can run here. Default: all. */
  readonly only?: ReadonlySet<string>
}
