import type { SwitchyardError } from '@switchyard/contracts'
import type { Alternative, Attempt, CallRequest, Run } from '@switchyard/resilience'
import type { CallOptions, MethodDescription } from './api.ts'
import { type Answering, Call } from './call.ts'
import type { Core } from './core.ts'
import type { Cause, Envelope } from './envelope.ts'
import {
  busClosed,
  cancelled,
  deadlineExceeded,
  duplicateMethod,
  noResponder,
  serverClosed,
  timedOut,
  tooManyPending,
  unknownMethod,
} from './errors.ts'
import type { Guarded, Guards } from './guards.ts'
import { type Ask, type CallKind, type Endpoint, Invocation, type Reply } from './invocation.ts'
import { List } from './list.ts'
import { sealPayload } from './payload.ts'
import { createTopicTrie } from './topic-trie.ts'

const TIMEOUT_MS = 30_000

/** Servers in other processes. */
export interface Elsewhere {
  /** The process whose turn it is to serve this subject. */
  pick(subject: string): string | undefined
  ask(call: Call, subject: string, peer: string, deadlineAtMs: number, reply: Reply): Answering
}

interface Served {
  readonly endpoints: Endpoint[]
  /** Whose turn it is. */
  turn: number
}

/** Calls and requests of one process: who serves what, and what is under way. */
export class Switchboard {
  readonly pending = new List<Call>()
  readonly #core: Core
  readonly #guards: Guards
  readonly #methods = new Map<string, Served>()
  /** Methods of a plugin that are served here. */
  readonly #plugins = new Map<string, Set<string>>()
  readonly #responders = createTopicTrie<Endpoint>()
  #turn = 0
  elsewhere: Elsewhere | undefined

  constructor(core: Core, guards: Guards) {
    this.#core = core
    this.#guards = guards
  }

  /** @throws DUPLICATE_METHOD */
  add(endpoint: Endpoint): void {
    if (endpoint.kind === 'responder') {
      this.#responders.add(endpoint.subject, endpoint)
      return
    }
    const served = this.#methods.get(endpoint.subject)
    if (served === undefined) this.#methods.set(endpoint.subject, { endpoints: [endpoint], turn: 0 })
    else if (served.endpoints.some(({ outlet }) => outlet === endpoint.outlet)) throw duplicateMethod(endpoint.subject)
    else served.endpoints.push(endpoint)
    const plugin = pluginOf(endpoint.subject)
    const methods = this.#plugins.get(plugin)
    if (methods === undefined) this.#plugins.set(plugin, new Set([endpoint.subject]))
    else methods.add(endpoint.subject)
  }

  /** Nothing new goes there; what it is working on is not touched. */
  remove(endpoint: Endpoint): void {
    if (endpoint.kind === 'responder') {
      this.#responders.remove(endpoint.subject, endpoint)
      return
    }
    const served = this.#methods.get(endpoint.subject)
    const index = served?.endpoints.indexOf(endpoint) ?? -1
    if (served === undefined || index < 0) return
    served.endpoints.splice(index, 1)
    if (served.endpoints.length > 0) return
    this.#methods.delete(endpoint.subject)
    const plugin = pluginOf(endpoint.subject)
    const methods = this.#plugins.get(plugin)
    methods?.delete(endpoint.subject)
    if (methods?.size === 0) this.#plugins.delete(plugin)
  }

