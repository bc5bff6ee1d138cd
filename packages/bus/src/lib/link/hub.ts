import { randomBytes } from 'node:crypto'
import { chmodSync, lstatSync, unlinkSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import type { Clock, Grant, SwitchyardError } from '@switchyard/contracts'
import { toWireError } from '@switchyard/contracts'
import { mayCall, mayHear, mayPublish, mayServe } from '../grant.ts'
import type { LinkEvent } from '../link.ts'
import { readAttach, readDefine, readJson, readListens, readNumber, readTaken } from './control-bodies.ts'
import { callForbidden, publishForbidden } from './errors.ts'
import { createNonce, isProof, NONCE_BYTES, PROOF_BYTES, prove } from './handshake.ts'
import { HubClient, type HubRoute, type Slot } from './hub-client.ts'
import type { HubLock } from './hub-lock.ts'
import type { HubPlace } from './hub-place.ts'
import { createHubRouter } from './hub-router.ts'
import { createHubSyncs } from './hub-syncs.ts'
import { createInterest } from './interest.ts'
import { bytesFrame, CLASSES, CONTROL, type ControlKind, controlFrame, HEADER_BYTES, isControl, LANES, readLane } from './wire.ts'

/** The meeting point of a workspace's processes; at most one exists, as its opener holds the lock. */
export interface Hub {
  /** Hangs up on all, gives the place free. */
  close(): Promise<void>
}

export interface HubOptions {
  place: HubPlace
  lock: HubLock
  clock: Clock
  /** What an identity may really do when a process asks to attach it; throws to refuse. */
  authorize: (identity: string, asked: Grant) => Grant
  note: (event: LinkEvent) => void
  /** The place is not ours any more, or the socket failed; the hub has closed itself. */
  onGone: () => void
}

const LOOK_ROUND_MS = 250
/** A client must have proved itself, and a frame that began must have ended, within this. */
const PATIENCE_MS = 5_000
/** A receiver that has taken nothing for so long holds nobody back any more. */
const STALLED_AFTER_MS = 500
const MAX_WAITING_BYTES = 8_388_608
const MAX_CLIENTS = 1_000
const MAX_LISTENS = 65_536
const MAX_SLOTS = 4_096

/** Opens the hub; only the holder of the lock may, so a socket that lies there is a dead one's. */
export async function openHub({ place, lock, clock, authorize, note, onGone }: HubOptions): Promise<Hub> {
  const id = randomBytes(4).toString('hex')
  const clients = new Map<number, HubClient>()
  const interest = createInterest<HubClient>()
  let lastNumber = 0
  let closed = false

  const router = createHubRouter({
    clients,
    interest,
    onDropped: (receiver, frames) => note({ type: 'dropped', peer: receiver.peer, frames }),
    onOverfull: (receiver) => hangUp(receiver, 'it takes nothing and too much waits for it'),
  })

  const syncs = createHubSyncs(
    clock,
    (client, token) => router.send(client, 0, controlFrame(CONTROL.sync, 0, [token])),
    (from, syncId) => {
      if (from.ready) router.send(from, 0, controlFrame(CONTROL.synced, 0, [syncId]))
    },
  )

  function welcome(socket: Socket): void {
    const number = ++lastNumber
    const client: HubClient = new HubClient(
      number,
      `${id}.${number}`,
      socket,
      createNonce(),
      clock.monotonicMs(),
      { frame: (bytes, start, end) => take(client, bytes, start, end), broken: (reason) => hangUp(client, reason) },
      () => router.eased(client),
    )
    clients.set(number, client)
    socket.on('data', (bytes: Buffer) => {
      client.reader.read(bytes, bytes.length)
      if (client.reader.partial) client.partialSinceMs ??= clock.monotonicMs()
      router.endChunk(client)
      // Left to the collector, the memory of all that passes through makes it stop the process for milliseconds again and again.
      // Each read has memory of its own; what does not begin it would be somebody else's too.
      const { buffer, byteOffset } = bytes
      if (buffer instanceof ArrayBuffer && byteOffset === 0) buffer.transfer(0)
    })
    socket.on('error', () => undefined)
    socket.on('close', () => leave(client))
    router.send(client, 0, bytesFrame(CONTROL.challenge, 0, client.nonce))
  }

  function hangUp(client: HubClient, reason: string): void {
    if (client.socket.destroyed) return
    client.reader.stop()
    client.socket.destroy()
    note({ type: 'cut-off', peer: client.peer, reason })
  }

  function leave(client: HubClient): void {
    if (!clients.delete(client.number)) return
    router.release(client)
    interest.drop(client)
    syncs.drop(client)
    if (!client.ready) return
    client.ready = false
    for (const lane of LANES) tellOthers(client, CONTROL.lost, lane, [client.peer])
  }

  function tellOthers(client: HubClient, kind: ControlKind, lane: 0 | 1 | 2, body: unknown): void {
    const frame = controlFrame(kind, lane, body)
    for (const other of clients.values()) if (other !== client && other.ready) router.send(other, lane, frame)
  }

  function take(client: HubClient, bytes: Buffer, start: number, end: number): void {
    const kind = bytes[start + 4]!
    client.partialSinceMs = undefined
    if (!client.ready) {
      if (kind !== CONTROL.proof || !admit(client, bytes.subarray(start + HEADER_BYTES, end))) hangUp(client, 'it could not prove itself')
      return
    }
    const lane = readLane(bytes, start)
    if (lane > 2) {
      hangUp(client, 'a frame in no lane')
      return
    }
    client.taken[lane]! += end - start
    if (!isControl(kind)) {
      if (!router.route(client, bytes, start, end)) hangUp(client, 'a frame on no route')
      return
    }
    if (!control(client, kind, lane, readJson(bytes, start, end))) hangUp(client, `a malformed frame of kind ${kind}`)
  }

  function admit(client: HubClient, body: Buffer): boolean {
    if (body.length !== NONCE_BYTES + PROOF_BYTES) return false
    const nonce = body.subarray(0, NONCE_BYTES)
    if (!isProof(body.subarray(NONCE_BYTES), place.token, 'client', client.nonce, nonce)) return false
    client.ready = true
    const proof = prove(place.token, 'hub', client.nonce, nonce)
    router.send(client, 0, bytesFrame(CONTROL.welcome, 0, Buffer.concat([proof, Buffer.from(client.peer)])))
    for (const other of clients.values()) {
      if (other === client || other.listens.size === 0) continue
      const listens = [...other.listens.values()].map(({ slot, want, pattern }) => [other.slots.get(slot)?.identity, want, pattern, true])
      router.send(client, 0, controlFrame(CONTROL.interest, 0, [other.peer, ...listens]))
    }
    router.send(client, 0, controlFrame(CONTROL.synced, 0, [0]))
    return true
  }

  /** False for a body that breaks the rules. */
  function control(client: HubClient, kind: ControlKind, lane: 0 | 1 | 2, body: unknown): boolean {
    switch (kind) {
      case CONTROL.define: {
        const define = readDefine(body)
        const slot = define && client.slots.get(define.slot)
        if (define === undefined || slot === undefined) return false
        client.routes[lane]![define.number] = createRoute(client, slot, define)
        return true
      }
      case CONTROL.attach: {
        const attach = readAttach(body)
        if (attach === undefined || client.slots.has(attach.slot) || client.slots.size >= MAX_SLOTS) return false
        attachIdentity(client, attach)
        return true
      }
      case CONTROL.detach: {
        const number = readNumber(body)
        if (number === undefined || !client.slots.has(number)) return false
        const came = (client.detaching.get(number) ?? 0) + 1
        client.detaching.set(number, came)
        if (came === LANES.length) detachIdentity(client, number)
        return true
      }
      case CONTROL.listen:
        return listen(client, body)
      case CONTROL.taken: {
        const taken = readTaken(body)
        if (taken === undefined) return false
        client.progressAtMs = clock.monotonicMs()
        client.stalled = false
        client.outbox.refill(taken.lane, taken.bytes)
        return true
      }
      case CONTROL.sync: {
        const syncId = readNumber(body)
        if (syncId === undefined) return false
        syncs.start(
          client,
          syncId,
          [...clients.values()].filter((other) => other !== client && other.ready && !other.stalled),
        )
        return true
      }
      case CONTROL.echo: {
        const token = readNumber(body)
        if (token === undefined) return false
        syncs.echo(client, token)
        return true
      }
      default:
        return false
    }
  }

  function createRoute(
    client: HubClient,
    slot: Slot,
    { class: routeClass, subject, destination, origin }: NonNullable<ReturnType<typeof readDefine>>,
  ): HubRoute {
    let refusal: SwitchyardError | undefined
    if (routeClass === CLASSES.publish && !mayPublish(slot.grant, subject)) refusal = publishForbidden(slot.identity, subject)
    if (routeClass === CLASSES.request && !mayCall(slot.grant, subject)) refusal = callForbidden(slot.identity, subject)
    return {
      peer: client.peer,
      slot,
      class: routeClass,
      subject,
      destination,
      origin,
      refusal,
      number: -1,
      generation: 0,
      targets: [],
      version: -1,
    }
  }

  function attachIdentity(client: HubClient, { slot, identity, grant: asked }: { slot: number; identity: string; grant: Grant }): void {
    try {
      const grant = authorize(identity, asked)
      client.slots.set(slot, { identity, grant, attached: true })
      router.send(client, 0, controlFrame(CONTROL.attached, 0, [slot, grant]))
    } catch (error) {
      const { stack: _, ...wire } = toWireError(error)
      client.slots.set(slot, { identity, grant: { publish: [], hear: [], call: [] }, attached: false })
      router.send(client, 0, controlFrame(CONTROL.attached, 0, [slot, wire]))
    }
  }

  function detachIdentity(client: HubClient, number: number): void {
    const slot = client.slots.get(number)!
    slot.attached = false
    const listens = [...client.listens.values()].filter((listened) => listened.slot === number)
    listen(
      client,
      listens.map(({ want, pattern }) => [number, want, pattern, false]),
    )
    client.slots.delete(number)
    client.detaching.delete(number)
  }

  function listen(client: HubClient, body: unknown): boolean {
    const asked = readListens(body)
    if (asked === undefined) return false
    const told: unknown[] = []
    for (const { slot: number, want, pattern, on } of asked) {
      const slot = client.slots.get(number)
      if (slot === undefined) return false
      const key = `${number} ${want} ${pattern}`
      if (!on) {
        if (!client.listens.delete(key)) continue
        interest.remove(client, slot.identity, want, pattern)
      } else {
        // The client's own side has refused this with FORBIDDEN; whoever asks all the same hears nothing.
        const allowed = want === 'topic' ? mayHear(slot.grant, pattern) : mayServe(slot.identity, slot.grant, pattern)
        if (!slot.attached || !allowed) continue
        if (client.listens.size >= MAX_LISTENS) return false
        client.listens.set(key, { slot: number, want, pattern })
        interest.add(client, slot.identity, want, pattern)
      }
      told.push([slot.identity, want, pattern, on])
    }
    if (told.length > 0) tellOthers(client, CONTROL.interest, 0, [client.peer, ...told])
    return true
  }

  function lookRound(): void {
    const nowMs = clock.monotonicMs()
    for (const client of clients.values()) {
      if (!client.ready && nowMs - client.connectedAtMs > PATIENCE_MS) hangUp(client, 'it did not prove itself in time')
      else if (client.partialSinceMs !== undefined && nowMs - client.partialSinceMs > PATIENCE_MS)
        hangUp(client, 'a frame that did not end in time')
      else if (client.outbox.totalBytes > MAX_WAITING_BYTES) hangUp(client, 'it takes nothing and too much waits for it')
      else if (client.outbox.totalBytes === 0) client.progressAtMs = nowMs
      else if (!client.stalled && nowMs - client.progressAtMs > STALLED_AFTER_MS) {
        client.stalled = true
        router.release(client)
      }
    }
    syncs.look()
    if (!ownsSocket()) void close().then(onGone)
    else stopLooking = clock.after(LOOK_ROUND_MS, lookRound)
  }

  const server = createServer({ noDelay: true }, welcome)
  server.maxConnections = MAX_CLIENTS
  const isFile = !place.socketPath.startsWith('\\\\')
  if (isFile) removeFile(place.socketPath)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(place.socketPath, resolve)
    if (isFile && server.listening) chmodSync(place.socketPath, 0o600)
  })
  server.on('error', () => void close().then(onGone))
  const inode = isFile ? lstatSync(place.socketPath).ino : 0
  let stopLooking = clock.after(LOOK_ROUND_MS, lookRound)

  /** False once somebody removed or replaced the socket: new processes cannot come to us any more and will open another hub. */
  function ownsSocket(): boolean {
    return !isFile || lstatSync(place.socketPath, { throwIfNoEntry: false })?.ino === inode
  }

  async function close(): Promise<void> {
    if (closed) return
    closed = true
    stopLooking()
    if (isFile && ownsSocket()) removeFile(place.socketPath)
    const ended = new Promise<void>((resolve) => server.close(() => resolve()))
    for (const { socket, outbox } of clients.values()) {
      outbox.flush()
      socket.destroySoon()
      socket.resume()
    }
    const giveUp = clock.after(200, () => {
      for (const { socket } of clients.values()) socket.destroy()
    })
    await ended
    giveUp()
    lock.release()
  }

  return { close }
}

function removeFile(path: string): void {
  try {
    unlinkSync(path)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
  }
}
