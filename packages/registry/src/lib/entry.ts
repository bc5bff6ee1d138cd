import type { ForeignOrigin } from './foreign.ts'

export type EntryKind = 'plugin' | 'command' | 'agent' | 'skill'

/** One thing that can be found: a plugin, or what it offers. Its texts are clean, whoever wrote them. */
export interface Entry {
  /** Unique: `ops.health.scan` of ours, `plugin:name` of a foreign command or skill, `plugin::name` of any agent. */
  readonly id: string
  readonly kind: EntryKind
  readonly plugin: string
  readonly name: string
  readonly summary: string
  readonly keywords: readonly string[]
  /** Requests in plain words that mean it. */
  readonly examples: readonly string[]
  readonly category?: string
  /** Which model an agent asks for. */
  readonly model?: string
  /** How it is used, in words for a person: a command line of ours, or what to type in Claude Code. */
  readonly invoke: string
}

/** What a plugin knows about, for matching. */
export interface Capabilities {
  readonly domains: readonly string[]
  readonly contexts: readonly string[]
  readonly patterns: readonly string[]
}

export interface Dependency {
  readonly name: string
  /** A semver range. @default any version */
  readonly range?: string
}

/** A plugin as the registry keeps it. */
export interface Registered {
  /** Unique: one whose name was taken is called `name@source`. */
  readonly name: string
  readonly version?: string
  /** Of an older version of a plugin that is there too, which serves only those that depend on it: that plugin's name. */
  readonly versionOf?: string
  readonly summary: string
  readonly capabilities: Capabilities
  readonly dependencies: readonly Dependency[]
  /** `own`: runs on the bus; `files`: read from a folder, never run by us; `mcp`: an MCP server that runs behind the bus. */
  readonly origin: 'own' | ForeignOrigin
  /** The id of what it was read from; own plugins have none. */
  readonly source?: string
  /** The plugin itself first, then what it offers. */
  readonly entries: readonly Entry[]
}
