/**
 * How a run stands. `waiting`: for a person, and no process need be up meanwhile. `interrupted`: the process that had it is gone.
 * `undone`: what it did was taken back, be it that it failed or that a person wanted it. Nothing was done in the last two: `decided`
 * says what would be, or was declined; `unclear` was not understood, or answered with a question.
 */
export type RunState = 'running' | 'waiting' | 'done' | 'failed' | 'undone' | 'interrupted' | 'decided' | 'unclear'

/** One trace in a list: what was asked, and what became of it. */
export interface Run {
  readonly traceId: string
  /** What was asked in plain words, or the command; redacted. */
  readonly name: string
  readonly state: RunState
  /** Where it came from: the command line, an MCP client, a plugin, or somebody else's spans alone. */
  readonly from: 'cli' | 'mcp' | 'plugin' | 'other'
  readonly startMs: number
  /** When the last thing in it ended, so far. */
  readonly endMs: number
  readonly spans: number
  readonly errors: number
  /** The first error in it that nobody recovered from, or the last one. */
  readonly error?: { readonly type: string; readonly message?: string }
  /** Of how many calls more than one attempt was made. */
  readonly retries: number
  /** Lanes in the order of their first spans. */
  readonly lanes: readonly string[]
  /** What plugins and models said that it cost. */
  readonly costUsd: number
  /** Who approved it; absent where nobody had to. */
  readonly approvedBy?: string
  /** How long it waited for a person. */
  readonly waitedMs: number
  readonly planId?: string
  readonly chainId?: string
  /** The command that it ran, where it was one. */
  readonly command?: string
}

export interface RunFilter {
  /** Each of these words is somewhere in its name, command, lanes, error, or ids. */
  readonly text?: string
  readonly states?: readonly RunState[]
  readonly lane?: string
  readonly from?: Run['from']
  /** Began at or after it. */
  readonly sinceMs?: number
  /** Began before it. */
  readonly untilMs?: number
  readonly minDurationMs?: number
  /** @default 100, at most 10_000 */
  readonly limit?: number
  /** `cursor` of the page before. */
  readonly cursor?: string
}

/** Newest first. */
export interface RunPage {
  readonly runs: readonly Run[]
  /** Where there are more. */
  readonly cursor?: string
}
