import type { SwitchyardError } from '@switchyard/contracts'
import { callForbidden, linkLost, noResponder, publishForbidden, receiverFull } from './errors.ts'
import { failureFrame } from './failure-frame.ts'
import type { HubClient, HubRoute } from './hub-client.ts'
import type { Interest } from './interest.ts'
import { RouteNumbers } from './route-numbers.ts'
import {
  CLASSES,
  CONTROL,
  classOf,
  controlFrame,
  HEADER_BYTES,
  isControl,
  KIND_NUMBERS,
  LANES,
  type Lane,
  LINK_ITSELF,
  readCall,
  readLane,
  readPriority,
  readUint32,
  writeHeader,
  writeUint32,
} from './wire.ts'

/** A receiver with more waiting than this in a lane holds back whoever sends to it, as long as it takes anything. */
const HOLD_BYTES = 262_144
/** With more than this waiting it gets no requests, and the oldest publishes are dropped down to half. */
const MAX_WAITING_BYTES = 4_194_304
/** Taken bytes are told to a sender in portions of this size. */
const TELL_BYTES = 8_192

/** Moves data frames from one client to others by their headers, and keeps what waits for each bounded. */
export interface HubRouter {
  /** False when the frame breaks the rules. */
  route(from: HubClient, bytes: Buffer, start: number, end: number): boolean
  /** Call it when a chunk has been read: what was gathered for a receiver goes into its queue. */
  endChunk(from: HubClient): void
  /** Sends a frame of the hub's own. */
  send(to: HubClient, lane: Lane, frame: Buffer): void
  /** A receiver took something or was written to. */
  eased(receiver: HubClient): void
  /** It holds nobody back any more. */
  release(receiver: HubClient): void
}

export interface HubRouterOptions {
  readonly clients: ReadonlyMap<number, HubClient>
  readonly interest: Interest<HubClient>
  onDropped(receiver: HubClient, frames: number): void
  onOverfull(receiver: HubClient): void
}

