/** The forms in which a report can be written. */
export const FORMATS = ['text', 'json', 'markdown', 'sarif', 'junit', 'html'] as const
export type Format = (typeof FORMATS)[number]
