import type { LinkFrame } from '../link.ts'

/*
 * A frame between two processes and their hub, little endian:
 *
 *   0  u32  length of the body
 *   4  u8   kind
 *   5  u8   low half: priority of data, lane of control; 0x10: the body is [meta, payload]; 0x20: meta in bytes, then the payload
 *   6  u16  call, high part
 *   8  u32  call, low part
 *  12  u32  number of the route: who sends what kind of frame on which subject, told before by a `define` in the same lane
 *  16  u32  number of the process to reach
 *  20       body: the payload as JSON, nothing if it is undefined
 *
 * The hub reads the header alone, and of that only kind, number and process; it writes its own number and passes the bytes on.
 */
export const HEADER_BYTES = 20
export const META_IN_JSON = 0x10
export const META_IN_BYTES = 0x20
const PRIORITY = 0x0f

/** Data kinds by number; 0 is none. */
export const DATA_KINDS = ['publish', 'request', 'reply', 'failure', 'progress', 'chunk', 'end', 'credit', 'cancel'] as const

export const KIND_NUMBERS: Readonly<Record<LinkFrame['kind'], number>> = {
  publish: 1,
  request: 2,
  reply: 3,
  failure: 4,
  progress: 5,
  chunk: 6,
  end: 7,
  credit: 8,
  cancel: 9,
}

/** Frames about the link itself, with what their JSON body is. */
export const CONTROL = {
  /** Hub to client, bytes: its nonce. */
  challenge: 32,
  /** Client to hub, bytes: its nonce and its proof. */
  proof: 33,
  /** Hub to client, bytes: its proof and the client's name. */
  welcome: 34,
  /** [number, slot, class, subject, destination, origin] to the hub; [number, peer, source, subject, destination, origin] from it. */
  define: 35,
  /** [slot, identity, grant] */
  attach: 36,
  /** [slot, grant or a wire error] */
  attached: 37,
  /** [slot], in every lane; the last one counts, so that it overtakes nothing. */
  detach: 38,
  /** [[slot, want, pattern, on]…] */
  listen: 39,
  /** [peer, [identity, want, pattern, on]…] */
  interest: 40,
  /** [peer], in every lane like `detach`. */
  lost: 41,
  /** [lane, bytes]: so much was taken, as much again may come. */
  taken: 42,
  /** [id]: to the hub it asks that all others know what was announced; to a client it asks for an `echo`. */
  sync: 43,
  echo: 44,
  /** [id]: all know it; id 0 ends what a new client is told first. */
  synced: 45,
  /** [frames]: publishes for this process that were dropped. */
  dropped: 46,
} as const

export type ControlKind = (typeof CONTROL)[keyof typeof CONTROL]

/** Urgent and control, calls, publishes: each with its own queue and credit, and each in order. */
export type Lane = 0 | 1 | 2
export const LANES = [0, 1, 2] as const

/** What a route may carry. */
export const CLASSES = { publish: 1, request: 2, answer: 3 } as const
export type RouteClass = (typeof CLASSES)[keyof typeof CLASSES]

/** 1 MiB of payload and what the envelope adds to it. */
export const MAX_BODY_BYTES = 1_048_576 + 65_536

/** How many routes are numbered at once in one direction; the oldest number is taken for the next route. */
export const ROUTE_NUMBERS = 4_096

/** Stands for the route of frames that the hub itself sends. */
export const LINK_ITSELF = 0xffff_ffff

export function isControl(kind: number): kind is ControlKind {
  return kind >= CONTROL.challenge
}

export function isKnownKind(kind: number): boolean {
  return (kind >= 1 && kind <= DATA_KINDS.length) || (kind >= CONTROL.challenge && kind <= CONTROL.dropped)
}

export function classOf(kind: number): RouteClass {
  return kind === 1 ? CLASSES.publish : kind === 2 ? CLASSES.request : CLASSES.answer
}

/** The lane of a data frame; control frames carry theirs. */
export function dataLane(kind: number, priority: number): Lane {
  return priority >= 8 ? 0 : kind === 1 ? 2 : 1
}

export function readLane(bytes: Uint8Array, at: number): Lane {
  const kind = bytes[at + 4]!
  const low = bytes[at + 5]! & PRIORITY
  return isControl(kind) ? (low as Lane) : dataLane(kind, low)
}

export function readPriority(bytes: Uint8Array, at: number): number {
  return bytes[at + 5]! & PRIORITY
}

export function readUint32(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0
}

export function writeUint32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value
  bytes[at + 1] = value >>> 8
  bytes[at + 2] = value >>> 16
  bytes[at + 3] = value >>> 24
}

export function readCall(bytes: Uint8Array, at: number): number {
  return readUint32(bytes, at + 8) + (bytes[at + 6]! | (bytes[at + 7]! << 8)) * 0x1_0000_0000
}

export function writeHeader(bytes: Uint8Array, at: number, kind: number, low: number, call: number, number: number, peer: number): void {
  const high = call > 0xffff_ffff ? Math.floor(call / 0x1_0000_0000) : 0
  bytes[at + 4] = kind
  bytes[at + 5] = low
  bytes[at + 6] = high
  bytes[at + 7] = high >>> 8
  writeUint32(bytes, at + 8, call)
  writeUint32(bytes, at + 12, number)
  writeUint32(bytes, at + 16, peer)
}

/** A control frame with a JSON body. */
export function controlFrame(kind: ControlKind, lane: Lane, body: unknown): Buffer {
  return bytesFrame(kind, lane, Buffer.from(JSON.stringify(body)))
}

/** A control frame whose body is bytes. */
export function bytesFrame(kind: ControlKind, lane: Lane, body: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(HEADER_BYTES + body.length)
  writeUint32(frame, 0, body.length)
  writeHeader(frame, 0, kind, lane, 0, 0, 0)
  frame.set(body, HEADER_BYTES)
  return frame
}
