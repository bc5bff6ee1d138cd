export const SEVERITIES = ['critical', 'high', 'medium', 'low'] as const
export type Severity = (typeof SEVERITIES)[number]
/** What a line of an incident's timeline is. */
export const ENTRY_KINDS = ['opened', 'event', 'finding', 'action', 'note', 'resolved'] as const
export type EntryKind = (typeof ENTRY_KINDS)[number]
