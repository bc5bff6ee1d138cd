import { createHash } from 'node:crypto'
import type { Finding } from './check.ts'

/**
 * Names for a check's findings that stay the same while lines move, numbers change and other files come and go: made of the
 * check, the file and the words. Findings that read the same in one file are told apart by their order.
 */
export function fingerprints(check: string, findings: readonly Finding[]): readonly string[] {
  const seen = new Map<string, number>()
  return findings.map(({ file = '', note }) => {
    const subject = [check, file, note.replace(/\d+(\.\d+)*/g, '#')].join('\0')
    const nth = (seen.get(subject) ?? 0) + 1
    seen.set(subject, nth)
    return createHash('sha256').update(`${subject}\0${nth}`).digest('hex').slice(0, 16)
  })
}