export function createHubRouter({ clients, interest, onDropped, onOverfull }: HubRouterOptions): HubRouter {
  const numbers = new RouteNumbers<HubRoute>()
  let generation = 0
  /** Frames that lie side by side and go the same way are passed on together. */
  let run: { from: HubClient; to: HubClient; lane: Lane; bytes: Buffer; start: number; end: number } | undefined

  function endRun(): void {
    if (run === undefined) return
    const { from, to, lane, bytes, start, end } = run
    run = undefined
    to.outbox.append(lane, bytes, start, end)
    if (to.outbox.bytes(lane) <= HOLD_BYTES) return
    if (to.outbox.totalBytes > MAX_WAITING_BYTES) shed(to)
    if (lane === 0 || to.stalled || to.holds[lane].has(from)) return
    to.holds[lane].add(from)
    from.heldBy[lane]!++
  }

  function send(to: HubClient, lane: Lane, frame: Buffer): void {
    endRun()
    to.outbox.append(lane, frame, 0, frame.length)
  }

  function forward(from: HubClient, to: HubClient, route: HubRoute, lane: Lane, bytes: Buffer, start: number, end: number): void {
    if (route.number < 0) {
      const { number, evicted } = numbers.assign(route)
      if (evicted !== undefined) evicted.number = -1
      route.number = number
      route.generation = ++generation
    }
    const known = to.known(lane)
    if (known[route.number] !== route.generation) {
      known[route.number] = route.generation
      const { number, peer, slot, subject, destination, origin } = route
      send(to, lane, controlFrame(CONTROL.define, lane, [number, peer, slot.identity, subject, destination, origin]))
    }
    writeUint32(bytes, start + 12, route.number)
    if (run !== undefined && run.to === to && run.end === start && run.lane === lane && run.bytes === bytes) {
      run.end = end
      return
    }
    endRun()
    run = { from, to, lane, bytes, start, end }
  }

  function fail(to: HubClient, bytes: Buffer, start: number, error: SwitchyardError): void {
    const { payload } = failureFrame({ call: readCall(bytes, start), priority: readPriority(bytes, start) }, error)
    const body = Buffer.from(JSON.stringify(payload))
    const frame = Buffer.allocUnsafe(HEADER_BYTES + body.length)
    writeUint32(frame, 0, body.length)
    writeHeader(frame, 0, KIND_NUMBERS.failure, readPriority(bytes, start), readCall(bytes, start), LINK_ITSELF, 0)
    frame.set(body, HEADER_BYTES)
    send(to, readLane(frame, 0), frame)
  }

  function targetsOf(route: HubRoute, from: HubClient): readonly HubClient[] {
    if (route.version === interest.version) return route.targets
    route.version = interest.version
    route.targets =
      route.class === CLASSES.publish
        ? interest.listeners(route.subject, route.destination).filter((client) => client !== from)
        : interest.servers(route.subject)
    return route.targets
  }

  /** Drops the oldest publishes that wait for a receiver; what else waits stays, unless it alone is too much. */
  function shed(receiver: HubClient): void {
    const { outbox } = receiver
    let dropped = 0
    for (const lane of [2, 1, 0] as const) {
      let excess = outbox.totalBytes - MAX_WAITING_BYTES / 2
      if (excess <= 0) break
      for (const chunk of outbox.takeWaiting(lane)) {
        let keptFrom = 0
        for (let at = 0; at < chunk.length && excess > 0; ) {
          const size = HEADER_BYTES + readUint32(chunk, at)
          if (chunk[at + 4] === KIND_NUMBERS.publish) {
            if (at > keptFrom) outbox.append(lane, chunk, keptFrom, at)
            keptFrom = at + size
            excess -= size
            dropped++
          }
          at += size
        }
        if (keptFrom < chunk.length) outbox.append(lane, chunk, keptFrom, chunk.length)
      }
    }
    if (dropped > 0) {
      send(receiver, 0, controlFrame(CONTROL.dropped, 0, [dropped]))
      onDropped(receiver, dropped)
    }
    if (outbox.totalBytes > MAX_WAITING_BYTES) onOverfull(receiver)
  }

  function tellTaken(client: HubClient, lane: Lane): void {
    const bytes = client.taken[lane]!
    if (bytes < TELL_BYTES || client.heldBy[lane]! > 0) return
    client.taken[lane] = 0
    send(client, 0, controlFrame(CONTROL.taken, 0, [lane, bytes]))
  }

  function releaseLane(receiver: HubClient, lane: Lane): void {
    for (const sender of receiver.holds[lane]) {
      sender.heldBy[lane]!--
      tellTaken(sender, lane)
    }
    receiver.holds[lane].clear()
  }

  return {
    route(from, bytes, start, end) {
      const kind = bytes[start + 4]!
      const lane = readLane(bytes, start)
      const route = from.routes[lane]![readUint32(bytes, start + 12)]
      if (route === undefined || isControl(kind) || route.class !== classOf(kind)) return false
      if (route.class === CLASSES.publish) {
        if (route.refusal !== undefined || !route.slot.attached) {
          fail(from, bytes, start, route.refusal ?? publishForbidden(route.slot.identity, route.subject))
          return true
        }
        for (const target of targetsOf(route, from)) forward(from, target, route, lane, bytes, start, end)
        return true
      }
      const target = clients.get(readUint32(bytes, start + 16))
      if (route.class === CLASSES.request) {
        if (route.refusal !== undefined || !route.slot.attached) {
          fail(from, bytes, start, route.refusal ?? callForbidden(route.slot.identity, route.subject))
        } else if (target === undefined || !target.ready) fail(from, bytes, start, linkLost(route.subject))
        else if (!targetsOf(route, from).includes(target)) fail(from, bytes, start, noResponder(route.subject))
        else if (target.outbox.totalBytes > MAX_WAITING_BYTES / 2) fail(from, bytes, start, receiverFull(route.subject))
        else forward(from, target, route, lane, bytes, start, end)
        return true
      }
      if (target?.ready) forward(from, target, route, lane, bytes, start, end)
      return true
    },

    endChunk(from) {
      endRun()
      tellTaken(from, 1)
      tellTaken(from, 2)
    },

    send,

    eased(receiver) {
      for (const lane of LANES) {
        if (receiver.holds[lane].size > 0 && receiver.outbox.bytes(lane) < HOLD_BYTES / 2) releaseLane(receiver, lane)
      }
    },

    release(receiver) {
      for (const lane of LANES) releaseLane(receiver, lane)
    },
  }
}
