import { asSwitchyardError, type Grant, type SwitchyardError, toWireError, type WireError } from '@switchyard/contracts'
import type { Answering, Call } from './call.ts'
import type { Core } from './core.ts'
import { Envelope } from './envelope.ts'
import { busClosed, cancelled, linkLost, serverClosed } from './errors.ts'
import type { Exchange, Outward } from './exchange.ts'
import { FrameMeta } from './frame-meta.ts'
import type { FramePort, Kept } from './frame-port.ts'
import { checkedPriority } from './headers.ts'
import { ForeignAsk, IncomingCall } from './incoming-call.ts'
import type { Ask, CallKind, Reply } from './invocation.ts'
import type { Link, LinkFrame, LinkMeta } from './link.ts'
import { List } from './list.ts'
import { OutgoingCall } from './outgoing-call.ts'
import { sealPayload } from './payload.ts'
import { Slots } from './slots.ts'
import { soon } from './soon.ts'
import type { Elsewhere, Switchboard } from './switchboard.ts'

const NO_META: LinkMeta = Object.freeze({})

/** The buses of other processes, behind a link: what is sent there, and what comes from there. */
export class Remote implements Elsewhere, Outward, FramePort {
  readonly #core: Core
  readonly #link: Link
  readonly #exchange: Exchange
  readonly #switchboard: Switchboard
  readonly #identities = new Map<string, Membership>()
  readonly #outgoing = new Slots<OutgoingCall>()
  readonly #incoming = new List<IncomingCall>()
  /** Those that may become streams, whose reader gives credit all the time. */
  readonly #streams = new Map<string, IncomingCall>()
  readonly #meta: FrameMeta
  readonly #opened: Promise<void>
  #isClosed = false
  #arrivedMs: number | undefined
  /** Told of topics that others published durably. */
  onTopic: ((topic: string) => void) | undefined

  constructor(core: Core, link: Link, exchange: Exchange, switchboard: Switchboard) {
    this.#core = core
    this.#link = link
    this.#exchange = exchange
    this.#switchboard = switchboard
    this.#meta = new FrameMeta(core)
    this.#opened = link.open({ receive: (frame) => this.#receive(frame), lost: (peer) => this.#lost(peer) })
    this.#opened.catch((error: unknown) => core.fault('open the link', error))
  }

