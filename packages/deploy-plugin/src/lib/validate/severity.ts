export const SEVERITIES = ['critical', 'warning', 'info'] as const
/** critical: it will fail, lose data or let strangers in. */
export type Severity = (typeof SEVERITIES)[number]
