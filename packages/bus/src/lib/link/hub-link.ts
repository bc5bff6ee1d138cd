import { type Clock, fromWireError, type Grant, type SwitchyardError, systemClock, type WireError } from '@switchyard/contracts'
import type { Link, LinkEvent, LinkFrame, LinkInbox } from '../link.ts'
import { linkClosed, linkLost, notAttached } from './errors.ts'
import { failureFrame } from './failure-frame.ts'
import { dialHub, type HubConnection, type HubConnectionSink } from './hub-connection.ts'
import type { HubPlace } from './hub-place.ts'
import { createIdentities } from './identities.ts'
import type { Want } from './interest.ts'
import { createListening } from './listening.ts'
import { createMeeting } from './meeting.ts'
import { createReach, type InterestChange } from './reach.ts'
import { CONTROL, type ControlKind, LANES } from './wire.ts'

export interface HubLinkOptions {
  /** The workspace's folder for such things; made if need be, and closed to other users. */
  folder: string
  /** What an identity may really do when any process asks the hub to attach it; throws to refuse. Asked where the hub is. @default what it asks for */
  authorize?: (identity: string, asked: Grant) => Grant
  /** @default 10_000 */
  openTimeoutMs?: number
  /** @default systemClock */
  clock?: Clock
  /** In [0, 1), for the jitter between attempts. @default Math.random */
  random?: () => number
}

/** More than this waiting in a lane means "no credit". */
const HIGH_WATER_BYTES = 131_072
const CLOSE_LIMIT_MS = 1_000

interface Waiter {
  resolve(): void
  reject(error: SwitchyardError): void
}