  /** Resolves when all that was asked so far is known to the others. */
  async ready(): Promise<void> {
    await this.#opened
    await Promise.all([...this.#identities.values()].map(({ joined }) => joined))
    await this.#link.settled()
  }

  /** Handles of one identity share its place on the link; what the first may do holds for all. */
  join(identity: string, grant: Grant): void {
    const known = this.#identities.get(identity)
    if (known !== undefined) {
      known.handles++
      return
    }
    const membership = new Membership(this.#opened.then(() => (this.#isClosed ? undefined : this.#link.attach(identity, grant))))
    membership.joined.catch((error: unknown) => this.#core.fault(`attach "${identity}" to the link`, error))
    this.#identities.set(identity, membership)
  }

  leave(identity: string): void {
    const membership = this.#identities.get(identity)
    if (membership === undefined || --membership.handles > 0) return
    this.#identities.delete(identity)
    membership.after(() => {
      // Another handle of the name may have come since.
      if (!this.#isClosed && !this.#identities.has(identity)) this.#link.detach(identity)
    })
  }

  listen(identity: string, want: 'topic' | 'request', pattern: string): () => void {
    let stop: (() => void) | undefined
    let isOver = false
    this.#identities.get(identity)?.after(() => {
      if (isOver || this.#isClosed) return
      try {
        stop = this.#link.listen(identity, want, pattern)
      } catch (error) {
        this.#core.fault(`listen to "${pattern}" as "${identity}"`, error)
      }
    })
    return () => {
      isOver = true
      if (!this.#isClosed) stop?.()
    }
  }

  reaches(topic: string): boolean {
    return !this.#isClosed && this.#link.reaches(topic)
  }

  publish(envelope: Envelope): Promise<void> | undefined {
    const frame: LinkFrame = {
      kind: 'publish',
      source: envelope.source,
      destination: envelope.terms.destination,
      subject: envelope.topic,
      peer: '',
      call: 0,
      priority: envelope.priority,
      meta: this.#meta.ofMessage(envelope),
      payload: envelope.payload,
    }
    const membership = this.#identities.get(envelope.source)
    if (membership === undefined || membership.isJoined) return this.#link.send(frame) ? undefined : this.#link.ready()
    return membership.joined.then(() => {
      if (!this.#isClosed && !this.#link.send(frame)) return this.#link.ready()
    })
  }

  pick(subject: string): string | undefined {
    return this.#isClosed ? undefined : this.#link.pick(subject)
  }

  ask(call: Call, subject: string, peer: string, deadlineAtMs: number, reply: Reply): Answering {
    const number = this.#outgoing.reserve()
    const destination = call.envelope?.terms.destination ?? '*'
    const frame: LinkFrame = {
      kind: 'request',
      source: call.source,
      destination,
      subject,
      peer,
      call: number,
      priority: call.priority,
      meta: this.#meta.ofCall(call, deadlineAtMs),
      payload: call.input,
    }
    const outgoing = new OutgoingCall(this, call, frame, reply)
    this.#outgoing.set(number, outgoing)
    const membership = this.#identities.get(call.source)
    if (membership === undefined || membership.isJoined) this.#sendRequest(frame, call, reply)
    else {
      membership.after(
        () => this.#sendRequest(frame, call, reply),
        (error) => {
          this.#outgoing.delete(number)
          reply.failure(asSwitchyardError(error))
        },
      )
    }
    return outgoing
  }

  #sendRequest(frame: LinkFrame, call: Call, reply: Reply): void {
    if (this.#isClosed || this.#outgoing.get(frame.call) === undefined) return
    try {
      this.#link.send(frame)
      if (call.kind === 'stream') this.follow(frame, 'credit', call.source, call.window)
    } catch (error) {
      this.#outgoing.delete(frame.call)
      reply.failure(asSwitchyardError(error))
    }
  }

  /** A frame that belongs to a request. False when the next one should wait. */
  follow(kept: Kept, kind: LinkFrame['kind'], source: string, payload: unknown): boolean {
    if (this.#isClosed) return true
    try {
      const { peer, call, priority } = kept
      return this.#link.send({ kind, source, destination: '*', subject: '', peer, call, priority, meta: undefined, payload })
    } catch (error) {
      this.#core.fault(`send a ${kind} of "${kept.subject}"`, error)
      if (kind === 'reply' || kind === 'failure') this.#sendBareFailure(kept, source, kind === 'failure' ? payload : toWireError(error))
      return true
    }
  }

  /** A caller must not wait for what cannot be written: it is told the least of it. */
  #sendBareFailure({ peer, call, priority }: Kept, source: string, error: unknown): void {
    const { code, message, retryable } = error as WireError
    const payload: WireError = { code, message: message.slice(0, 1_000), ...(retryable !== undefined && { retryable }) }
    try {
      this.#link.send({ kind: 'failure', source, destination: '*', subject: '', peer, call, priority, meta: undefined, payload })
    } catch {
      // The link is gone, and with it the caller.
    }
  }

  /** Resolves when the link takes more. */
  room(): Promise<void> {
    return this.#link.ready()
  }

  forget(call: number): void {
    this.#outgoing.delete(call)
  }

  #receive(frame: LinkFrame): void {
    if (this.#isClosed) return
    switch (frame.kind) {
      case 'publish':
        this.#takePublish(frame)
        return
      case 'request':
        this.#takeRequest(frame)
        return
      case 'cancel':
        this.#cancel(frame)
        return
      case 'credit':
        this.#streams.get(keyOf(frame))?.credit(Number(frame.payload) || 0)
        return
      default:
        this.#takeAnswer(frame)
    }
  }

  /** When the frames of this turn came in: read once for all of them. What waited behind others has been here as long. */
  #arrivalMs(): number {
    if (this.#arrivedMs === undefined) {
      this.#arrivedMs = this.#core.clock.monotonicMs()
      soon(this.#endTurn)
    }
    return this.#arrivedMs
  }

  readonly #endTurn = (): void => {
    this.#arrivedMs = undefined
  }

  readonly #ended = (incoming: IncomingCall): void => {
    this.#incoming.remove(incoming)
    this.#core.ended()
    if (this.#streams.size > 0) this.#streams.delete(keyOf(incoming.kept))
  }

  #cancel({ peer, call }: LinkFrame): void {
    for (const incoming of this.#incoming.toArray()) {
      if (incoming.kept.call === call && incoming.kept.peer === peer) incoming.cancel(cancelled(incoming.kept.subject))
    }
  }

  #takePublish(frame: LinkFrame): void {
    this.onTopic?.(frame.subject)
    try {
      this.#exchange.inject(this.#envelopeOf(frame))
    } catch (error) {
      this.#core.fault(`take a message on "${frame.subject}"`, error)
    }
  }

  #envelopeOf(frame: LinkFrame): Envelope {
    const { clock, ids, maxMessageBytes } = this.#core
    const meta = frame.meta ?? NO_META
    const { foreign, root, extra } = this.#meta.originOf(meta)
    const bytes = sealPayload(frame.payload, maxMessageBytes, frame.subject)
    const { source, destination, subject, payload } = frame
    const priority = checkedPriority(frame.priority, subject)
    const sentAtMs = meta.sentAtMs ?? clock.now()
    return new Envelope(ids, subject, source, priority, meta.sequence ?? 0, payload, bytes, sentAtMs, root, 0, {
      destination,
      messageType: meta.messageType === 'request' ? 'request' : meta.messageType === 'command' ? 'command' : 'event',
      extra,
      foreign,
      correlationId: meta.correlationId,
      causationId: meta.causationId,
      idempotencyKey: meta.idempotencyKey,
      expiresAtMs: meta.remainingMs === undefined ? undefined : clock.monotonicMs() + meta.remainingMs,
      expiresAtWallMs: meta.expiresAtMs,
    })
  }

  #takeRequest(frame: LinkFrame): void {
    const { wheel, state } = this.#core
    const arrivedMs = this.#arrivalMs()
    const incoming = new IncomingCall(this, frame, this.#ended)
    this.#incoming.add(incoming)
    if (frame.meta?.messageType === 'stream') this.#streams.set(keyOf(frame), incoming)
    if (state !== 'open') {
      // Another process may serve it.
      incoming.failure(serverClosed(frame.subject))
      return
    }
    try {
      const remainingMs = frame.meta?.remainingMs
      const deadlineAtMs = remainingMs === undefined ? Number.POSITIVE_INFINITY : arrivedMs + remainingMs
      if (remainingMs !== undefined) incoming.watch(wheel, deadlineAtMs)
      const ask = this.#askOf(frame, deadlineAtMs)
      sealPayload(frame.payload, this.#core.maxMessageBytes, frame.subject)
      this.#switchboard.serve(ask, deadlineAtMs, incoming, arrivedMs)
    } catch (error) {
      incoming.failure(asSwitchyardError(error))
    }
  }

  #askOf(frame: LinkFrame, deadlineAtMs: number): Ask {
    const meta = frame.meta ?? NO_META
    const kind: CallKind = meta.messageType === 'request' || meta.messageType === 'stream' ? meta.messageType : 'call'
    const envelope = kind === 'request' ? this.#envelopeOf(frame) : undefined
    return new ForeignAsk(this.#core.ids, frame, kind, this.#meta.originOf(meta), deadlineAtMs, envelope)
  }

  #takeAnswer(frame: LinkFrame): void {
    const outgoing = this.#outgoing.get(frame.call)
    if (outgoing?.expects(frame) === true) {
      // Nobody's code runs in here, so the call may end as of the time its answer came.
      this.#core.asOfMs = this.#arrivalMs()
      try {
        outgoing.take(frame)
      } finally {
        this.#core.asOfMs = undefined
      }
      return
    }
    this.#core.repliesDropped++
    this.#core.emit('reply-dropped', {
      reason: outgoing === undefined ? 'late' : 'foreign',
      subject: outgoing?.kept.subject ?? '',
      source: frame.source,
    })
  }

