import { connect, type Socket } from 'node:net'
import type { Clock } from '@switchyard/contracts'
import type { LinkFrame, LinkMeta } from '../link.ts'
import { readJson } from './control-bodies.ts'
import { frameTooLarge, hubUnreachable, untrusted } from './errors.ts'
import { FrameReader } from './frame-reader.ts'
import { createNonce, isProof, NONCE_BYTES, PROOF_BYTES, prove } from './handshake.ts'
import { checkSocket, type HubPlace } from './hub-place.ts'
import { MAX_META_BYTES, metaBytes, metaShape, readMeta, writeMeta } from './meta-bytes.ts'
import { Outbox } from './outbox.ts'
import { createOutgoingRoutes } from './outgoing-routes.ts'
import {
  bytesFrame,
  CONTROL,
  type ControlKind,
  classOf,
  controlFrame,
  DATA_KINDS,
  dataLane,
  HEADER_BYTES,
  isControl,
  KIND_NUMBERS,
  type Lane,
  LINK_ITSELF,
  MAX_BODY_BYTES,
  META_IN_BYTES,
  META_IN_JSON,
  readCall,
  readLane,
  readPriority,
  readUint32,
  writeHeader,
  writeUint32,
} from './wire.ts'

/** Who a received frame is from and what it is about, as the hub told it under a number. */
interface IncomingRoute {
  readonly peer: string
  readonly source: string
  readonly subject: string
  readonly destination: string
  readonly origin: string
}

/** Where a connection puts what comes in. */
export interface HubConnectionSink {
  frame(frame: LinkFrame): void
  control(kind: ControlKind, body: unknown): void
  /** A peer was named for the first time. */
  peer(name: string): void
  /** Something was written, so there may be room again. */
  drained(): void
  closed(): void
}

const READ_BYTES = 65_536
const TELL_BYTES = 8_192
const HANDSHAKE_LIMIT_MS = 5_000
/** Larger texts are measured before they are written; for smaller ones room for the worst case is cheaper. */
const SMALL_TEXT_LENGTH = 8_192
/** What `metaShape` does not say: there is none, or it has to be JSON. */
const NO_META = -2
const META_AS_JSON = -1
const ITSELF: IncomingRoute = { peer: '', source: '', subject: '', destination: '*', origin: '' }

/** One connection of a process to the hub, from the handshake to its end; what outlives it is kept by the link. */
export class HubConnection {
  readonly #socket: Socket
  readonly #sink: HubConnectionSink
  readonly #outbox: Outbox
  readonly #reader: FrameReader
  readonly #routes = createOutgoingRoutes()
  readonly #incoming: (IncomingRoute | undefined)[][] = [[], [], []]
  readonly #taken = [0, 0, 0]
  #handshake: ((kind: number, body: Buffer) => void) | undefined

