import type { Dependency } from './entry.ts'

export type ForeignOrigin = 'files' | 'mcp'

/** What could not be used of what others wrote, or had to be mended, and why. */
export interface Problem {
  /** Relative to the source. */
  readonly path: string
  readonly message: string
  /** `skipped`: not there for search; `mended`: read another way than it was written. */
  readonly outcome: 'skipped' | 'mended'
}

/** What a foreign plugin offers: a thing for Claude Code that we find and name, and never run. */
export interface ForeignItem {
  readonly kind: 'command' | 'agent' | 'skill'
  readonly name: string
  /** The folders that it lies in below the usual one, joined by ":"; Claude Code calls it with them. */
  readonly within?: string
  readonly summary: string
  readonly keywords: readonly string[]
  readonly category?: string
  readonly model?: string
  readonly argumentHint?: string
  /** Requests that its own description gives as examples. */
  readonly examples: readonly string[]
  /** Relative to the source. */
  readonly path: string
}

/** A Claude Code plugin as its files say. */
export interface ForeignPlugin {
  readonly name: string
  /** Relative to the source; empty where it is the whole of it. */
  readonly path?: string
  /** The marketplace that lists it, from which Claude Code installs it. */
  readonly marketplace?: string
  /** A project's own things, which Claude Code finds in that project and calls without a prefix. */
  readonly isProject?: true
  readonly version?: string
  readonly summary: string
  readonly keywords: readonly string[]
  readonly category?: string
  readonly dependencies: readonly Dependency[]
  readonly items: readonly ForeignItem[]
}

/** Everything that was found in a folder, and what was wrong with it. */
export interface ForeignSource {
  /** The marketplace's name, or that of the folder. */
  readonly name: string
  readonly plugins: readonly ForeignPlugin[]
  readonly problems: readonly Problem[]
}
