import { createReadStream } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { createGunzip } from 'node:zlib'

/** Bytes of a log that begin and end with an entry; valid until the next block is asked for. */
export interface Block {
  readonly bytes: Buffer
  /** Where it begins in the file, decompressed. */
  readonly offset: number
}

const BLOCK_BYTES = 1024 * 1024
/** What an entry may take; a longer one is cut. */
const HEAD_BYTES = 1024 * 1024
const NEWLINE = 10

/**
 * A file in blocks of whole entries. The next block is read while one is looked at; memory stays under 5 MB for a file of any size.
 * What is written meanwhile is read up to the size that the file had at first.
 */
export async function* fileBlocks(path: string, from = 0): AsyncGenerator<Block> {
  const file = await open(path, 'r')
  let reading: Promise<number> | undefined
  try {
    const { size } = await file.stat()
    let position = from
    let buffer = Buffer.allocUnsafe(HEAD_BYTES + BLOCK_BYTES)
    let spare = Buffer.allocUnsafe(HEAD_BYTES + BLOCK_BYTES)
    let carried = 0
    reading = readInto(file, buffer, position, size)
    for (;;) {
      const read = await reading
      reading = undefined
      if (read === 0) break
      position += read
      reading = readInto(file, spare, position, size)
      const whole = buffer.subarray(HEAD_BYTES - carried, HEAD_BYTES + read)
      const end = position >= size ? whole.length : lastEntryEnd(whole)
      if (end > 0) yield { bytes: whole.subarray(0, end), offset: position - whole.length }
      carried = Math.min(whole.length - end, HEAD_BYTES)
      whole.copy(spare, HEAD_BYTES - carried, whole.length - carried)
      ;[buffer, spare] = [spare, buffer]
    }
    if (carried > 0) yield { bytes: buffer.subarray(HEAD_BYTES - carried, HEAD_BYTES), offset: position - carried }
  } finally {
    await reading?.catch(() => 0)
    await file.close()
  }
}

async function readInto(file: FileHandle, buffer: Buffer, position: number, size: number): Promise<number> {
  const length = Math.min(BLOCK_BYTES, size - position)
  if (length <= 0) return 0
  const { bytesRead } = await file.read(buffer, HEAD_BYTES, length, position)
  return bytesRead
}

/** The same of a file that gzip made; what can be read before a damaged place is handed over before it throws. */
export async function* gzipBlocks(path: string): AsyncGenerator<Block> {
  const packed = createReadStream(path, { highWaterMark: 256 * 1024 })
  const unpacked = createGunzip({ chunkSize: HEAD_BYTES })
  packed.on('error', (error) => unpacked.destroy(error))
  packed.pipe(unpacked)
  let carried = Buffer.alloc(0)
  let offset = 0
  try {
    for await (const chunk of unpacked as AsyncIterable<Buffer>) {
      const whole = carried.length === 0 ? chunk : Buffer.concat([carried, chunk])
      let end = lastEntryEnd(whole)
      if (end === 0 && whole.length > HEAD_BYTES) end = whole.length
      if (end > 0) yield { bytes: whole.subarray(0, end), offset }
      offset += end
      carried = Buffer.from(whole.subarray(end))
    }
  } finally {
    packed.destroy()
    unpacked.destroy()
    if (carried.length > 0) yield { bytes: carried, offset }
  }
}

/** How far back the beginning of the last entry is looked for. */
const MAX_LOOK_BACK = 64 * 1024

/** Where the last entry begins, as more of it may follow; 0 where the bytes hold no whole entry. */
function lastEntryEnd(bytes: Buffer): number {
  let newline = bytes.lastIndexOf(NEWLINE)
  const last = newline
  while (newline > 0 && last - newline < MAX_LOOK_BACK) {
    const before = bytes.lastIndexOf(NEWLINE, newline - 1)
    if (before <= 0) break
    if (!isContinuation(bytes, before + 1)) return before + 1
    newline = before
  }
  return last + 1
}

const SPACE = 32
const TAB = 9
const RETURN = 13
const CLOSING_BRACE = 125
const CAUSE = Buffer.from('Caused by:')
const TRACEBACK = Buffer.from('Traceback (most recent call last)')
const THROWN = /^[A-Za-z_][\w.]{0,80}(?:Error|Exception|Warning|Interrupt|Exit)(?::|\r?$)/

/** Whether the line at `start` goes on with the entry before: indented, empty, a cause, or what a traceback ends with. */
export function isContinuation(bytes: Buffer, start: number): boolean {
  const first = bytes[start]
  if (first === SPACE || first === TAB || first === NEWLINE || first === RETURN || first === CLOSING_BRACE) return true
  if (first === CAUSE[0]) return startsWith(bytes, start, CAUSE)
  if (first === TRACEBACK[0] && startsWith(bytes, start, TRACEBACK)) return true
  if (start < 2) return false
  // Python names what was thrown after the indented lines, without an indent.
  const before = bytes.lastIndexOf(NEWLINE, start - 2) + 1
  if (bytes[before] !== SPACE && bytes[before] !== TAB) return false
  const newline = bytes.indexOf(NEWLINE, start)
  return THROWN.test(bytes.toString('latin1', start, Math.min(newline === -1 ? bytes.length : newline, start + 120)))
}

const startsWith = (bytes: Buffer, start: number, text: Buffer): boolean =>
  bytes.compare(text, 0, text.length, start, Math.min(start + text.length, bytes.length)) === 0
