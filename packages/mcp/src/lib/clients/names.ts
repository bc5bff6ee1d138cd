export const CLIENT_NAMES = ['claude-code', 'claude-desktop', 'cursor', 'vscode', 'codex', 'gemini'] as const
export type ClientName = (typeof CLIENT_NAMES)[number]

/** Whose configuration: the person's own for all projects, or the project's, which is shared with whoever has its files. */
export const SCOPES = ['user', 'project'] as const
export type Scope = (typeof SCOPES)[number]
