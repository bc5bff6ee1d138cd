/** What a line says that tells of an error, in the ways of most programs and loggers. */
const TELLS = /\b(?:error|fatal|panic|critical|exception|traceback|segfault|unhandled)\b|"level":"?(?:error|fatal|50|60)\b|^\s*E\d{4}\b/i
/** What names errors and tells of none. */
const DENIES = /\b(?:0|no|without) errors?\b|errors?["']?\s*[:=]\s*["']?(?:0\b|null|none|false|\[\])/i

const tellsOfError = (line: string): boolean => TELLS.test(line) && !DENIES.test(line)

export const errorLinesOf = (lines: readonly string[]): string[] => lines.filter(tellsOfError)
