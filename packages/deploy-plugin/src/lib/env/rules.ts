/** What env files are held to. */
export const FINDING_RULES = [
  'syntax',
  'duplicate',
  'expansion',
  'required',
  'type',
  'placeholder',
  'unknown',
  'deprecated',
  'mode',
] as const
export type FindingRule = (typeof FINDING_RULES)[number]