  get methods(): string[] {
    return [...this.#methods.keys()].filter((method) => !isInternal(method))
  }

  /** What is served here under this method or plugin name. */
  describe(name: string): MethodDescription[] {
    const methods = this.#plugins.get(name) ?? [name]
    return [...methods].flatMap((method) => {
      if (isInternal(method)) return []
      const served = this.#methods.get(method)
      if (served === undefined) return []
      return [{ method, servers: served.endpoints.length, description: served.endpoints[0]!.options.description ?? {} }]
    })
  }

  /** Begins a call; it has ended already when whatever answers it did so at once. @throws what is wrong before it can begin */
  start(
    owner: { readonly identity: string },
    cause: Cause | undefined,
    kind: CallKind,
    subject: string,
    input: unknown,
    envelope: Envelope | undefined,
    options: CallOptions | undefined,
    isElsewhere = false,
  ): Call {
    const core = this.#core
    const signal = options?.signal
    if (signal?.aborted === true) throw cancelled(subject, signal.reason)
    if (this.pending.size >= core.maxPending) throw tooManyPending(core.maxPending)
    if (envelope === undefined) sealPayload(input, core.maxMessageBytes, subject)
    const guarded = kind === 'request' ? undefined : this.#guards.of(subject)
    const defaultTimeoutMs = guarded === undefined ? TIMEOUT_MS : Number.POSITIVE_INFINITY
    const call = new Call(core, this.pending, owner, cause, kind, subject, input, envelope, options, defaultTimeoutMs)
    if (call.deadlineAtMs <= call.startedMs)
      throw cause === undefined || (options?.timeoutMs ?? 1) <= 0 ? timedOut(subject, 0) : deadlineExceeded(subject)
    if (guarded === undefined) {
      this.#dispatch(call, subject, call.deadlineAtMs, call, undefined, isElsewhere)
      if (!call.ended) call.wait(true)
    } else {
      call.run = this.#startGuarded(call, guarded, options)
      if (!call.ended) call.wait(false)
    }
    // A handler may have closed the bus before the call stood among those that are told.
    if (!call.ended && core.state === 'closed') call.stop(busClosed(`call "${subject}"`))
    return call
  }

  #startGuarded(call: Call, { guard, rule, alternatives }: Guarded, options: CallOptions | undefined): Run {
    const request: CallRequest<unknown> = {
      deadlineAtMs: call.deadlineAtMs,
      nowMs: call.startedMs,
      effect: rule.effect ?? 'write',
    }
    if (rule.options?.cache !== undefined) request.cacheKey = [call.subject, call.input ?? null]
    if (rule.idempotent !== undefined) request.idempotent = rule.idempotent
    if (alternatives.length > 0) request.alternatives = alternatives.map((method) => this.#alternative(call, method))
    if (options !== undefined && 'defaultValue' in options) request.defaultValue = options.defaultValue
    return guard.start(
      (attempt) => this.#attempt(call, call.subject, attempt),
      request,
      (value, run) => {
        call.run = run
        call.result(value)
      },
      (error, run) => {
        call.run = run
        call.failure(error)
        call.answering?.abandon(error)
      },
    )
  }

  #alternative(call: Call, method: string): Alternative<unknown> {
    return { name: method, call: (attempt) => this.#attempt(call, method, attempt) }
  }

  #attempt(call: Call, subject: string, attempt: Attempt): unknown {
    // An attempt before this one that ran out of time may still be at work.
    call.answering?.abandon(timedOut(subject, 0))
    const reply = new AttemptReply(call)
    this.#dispatch(call, subject, attempt.deadlineAtMs, reply, attempt)
    return reply.outcome()
  }

  #dispatch(call: Call, subject: string, deadlineAtMs: number, reply: Reply, attempt: Attempt | undefined, isElsewhere = false): void {
    const endpoint = isElsewhere ? undefined : this.#local(call, subject)
    if (call.kind === 'stream') deadlineAtMs = call.causeDeadlineAtMs
    if (endpoint !== undefined) {
      const invocation = new Invocation(this.#core, endpoint, call, deadlineAtMs, reply, attempt)
      call.answering = invocation
      invocation.run()
      return
    }
    const peer = this.elsewhere?.pick(subject)
    if (peer === undefined) {
      reply.failure(this.#nobody(call, subject))
      return
    }
    call.answering = this.elsewhere!.ask(call, subject, peer, deadlineAtMs, reply)
  }

  #local(call: Ask, subject: string): Endpoint | undefined {
    if (call.envelope !== undefined) return this.#responder(call.envelope)
    const served = this.#methods.get(subject)
    if (served === undefined) return undefined
    const { endpoints } = served
    if (endpoints.length === 1) return endpoints[0]
    served.turn = (served.turn + 1) % endpoints.length
    return endpoints[served.turn]
  }

