import type { Socket } from 'node:net'
import type { Grant, SwitchyardError } from '@switchyard/contracts'
import { FrameReader, type FrameSink } from './frame-reader.ts'
import type { Want } from './interest.ts'
import { Outbox } from './outbox.ts'
import { type Lane, MAX_BODY_BYTES, ROUTE_NUMBERS, type RouteClass } from './wire.ts'

/** An identity that a client attached; a detached one stays known to the routes that were made for it. */
export interface Slot {
  readonly identity: string
  readonly grant: Grant
  attached: boolean
}

/** Who sends what kind of frame on which subject, as one client told it. */
export interface HubRoute {
  readonly peer: string
  readonly slot: Slot
  readonly class: RouteClass
  readonly subject: string
  readonly destination: string
  /** Of the numbers that its frames carry; empty for none. */
  readonly origin: string
  /** Why the slot's grant does not allow it. */
  readonly refusal: SwitchyardError | undefined
  /** The hub's own number for it towards all receivers, -1 while it has none; told anew when the generation changes. */
  number: number
  generation: number
  /** Who it goes to or who serves it, right while `interest.version` is this. */
  targets: readonly HubClient[]
  version: number
}

/** What the hub knows about one connection. */
export class HubClient {
  readonly number: number
  /** Its name towards all others. */
  readonly peer: string
  readonly socket: Socket
  readonly nonce: Buffer
  readonly outbox: Outbox
  readonly reader: FrameReader
  ready = false
  readonly connectedAtMs: number
  /** Since when a frame has begun and not ended. */
  partialSinceMs: number | undefined = undefined

  readonly slots = new Map<number, Slot>()
  readonly listens = new Map<string, { slot: number; want: Want; pattern: string }>()
  /** By lane and the client's number. */
  readonly routes: (HubRoute | undefined)[][] = [[], [], []]
  /** How often a slot's `detach` has come; it holds when it has come in every lane. */
  readonly detaching = new Map<number, number>()

  /** Bytes taken from it and not told to it yet, by lane. */
  readonly taken = [0, 0, 0]
  /** How many full receivers keep us from taking more of a lane. */
  readonly heldBy = [0, 0, 0]
  /** By lane: whom this client holds back as its own queue is full. */
  readonly holds = [new Set<HubClient>(), new Set<HubClient>(), new Set<HubClient>()] as const
  /** When it last took something. */
  progressAtMs: number
  /** It has stopped to take anything, so it holds nobody back any more. */
  stalled = false

  /** By lane: the generation of each of the hub's numbers that it was told. */
  readonly #known: (Uint32Array | undefined)[] = [undefined, undefined, undefined]

  constructor(number: number, peer: string, socket: Socket, nonce: Buffer, nowMs: number, sink: FrameSink, onDrained: () => void) {
    this.number = number
    this.peer = peer
    this.socket = socket
    this.nonce = nonce
    this.connectedAtMs = nowMs
    this.progressAtMs = nowMs
    this.reader = new FrameReader(sink, MAX_BODY_BYTES)
    this.outbox = new Outbox(socket, onDrained)
  }

  known(lane: Lane): Uint32Array {
    this.#known[lane] ??= new Uint32Array(ROUTE_NUMBERS)
    return this.#known[lane]
  }
}