/** A link through the hub of a workspace. Whichever process finds none opens it, and when it dies another one does. */
export function createHubLink({
  folder,
  authorize = (_, asked) => asked,
  openTimeoutMs = 10_000,
  clock = systemClock,
  random = Math.random,
}: HubLinkOptions): Link {
  const identities = createIdentities()
  const listening = createListening()
  const reach = createReach()
  const slots = new Map<string, number>()
  const attaching = new Map<string, Waiter[]>()
  const syncing = new Map<number, () => void>()
  let waitingForRoom: (() => void)[] = []

  let inbox: LinkInbox | undefined
  let state: 'new' | 'open' | 'closed' = 'new'
  let connection: HubConnection | undefined
  let lastSlot = 0
  let lastSync = 0
  let connecting: Promise<void> = Promise.resolve()

  const note = (event: LinkEvent): void => inbox?.note?.(event)

  const meeting = createMeeting({ folder, authorize, clock, random, note, join })

  async function join(place: HubPlace): Promise<boolean> {
    let open = false
    let mine: HubConnection | undefined
    let told: () => void = () => undefined
    const known = new Promise<void>((resolve) => {
      told = resolve
    })
    const sink: HubConnectionSink = {
      frame: (frame) => inbox?.receive(frame),
      control: (kind, body) => control(kind, body, told),
      peer: reach.know,
      drained,
      closed() {
        told()
        if (open && connection === mine) lose()
      },
    }
    reset()
    const dialed = await dialHub(place, clock, sink)
    if (dialed === undefined) return false
    mine = dialed.connection
    if (state === 'closed') {
      mine.destroy()
      return false
    }
    open = true
    connection = mine
    announceAll(mine)
    await known
    if (connection !== mine) return false
    note({ type: 'connected', hub: meeting.isHub })
    return true
  }

  function reset(): void {
    reach.clear()
    slots.clear()
  }

  /** Everything that was attached and listened to, again or for the first time. */
  function announceAll(to: HubConnection): void {
    for (const [identity, grant] of identities.all) announceIdentity(to, identity, grant)
    const listens = listening.all().map(({ identity, want, pattern }) => [slots.get(identity), want, pattern, true])
    if (listens.length > 0) to.control(CONTROL.listen, 0, listens)
    for (const id of syncing.keys()) to.control(CONTROL.sync, 0, [id])
  }

  function announceIdentity(to: HubConnection, identity: string, grant: Grant): void {
    slots.set(identity, ++lastSlot)
    to.control(CONTROL.attach, 0, [lastSlot, identity, grant])
  }

  function lose(): void {
    connection = undefined
    reset()
    releaseRoom()
    inbox?.lost('*')
    note({ type: 'reach' })
    if (state === 'open') connecting = meeting.join(Number.POSITIVE_INFINITY)
  }

  function control(kind: ControlKind, body: unknown, told: () => void): void {
    switch (kind) {
      case CONTROL.interest:
        reach.hear(body as InterestChange)
        note({ type: 'reach' })
        break
      case CONTROL.lost:
        peerLost((body as [string])[0])
        break
      case CONTROL.attached:
        attached(...(body as [number, Grant | WireError]))
        break
      case CONTROL.sync:
        connection?.control(CONTROL.echo, 0, body)
        break
      case CONTROL.synced: {
        const [id] = body as [number]
        if (id === 0) told()
        syncing.get(id)?.()
        syncing.delete(id)
        break
      }
      case CONTROL.dropped:
        note({ type: 'dropped', peer: '', frames: (body as [number])[0] })
    }
  }

  function peerLost(peer: string): void {
    const notice = reach.lose(peer)
    if (notice === 'first') note({ type: 'reach' })
    if (notice === 'last') inbox?.lost(peer)
  }

  function attached(slot: number, answer: Grant | WireError): void {
    for (const [identity, number] of slots) {
      if (number !== slot) continue
      const waiters = attaching.get(identity) ?? []
      attaching.delete(identity)
      if ('code' in answer) {
        dropIdentity(identity)
        for (const waiter of waiters) waiter.reject(fromWireError(answer))
      } else {
        identities.attach(identity, answer)
        for (const waiter of waiters) waiter.resolve()
      }
    }
  }

  function dropIdentity(identity: string): void {
    identities.detach(identity)
    listening.forget(identity)
    connection?.forget(identity)
    slots.delete(identity)
  }

  function detach(identity: string): void {
    const slot = slots.get(identity)
    dropIdentity(identity)
    if (slot !== undefined && connection !== undefined) for (const lane of LANES) connection.control(CONTROL.detach, lane, [slot])
  }

  const hasRoom = (belowBytes: number): boolean =>
    connection === undefined || LANES.every((lane) => connection!.waiting(lane) <= belowBytes)

  function drained(): void {
    if (waitingForRoom.length > 0 && hasRoom(HIGH_WATER_BYTES / 2)) releaseRoom()
  }

  function releaseRoom(): void {
    const waiting = waitingForRoom
    waitingForRoom = []
    for (const resolve of waiting) resolve()
  }

  const slotFor = ({ kind, source, subject }: LinkFrame): number => {
    identities.checkSend(kind, source, subject)
    const slot = slots.get(source)
    if (slot === undefined) throw notAttached(source)
    return slot
  }

  function fail(request: LinkFrame): true {
    const failure = failureFrame(request, linkLost(request.subject))
    queueMicrotask(() => inbox?.receive(failure))
    return true
  }

  const announceListen = (identity: string, want: Want, pattern: string, on: boolean): void => {
    const slot = slots.get(identity)
    if (slot !== undefined) connection?.control(CONTROL.listen, 0, [[slot, want, pattern, on]])
  }

  return {
    async open(to) {
      if (state !== 'new') throw linkClosed()
      state = 'open'
      inbox = to
      connecting = meeting.join(clock.monotonicMs() + openTimeoutMs)
      await connecting
    },

    async attach(identity, grant) {
      if (state !== 'open') throw linkClosed()
      if (slots.has(identity)) detach(identity)
      identities.attach(identity, grant)
      const done = new Promise<void>((resolve, reject) => {
        attaching.set(identity, [...(attaching.get(identity) ?? []), { resolve, reject }])
      })
      if (connection !== undefined) announceIdentity(connection, identity, grant)
      await done
    },

    detach,

    listen(identity, want, pattern) {
      if (state !== 'open') throw linkClosed()
      identities.checkListen(identity, want, pattern)
      return listening.add(
        { identity, want, pattern },
        () => announceListen(identity, want, pattern, true),
        () => announceListen(identity, want, pattern, false),
      )
    },

    async settled() {
      if (state !== 'open') throw linkClosed()
      const id = ++lastSync
      const done = new Promise<void>((resolve) => syncing.set(id, resolve))
      connection?.control(CONTROL.sync, 0, [id])
      await done
    },

    reaches: reach.reaches,

    pick: reach.pick,

    send(frame) {
      if (state !== 'open') throw linkClosed()
      if (connection === undefined) {
        identities.checkSend(frame.kind, frame.source, frame.subject)
        return frame.kind === 'request' ? fail(frame) : true
      }
      let peer = 0
      if (frame.kind !== 'publish') {
        const known = reach.numberOf(frame.peer)
        if (known === undefined) {
          identities.checkSend(frame.kind, frame.source, frame.subject)
          return frame.kind === 'request' ? fail(frame) : true
        }
        peer = known
      }
      const lane = connection.send(frame, peer, slotFor)
      return connection.waiting(lane) <= HIGH_WATER_BYTES
    },

    ready() {
      if (hasRoom(HIGH_WATER_BYTES)) return Promise.resolve()
      return new Promise((resolve) => waitingForRoom.push(resolve))
    },

    async close() {
      if (state === 'closed') return
      state = 'closed'
      inbox = undefined
      meeting.stop()
      for (const waiters of attaching.values()) for (const waiter of waiters) waiter.reject(linkClosed())
      attaching.clear()
      for (const resolve of syncing.values()) resolve()
      syncing.clear()
      if (connection !== undefined) await hangUp(connection)
      await connecting.catch(() => undefined)
      releaseRoom()
      await meeting.close()
    },
  }

  /** What was sent before is still delivered, if the hub takes it within the limit. */
  async function hangUp(ending: HubConnection): Promise<void> {
    const limitMs = clock.monotonicMs() + CLOSE_LIMIT_MS
    while (ending.waitingBytes > 0 && connection === ending && clock.monotonicMs() < limitMs) {
      await new Promise((resolve) => setImmediate(resolve))
    }
    ending.end()
    const giveUp = clock.after(CLOSE_LIMIT_MS, () => ending.destroy())
    while (connection === ending) await new Promise((resolve) => setImmediate(resolve))
    giveUp()
  }
}