  constructor(place: HubPlace, sink: HubConnectionSink) {
    this.#sink = sink
    this.#reader = new FrameReader(
      { frame: (bytes, start, end) => this.#take(bytes, start, end), broken: () => this.#socket.destroy() },
      MAX_BODY_BYTES,
    )
    this.#socket = connect({
      path: place.socketPath,
      onread: {
        buffer: Buffer.allocUnsafeSlow(READ_BYTES),
        callback: (length, bytes) => {
          this.#reader.read(bytes as Buffer, length)
          this.#tellTaken(1)
          this.#tellTaken(2)
          return true
        },
      },
    })
    this.#outbox = new Outbox(this.#socket, () => sink.drained())
    this.#socket.on('error', () => undefined)
    this.#socket.on('close', () => {
      this.#reader.stop()
      sink.closed()
    })
  }

  /** Proves itself to the hub, lets it prove itself, and resolves with the name of this process. */
  greet(place: HubPlace, clock: Clock): Promise<string> {
    return new Promise<string>((resolve, reject) => {
      const nonce = createNonce()
      let hubNonce: Buffer | undefined
      const fail = (error: Error): void => {
        giveUp()
        this.#socket.destroy()
        reject(error)
      }
      const giveUp = clock.after(HANDSHAKE_LIMIT_MS, () => fail(hubUnreachable(place.socketPath, 'it did not answer')))
      this.#socket.once('error', fail)
      this.#socket.once('close', () => fail(hubUnreachable(place.socketPath, 'it hung up')))
      this.#handshake = (kind, body) => {
        if (kind === CONTROL.challenge && hubNonce === undefined && body.length === NONCE_BYTES) {
          hubNonce = Buffer.from(body)
          const proof = Buffer.concat([nonce, prove(place.token, 'client', hubNonce, nonce)])
          this.#append(0, bytesFrame(CONTROL.proof, 0, proof))
          return
        }
        const proof = body.subarray(0, PROOF_BYTES)
        if (kind !== CONTROL.welcome || hubNonce === undefined || !isProof(proof, place.token, 'hub', hubNonce, nonce)) {
          return fail(untrusted(place.socketPath, 'what listens there does not know the token'))
        }
        giveUp()
        this.#handshake = undefined
        resolve(body.toString('utf8', PROOF_BYTES))
      }
    })
  }

  get waitingBytes(): number {
    return this.#outbox.totalBytes
  }

  waiting(lane: Lane): number {
    return this.#outbox.bytes(lane)
  }

  control(kind: ControlKind, lane: Lane, body: unknown): void {
    this.#append(lane, controlFrame(kind, lane, body))
  }

  forget(source: string): void {
    this.#routes.forget(source)
  }

  /** Queues a data frame and returns its lane. `slotFor` is asked once a route, for the number of its source. */
  send(frame: LinkFrame, peer: number, slotFor: (frame: LinkFrame) => number): Lane {
    const { source, subject, destination, priority, meta, payload } = frame
    const kind = KIND_NUMBERS[frame.kind]
    const lane = dataLane(kind, priority)
    const routeClass = classOf(kind)
    const route =
      this.#routes.find(routeClass, source, subject, destination) ??
      this.#routes.add(routeClass, source, slotFor(frame), subject, destination, meta?.origin ?? '')

    let text = payload === undefined ? '' : (JSON.stringify(payload) ?? '')
    const shape = meta === undefined ? NO_META : metaShape(meta, route.origin)
    if (shape === META_AS_JSON) text = `[${JSON.stringify(meta)}${text === '' ? '' : `,${text}`}]`
    let bodyBytes = MAX_META_BYTES + text.length * 3
    if (text.length > SMALL_TEXT_LENGTH) {
      bodyBytes = MAX_META_BYTES + Buffer.byteLength(text)
      if (bodyBytes > MAX_BODY_BYTES) throw frameTooLarge(subject, bodyBytes, MAX_BODY_BYTES)
    }
    if (route.numbers[lane] < 0) {
      const number = this.#routes.assign(route, lane)
      this.control(CONTROL.define, lane, [number, route.slot, routeClass, subject, destination, route.origin])
    }
    const room = this.#outbox.room(lane, HEADER_BYTES + bodyBytes)
    const at = this.#outbox.tailEnd(lane)
    let end = at + HEADER_BYTES
    let low = priority
    if (shape >= 0) {
      low |= META_IN_BYTES
      end = writeMeta(room, end, meta!, shape)
    } else if (shape === META_AS_JSON) low |= META_IN_JSON
    if (text.length > 0) end += room.write(text, end)
    writeUint32(room, at, end - at - HEADER_BYTES)
    writeHeader(room, at, kind, low, frame.call, route.numbers[lane], peer)
    this.#outbox.commit(lane, end - at)
    return lane
  }

  /** Hangs up once everything has been written. */
  end(): void {
    this.#outbox.flush()
    this.#socket.end()
  }

  destroy(): void {
    this.#socket.destroy()
  }

  #append(lane: Lane, frame: Buffer): void {
    this.#outbox.append(lane, frame, 0, frame.length)
  }

  #tellTaken(lane: Lane): void {
    const bytes = this.#taken[lane]!
    if (bytes < TELL_BYTES) return
    this.#taken[lane] = 0
    this.control(CONTROL.taken, 0, [lane, bytes])
  }

  #take(bytes: Buffer, start: number, end: number): void {
    const kind = bytes[start + 4]!
    if (this.#handshake !== undefined) {
      this.#handshake(kind, bytes.subarray(start + HEADER_BYTES, end))
      return
    }
    const lane = readLane(bytes, start)
    this.#taken[lane]! += end - start
    if (isControl(kind)) this.#takeControl(kind, lane, bytes, start, end)
    else this.#takeData(kind, lane, bytes, start, end)
  }

  #takeControl(kind: ControlKind, lane: Lane, bytes: Buffer, start: number, end: number): void {
    const body = readJson(bytes, start, end)
    if (kind === CONTROL.taken) {
      const [takenLane, takenBytes] = body as [Lane, number]
      this.#outbox.refill(takenLane, takenBytes)
    } else if (kind === CONTROL.define) {
      const [number, peer, source, subject, destination, origin] = body as [number, string, string, string, string, string]
      this.#incoming[lane]![number] = { peer, source, subject, destination, origin }
      this.#sink.peer(peer)
    } else this.#sink.control(kind, body)
  }

  #takeData(kind: number, lane: Lane, bytes: Buffer, start: number, end: number): void {
    const number = readUint32(bytes, start + 12)
    const route = number === LINK_ITSELF ? ITSELF : this.#incoming[lane]![number]
    if (route === undefined) {
      this.destroy()
      return
    }
    const low = bytes[start + 5]!
    let at = start + HEADER_BYTES
    let meta: LinkMeta | undefined
    let payload: unknown
    if ((low & META_IN_BYTES) !== 0) {
      // A frame that breaks this rule is nobody's but its sender's.
      if (at === end || at + metaBytes(bytes[at]!) > end) return
      meta = readMeta(bytes, at, route.origin)
      at += metaBytes(bytes[at]!)
    }
    const text = at < end ? bytes.toString('utf8', at, end) : ''
    if (text !== '') {
      try {
        payload = JSON.parse(text)
      } catch {
        // Its sender wrote nonsense; nobody else is to suffer from it.
        return
      }
    }
    if ((low & META_IN_JSON) !== 0) {
      if (!Array.isArray(payload)) return
      ;[meta, payload] = payload
    }
    this.#sink.frame({
      kind: DATA_KINDS[kind - 1]!,
      source: route.source,
      destination: route.destination,
      subject: route.subject,
      peer: route.peer,
      call: readCall(bytes, start),
      priority: readPriority(bytes, start),
      meta,
      payload,
    })
  }
}

/** Connects and shakes hands. @throws HUB_UNTRUSTED, LINK_LOST or the socket's error */
export async function dialHub(
  place: HubPlace,
  clock: Clock,
  sink: HubConnectionSink,
): Promise<{ connection: HubConnection; peer: string } | undefined> {
  if (!checkSocket(place.socketPath)) return undefined
  const connection = new HubConnection(place, sink)
  return { connection, peer: await connection.greet(place, clock) }
}