  #responder({ topic, terms: { destination } }: Envelope): Endpoint | undefined {
    let found = this.#responders.match(topic)
    if (destination !== '*') found = found.filter(({ outlet }) => outlet.identity === destination)
    if (found.length < 2) return found[0]
    this.#turn = (this.#turn + 1) % found.length
    return found[this.#turn]
  }

  #nobody(call: Ask, subject: string): SwitchyardError {
    if (call.envelope !== undefined) {
      const { destination } = call.envelope.terms
      return noResponder(subject, destination === '*' ? undefined : destination)
    }
    const known = this.#plugins.get(pluginOf(subject))
    if (known === undefined && this.elsewhere?.pick(describeMethod(pluginOf(subject))) !== undefined) return unknownMethod(subject, [])
    return known === undefined
      ? noResponder(subject)
      : unknownMethod(
          subject,
          [...known].filter((method) => !isInternal(method)),
        )
  }

  /** A call of another process, which came in at `arrivedMs`; the reply is told who works on it, before it does. */
  serve(ask: Ask, deadlineAtMs: number, reply: Reply & { begin(invocation: Invocation): void }, arrivedMs: number): void {
    const endpoint = this.#local(ask, ask.subject)
    if (endpoint === undefined) {
      reply.failure(this.#nobody(ask, ask.subject))
      return
    }
    const invocation = new Invocation(this.#core, endpoint, ask, deadlineAtMs, reply, undefined)
    reply.begin(invocation)
    invocation.run(arrivedMs)
  }

  /** Ends all calls that this handle made. */
  stopCallsOf(owner: object, error: SwitchyardError): void {
    for (const call of this.pending.toArray()) if (call.owner === owner) call.stop(error)
  }

  /** Ends all calls that this server is still working on. */
  stopServedBy(outlet: object): void {
    for (const call of this.pending.toArray()) {
      const { answering } = call
      if (!(answering instanceof Invocation) || answering.endpoint.outlet !== outlet) continue
      const error = serverClosed(call.subject)
      answering.refuse(error)
    }
  }
}

/**
 * The outcome of one guarded attempt, as the guard wants it: a value at once, or something with a `then`. A promise of its own
 * would cost a turn of the microtask queue a call, and the guard listens once.
 */
class AttemptReply implements Reply {
  readonly #call: Call
  #settled = false
  #value: unknown = undefined
  #error: SwitchyardError | undefined = undefined
  #onValue: ((value: unknown) => void) | undefined = undefined
  #onError: ((error: unknown) => void) | undefined = undefined

  constructor(call: Call) {
    this.#call = call
  }

  result(value: unknown): void {
    this.#settled = true
    if (this.#onValue === undefined) this.#value = value
    else this.#onValue(value)
  }

  failure(error: SwitchyardError): void {
    this.#settled = true
    if (this.#onError === undefined) this.#error = error
    else this.#onError(error)
  }

  progress(value: unknown): void {
    this.#call.progress(value)
  }

  outcome(): unknown {
    if (this.#error !== undefined) throw this.#error
    return this.#settled ? this.#value : this
  }

  // biome-ignore lint/suspicious/noThenProperty: it is what a guard awaits
  then(onValue: (value: unknown) => void, onError: (error: unknown) => void): void {
    this.#onValue = onValue
    this.#onError = onError
  }
}

/** How other processes ask what a plugin serves. */
export const describeMethod = (plugin: string): string => `${plugin}.rpc.describe`

const isInternal = (method: string): boolean => method === describeMethod(pluginOf(method))

/** `ops` of `ops.health.scan`. */
export function pluginOf(method: string): string {
  const dot = method.indexOf('.')
  return dot < 0 ? method : method.slice(0, dot)
}
