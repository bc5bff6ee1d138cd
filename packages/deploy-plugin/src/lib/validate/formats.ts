/** The forms in which a report can be written. */
export const FORMATS = ['text', 'json', 'sarif'] as const
export type Format = (typeof FORMATS)[number]