  #lost(peer: string): void {
    if (this.#isClosed) return
    for (const outgoing of this.#outgoing.toArray()) if (peer === '*' || outgoing.kept.peer === peer) outgoing.lose()
    for (const incoming of this.#incoming.toArray()) {
      if (peer === '*' || incoming.kept.peer === peer) incoming.cancel(linkLost(incoming.kept.subject))
    }
    this.#core.emit('link-lost', { peer })
  }

  /** Calls of other processes that are served here. */
  get serving(): number {
    return this.#incoming.size
  }

  stopServedBy(outlet: object, errorOf: (subject: string) => SwitchyardError): void {
    for (const incoming of this.#incoming.toArray()) incoming.refuseIfServedBy(outlet, errorOf)
  }

  async close(): Promise<void> {
    for (const incoming of this.#incoming.toArray()) incoming.cancel(busClosed('go on'))
    this.#isClosed = true
    this.#outgoing.clear()
    await this.#link.close()
  }
}

const keyOf = ({ peer, call }: Kept): string => `${peer} ${call}`

/** An identity's place on the link, and what waits until it has one. */
class Membership {
  readonly joined: Promise<void>
  isJoined = false
  handles = 1

  constructor(joined: Promise<void>) {
    this.joined = joined.then(() => {
      this.isJoined = true
    })
  }

  /** In the order in which it was asked for. */
  after(run: () => void, refused: (error: unknown) => void = () => {}): void {
    if (this.isJoined) run()
    else this.joined.then(run, refused)
  }
}
