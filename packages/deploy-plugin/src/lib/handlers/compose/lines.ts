/** The lines of a log, without the eight bytes by which engines keep stdout and stderr apart. */
export function linesOf(raw: Buffer): string[] {
  const parts: Buffer[] = []
  let at = 0
  while (at + 8 <= raw.length && (raw[at] ?? 9) <= 2 && raw[at + 1] === 0 && raw[at + 2] === 0 && raw[at + 3] === 0) {
    const length = raw.readUInt32BE(at + 4)
    parts.push(raw.subarray(at + 8, at + 8 + length))
    at += 8 + length
  }
  const text = (parts.length > 0 ? Buffer.concat(parts) : raw).toString('utf8')
  return text.split(/\r?\n/).filter((line) => line !== '')
}
