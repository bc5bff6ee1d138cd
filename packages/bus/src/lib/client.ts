import { type Grant, isTopicPattern, type SwitchyardError } from '@switchyard/contracts'
import type {
  BusClient,
  CallAnswer,
  CallOptions,
  MessageHandler,
  MethodDescription,
  MethodHandler,
  PublishOptions,
  RequestOptions,
  ServeOptions,
  StreamOptions,
  SubscribeOptions,
  Subscription,
} from './api.ts'
import type { Call } from './call.ts'
import type { Outlet } from './context.ts'
import type { Core } from './core.ts'
import type { DurableLog } from './durable.ts'
import { subscribeDurably } from './durable-topics.ts'
import { type Cause, REQUEST_TERMS } from './envelope.ts'
import { busClosed, forbidden, invalid, invalidPattern, serverClosed } from './errors.ts'
import type { Exchange } from './exchange.ts'
import { EVERYTHING, mayCall, mayHear, mayPublish, mayServe } from './grant.ts'
import type { Endpoint } from './invocation.ts'
import { Mailbox } from './mailbox.ts'
import { Recent } from './recent.ts'
import type { Remote } from './remote.ts'
import type { Source } from './route.ts'
import { StreamReader } from './stream-reader.ts'
import { checkSubscription } from './subscription-options.ts'
import { describeMethod, pluginOf, type Switchboard } from './switchboard.ts'

const GRANTED = 4_096

/** The parts of a bus that its handles reach. */
export interface Parts {
  readonly core: Core
  readonly exchange: Exchange
  readonly switchboard: Switchboard
  readonly readers: Set<StreamReader>
  readonly closed: (client: Client) => void
  readonly remote: Remote | undefined
  readonly log: DurableLog | undefined
}

/** One handle: who it is, what it may do, and what it has open. */
export class Client implements BusClient, Outlet {
  readonly identity: string
  readonly #parts: Parts
  readonly #source: Source
  readonly #grant: Grant | undefined
  readonly #mayObserve: boolean
  /** Answers of the grant, by what was asked. */
  readonly #granted = new Recent<string, boolean>(GRANTED)
  readonly #mailboxes = new Set<Mailbox>()
  readonly #endpoints = new Map<Endpoint, () => void>()
  readonly #durables = new Set<(drainMs?: number) => Promise<void>>()
  #isClosed = false
  #isDescribed = false
  #isShut = false
  #closing: Promise<void> | undefined

  constructor(parts: Parts, source: Source, grant: Grant | undefined, mayObserve: boolean) {
    this.#parts = parts
    this.#source = source
    this.identity = source.identity
    this.#grant = grant
    this.#mayObserve = mayObserve
  }

  get monotonicMs(): () => number {
    return this.#parts.core.clock.monotonicMs
  }

  publish(topic: string, payload?: unknown, options?: PublishOptions): Promise<void> {
    return this.publishFor(undefined, topic, payload, options)
  }

  request(topic: string, payload?: unknown, options?: RequestOptions): Promise<unknown> {
    return this.requestFor(undefined, topic, payload, options)
  }

  call(method: string, input?: unknown, options?: CallOptions): Promise<unknown> {
    return this.callFor(undefined, method, input, options)
  }

  callDetailed(method: string, input?: unknown, options?: CallOptions): Promise<CallAnswer> {
    return this.callDetailedFor(undefined, method, input, options)
  }

  stream(method: string, input?: unknown, options?: StreamOptions): AsyncIterableIterator<unknown> {
    return this.streamFor(undefined, method, input, options)
  }

