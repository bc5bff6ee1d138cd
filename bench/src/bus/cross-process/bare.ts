// bare.ts ROLE SOCKET: the limit. Length, call, process and JSON values go through a hub that does nothing but pass frames on.
import { createServer, connect as dial, type Socket } from 'node:net'
import { drive, ready } from './driver.ts'

/** Length, call, and the process to reach, in whose place the hub writes the one it came from. */
const HEADER_BYTES = 12
/** It connects first. */
const SERVER = 0
const [role, path = ''] = process.argv.slice(2)

/** Writes together what is sent in one turn of the event loop. */
function createWriter(socket: Socket): (bytes: Uint8Array) => void {
  let waiting: Uint8Array[] = []
  return (bytes) => {
    if (waiting.push(bytes) > 1) return
    setImmediate(() => {
      socket.write(waiting.length === 1 ? waiting[0]! : Buffer.concat(waiting))
      waiting = []
    })
  }
}

function onFrames(socket: Socket, take: (bytes: Buffer, start: number, end: number) => void): void {
  let rest: Buffer = Buffer.alloc(0)
  socket.on('data', (chunk: Buffer) => {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    let at = 0
    while (bytes.length - at >= HEADER_BYTES) {
      const end = at + HEADER_BYTES + bytes.readUInt32LE(at)
      if (end > bytes.length) break
      take(bytes, at, end)
      at = end
    }
    rest = bytes.subarray(at)
  })
}

function frame(call: number, to: number, value: unknown): Buffer {
  const text = JSON.stringify(value)
  const bytes = Buffer.allocUnsafe(HEADER_BYTES + text.length)
  bytes.writeUInt32LE(text.length, 0)
  bytes.writeUInt32LE(call, 4)
  bytes.writeUInt32LE(to, 8)
  bytes.write(text, HEADER_BYTES, 'latin1')
  return bytes
}

function readValue<value>(bytes: Buffer, start: number, end: number): value {
  return JSON.parse(bytes.toString('latin1', start + HEADER_BYTES, end))
}

if (role === 'hub') {
  const writers: ((bytes: Uint8Array) => void)[] = []
  createServer((socket) => {
    const me = writers.push(createWriter(socket)) - 1
    onFrames(socket, (bytes, start, end) => {
      const to = writers[bytes.readUInt32LE(start + 8)]
      bytes.writeUInt32LE(me, start + 8)
      to?.(bytes.subarray(start, end))
    })
  }).listen(path, ready)
} else {
  const socket = dial(path)
  const write = createWriter(socket)
  if (role === 'server') {
    onFrames(socket, (bytes, start, end) => {
      const { a, b } = readValue<{ a: number; b: number }>(bytes, start, end)
      write(frame(bytes.readUInt32LE(start + 4), bytes.readUInt32LE(start + 8), { sum: a + b }))
    })
    socket.on('connect', ready)
  } else {
    const waiting = new Map<number, (value: unknown) => void>()
    let lastCall = 0
    onFrames(socket, (bytes, start, end) => {
      const call = bytes.readUInt32LE(start + 4)
      waiting.get(call)?.(readValue(bytes, start, end))
      waiting.delete(call)
    })
    socket.on('connect', () =>
      drive({
        request: (index) =>
          new Promise((resolve) => {
            waiting.set(++lastCall, resolve)
            write(frame(lastCall, SERVER, { a: index, b: 1 }))
          }),
      }),
    )
  }
}