  publishFor(cause: Cause | undefined, topic: string, payload: unknown, options: PublishOptions | undefined): Promise<void> {
    const { core, exchange } = this.#parts
    try {
      if (this.#isClosed || core.state !== 'open') this.#assertOpen('publish', cause)
      if (this.#grant !== undefined) this.#assertGranted('publish', topic, mayPublish)
      return exchange.publish(this.#source, cause, topic, payload, options)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  requestFor(cause: Cause | undefined, topic: string, payload: unknown, options: RequestOptions | undefined): Promise<unknown> {
    const { exchange, switchboard } = this.#parts
    try {
      this.#assertOpen('request', cause)
      if (this.#grant !== undefined) this.#assertGranted('request', topic, mayCall)
      const envelope = exchange.envelope(this.#source, this.#source.route(topic), cause, payload, envelopeOptions(options), REQUEST_TERMS)
      return switchboard.start(this, cause, 'request', topic, payload, envelope, options).promise()
    } catch (error) {
      return Promise.reject(error)
    }
  }

  callFor(cause: Cause | undefined, method: string, input: unknown, options: CallOptions | undefined): Promise<unknown> {
    const { core, switchboard } = this.#parts
    try {
      if (this.#isClosed || core.state !== 'open') this.#assertOpen('call', cause)
      if (this.#grant !== undefined) this.#assertGranted('call', method, mayCall)
      return switchboard.start(this, cause, 'call', method, input, undefined, options).promise()
    } catch (error) {
      return Promise.reject(error)
    }
  }

  async callDetailedFor(cause: Cause | undefined, method: string, input: unknown, options: CallOptions | undefined): Promise<CallAnswer> {
    this.#assertOpen('call', cause)
    if (this.#grant !== undefined) this.#assertGranted('call', method, mayCall)
    return this.#parts.switchboard.start(this, cause, 'call', method, input, undefined, options).detailed()
  }

  streamFor(cause: Cause | undefined, method: string, input: unknown, options: StreamOptions = {}): AsyncIterableIterator<unknown> {
    const { core, switchboard, readers } = this.#parts
    let call: Call | undefined
    return new StreamReader({
      subject: method,
      wheel: core.wheel,
      monotonicMs: core.clock.monotonicMs,
      timeoutMs: options.timeoutMs ?? 30_000,
      signal: options.signal,
      owner: this,
      readers,
      ended: () => core.ended(),
      open: async () => {
        this.#assertOpen('stream', cause)
        if (this.#grant !== undefined) this.#assertGranted('call', method, mayCall)
        call = switchboard.start(this, cause, 'stream', method, input, undefined, options)
        return call.promise()
      },
      stopOpening: (error) => call?.stop(error),
    })
  }

  subscribe(pattern: string, handler: MessageHandler, options: SubscribeOptions = {}): Subscription {
    this.#assertOpen('subscribe', undefined)
    this.#assertPattern('subscribe', pattern)
    if (typeof handler !== 'function') throw invalid('subscribe', `the handler must be a function: it is a ${typeof handler}`)
    checkSubscription(pattern, options)
    if (options.observe === true && !this.#mayObserve) throw forbidden(this.identity, 'observe what is directed to others')
    const { name } = options
    if (name !== undefined) return this.#subscribeDurably(pattern, handler, { ...options, name })
    const { core, exchange, remote } = this.#parts
    const mailbox = new Mailbox(core, this, pattern, handler, options, exchange.schedule, exchange.crowd)
    this.#mailboxes.add(mailbox)
    exchange.add(mailbox)
    const stopListening = remote?.listen(this.identity, 'topic', pattern)
    return {
      close: async () => {
        stopListening?.()
        if (this.#mailboxes.delete(mailbox)) exchange.remove(mailbox)
      },
      stats: () => mailbox.counts,
    }
  }

  #subscribeDurably(pattern: string, handler: MessageHandler, options: SubscribeOptions & { name: string }): Subscription {
    const { core, log, remote } = this.#parts
    if (log === undefined) throw invalid(`subscribe as "${options.name}"`, 'a name needs a bus with durable topics')
    const counts = { delivered: 0, failed: 0 }
    const counted: MessageHandler = async (payload, message, context) => {
      counts.delivered++
      try {
        return await handler(payload, message, context)
      } catch (error) {
        counts.failed++
        throw error
      }
    }
    const subscription = subscribeDurably(core, log, this, pattern, counted, options)
    // What comes in there is only a hint to look into the log.
    const stopListening = remote?.listen(this.identity, 'topic', pattern)
    const close = async (drainMs?: number): Promise<void> => {
      stopListening?.()
      this.#durables.delete(close)
      await subscription.close(drainMs)
    }
    this.#durables.add(close)
    const { identity } = this
    return {
      close: () => close(),
      stats: () => ({
        pattern,
        identity,
        ...counts,
        expired: 0,
        dropped: 0,
        running: 0,
        waiting: 0,
        oldestMs: 0,
        waitingBytes: 0,
        fill: 0,
      }),
    }
  }

  respond(pattern: string, handler: MessageHandler): () => void {
    this.#assertOpen('respond', undefined)
    this.#assertPattern('respond', pattern)
    return this.#open({ kind: 'responder', subject: pattern, outlet: this, handler, options: {}, running: 0 })
  }

  serve(method: string, handler: MethodHandler, options: ServeOptions = {}): () => void {
    this.#assertOpen('serve', undefined)
    if (typeof method !== 'string' || !isMethod(method)) {
      throw invalid('serve', `a method is a plugin's name and words behind dots, such as "ops.health.scan": ${String(method)}`)
    }
    if (!mayServe(this.identity, this.#grant ?? EVERYTHING, method)) throw forbidden(this.identity, `serve "${method}"`)
    const stop = this.#open({ kind: 'method', subject: method, outlet: this, handler, options, running: 0 })
    this.#describeItself()
    return stop
  }

  /** Lets other processes ask what this plugin serves. */
  #describeItself(): void {
    const { remote, switchboard } = this.#parts
    if (remote === undefined || this.#isDescribed) return
    this.#isDescribed = true
    this.#open({
      kind: 'method',
      subject: describeMethod(this.identity),
      outlet: this,
      handler: () => switchboard.describe(this.identity),
      options: {},
      running: 0,
    })
  }

  #open(endpoint: Endpoint): () => void {
    if (typeof endpoint.handler !== 'function') throw invalid('serve', `the handler must be a function: it is a ${typeof endpoint.handler}`)
    const { switchboard, remote } = this.#parts
    switchboard.add(endpoint)
    const stopListening = remote?.listen(this.identity, 'request', endpoint.subject)
    const stop = (): void => {
      stopListening?.()
      switchboard.remove(endpoint)
    }
    this.#endpoints.set(endpoint, stop)
    return () => {
      stop()
      // It stays known while it works, so that a drain waits for it.
      if (endpoint.running === 0) this.#endpoints.delete(endpoint)
    }
  }

  async describe(name: string): Promise<readonly MethodDescription[]> {
    this.#assertOpen('describe', undefined)
    const { switchboard, remote } = this.#parts
    const here = switchboard.describe(name)
    const method = describeMethod(pluginOf(name))
    const peer = remote?.pick(method)
    if (peer === undefined || (here.length > 0 && name.includes('.'))) return here
    const there = (await switchboard
      .start(this, undefined, 'call', method, undefined, undefined, undefined, true)
      .promise()) as MethodDescription[]
    const known = new Set(here.map((described) => described.method))
    return [...here, ...there.filter((described) => !known.has(described.method) && (described.method === name || pluginOf(name) === name))]
  }

  /** Handlers of calls at work for this handle. */
  get serving(): number {
    let running = 0
    for (const endpoint of this.#endpoints.keys()) running += endpoint.running
    return running
  }

  get mailboxes(): Iterable<Mailbox> {
    return this.#mailboxes
  }

  close({ drainMs = 5_000 }: { drainMs?: number } = {}): Promise<void> {
    this.#closing ??= this.#close(drainMs)
    return this.#closing
  }

  async #close(drainMs: number): Promise<void> {
    const { core } = this.#parts
    this.#isClosed = true
    for (const stop of this.#endpoints.values()) stop()
    if (this.#durables.size > 0) await Promise.all([...this.#durables].map((closeDurable) => closeDurable(drainMs)))
    if (this.serving > 0 && core.state !== 'closed') await core.until(() => this.serving === 0, drainMs)
    this.shut(busClosed('go on', 'handle'))
  }

  /** Lets go of everything, now. */
  shut(error: SwitchyardError): void {
    const { core, exchange, switchboard, readers, closed, remote } = this.#parts
    if (this.#isShut) return
    this.#isShut = true
    this.#isClosed = true
    this.#closing ??= Promise.resolve()
    for (const stop of this.#endpoints.values()) stop()
    for (const mailbox of this.#mailboxes) exchange.remove(mailbox)
    this.#mailboxes.clear()
    switchboard.stopCallsOf(this, error)
    switchboard.stopServedBy(this)
    remote?.stopServedBy(this, serverClosed)
    remote?.leave(this.identity)
    for (const reader of readers) {
      if (reader.owner === this) reader.stop(error)
      else if (reader.server === this) reader.stop(serverClosed(reader.subject))
    }
    this.#endpoints.clear()
    closed(this)
    core.ended()
  }

  #assertOpen(action: string, cause: Cause | undefined): void {
    if (this.#isClosed) throw busClosed(action, 'handle')
    const refusal = this.#parts.core.refusal(action, cause !== undefined)
    if (refusal !== undefined) throw refusal
  }

  #assertPattern(action: string, pattern: string): void {
    if (typeof pattern !== 'string' || !isTopicPattern(pattern)) throw invalidPattern(action, pattern)
    if (this.#grant !== undefined) this.#assertGranted('hear', pattern, mayHear)
  }

  #assertGranted(what: string, subject: string, may: (grant: Grant, subject: string) => boolean): void {
    const key = `${what} ${subject}`
    let granted = this.#granted.get(key)
    if (granted === undefined) {
      granted = typeof subject === 'string' && may(this.#grant!, subject)
      this.#granted.set(key, granted)
    }
    if (!granted) throw forbidden(this.identity, `${what} "${subject}"`)
  }
}

function isMethod(method: string): boolean {
  return method.length <= 500 && /^[^\s/.*]+(\.[^\s/.*]+)+$/.test(method)
}

function envelopeOptions(options: RequestOptions | undefined): PublishOptions | undefined {
  if (options === undefined) return undefined
  const { destination, priority, headers, correlationId, idempotencyKey } = options
  return {
    ...(destination !== undefined && { destination }),
    ...(priority !== undefined && { priority }),
    ...(headers !== undefined && { headers }),
    ...(correlationId !== undefined && { correlationId }),
    ...(idempotencyKey !== undefined && { idempotencyKey }),
  }
}
