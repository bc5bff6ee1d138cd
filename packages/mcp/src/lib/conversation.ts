import { randomUUID } from 'node:crypto'
import { type Clock, systemClock } from '@switchyard/contracts'
import type { Progress } from '@switchyard/plugin-kit'
import type { JsonSchema } from './json-schema.ts'

/** What a person is asked to fill in. */
export interface Form {
  readonly message: string
  /** A flat object of texts, numbers, booleans and closed sets. */
  readonly schema: JsonSchema
}

/** What the person made of it; declined and cancelled are answers too. */
export type Reply =
  | { readonly action: 'accept'; readonly content: Readonly<Record<string, unknown>> }
  | { readonly action: 'decline' | 'cancel' }

/** One request of the client: the first of a conversation, or one that brings a reply. */
export interface Leg {
  readonly signal: AbortSignal
  /** Whether the request is still under way while a form of it waits, so that whoever ends it cancels the form. @default false */
  readonly outlastsForms?: boolean
  progress(progress: Progress): void
}

/** What the work is given. */
export interface Talk {
  /** Aborted when any leg is. */
  readonly signal: AbortSignal
  /** Reaches whichever leg is under way. */
  progress(progress: Progress): void
  /** Ends the leg that is under way with a form; resolves with the reply of the next. Nobody who answers in time counts as cancelled. */
  ask(form: Form): Promise<Reply>
}

export type Turn<result> =
  | { readonly kind: 'done'; readonly result: result }
  | { readonly kind: 'asks'; readonly form: Form; readonly ticket: string }

/** Works that stop to ask, each going on where it stopped when the client comes back with the reply. */
export interface Conversations<result> {
  start(leg: Leg, work: (talk: Talk) => Promise<result>): Promise<Turn<result>>
  /** True for the ticket of a form that waits for its reply. */
  knows(ticket: string): boolean
  /** A ticket is good for one reply. Undefined where it is none that waits. */
  resume(ticket: string, reply: Reply, leg: Leg): Promise<Turn<result>> | undefined
  /** Cancels all that wait. */
  close(): void
}

export interface ConversationsOptions {
  clock?: Clock
  /** How long a person has for one form. @default 600_000 */
  patienceMs?: number
  /** Forms that wait at most; the oldest is cancelled for a new one. @default 64 */
  maxWaiting?: number
}

interface Waiting<result> {
  settle(reply: Reply): void
  next(leg: Leg): Promise<Turn<result>>
}

export function createConversations<result>({
  clock = systemClock,
  patienceMs = 600_000,
  maxWaiting = 64,
}: ConversationsOptions = {}): Conversations<result> {
  const waiting = new Map<string, Waiting<result>>()

  return {
    start(leg, work) {
      const controller = new AbortController()
      let current = leg
      let turn = Promise.withResolvers<Turn<result>>()
      let unfollow = (): void => {}

      const next = (one: Leg): Promise<Turn<result>> => {
        unfollow()
        current = one
        turn = Promise.withResolvers()
        follow(one)
        return turn.promise
      }
      follow(leg)
      work({ signal: controller.signal, progress: (progress) => current.progress(progress), ask }).then(
        (result) => turn.resolve({ kind: 'done', result }),
        (error: unknown) => turn.reject(error),
      )
      return turn.promise

      /** A leg that has been answered may end however it likes. */
      function follow({ signal }: Leg): void {
        const abort = (): void => controller.abort(signal.reason)
        if (signal.aborted) abort()
        signal.addEventListener('abort', abort, { once: true })
        unfollow = () => signal.removeEventListener('abort', abort)
      }

      function ask(form: Form): Promise<Reply> {
        const ticket = randomUUID()
        const { promise, resolve } = Promise.withResolvers<Reply>()
        const settle = (reply: Reply): void => {
          waiting.delete(ticket)
          stop()
          resolve(reply)
        }
        if (controller.signal.aborted) return Promise.resolve({ action: 'cancel' })
        const stop = clock.after(patienceMs, () => settle({ action: 'cancel' }))
        controller.signal.addEventListener('abort', () => settle({ action: 'cancel' }), { once: true })
        waiting.set(ticket, { settle, next })
        if (current.outlastsForms !== true) unfollow()
        if (waiting.size > maxWaiting) waiting.values().next().value?.settle({ action: 'cancel' })
        turn.resolve({ kind: 'asks', form, ticket })
        return promise
      }
    },
    knows: (ticket) => waiting.has(ticket),
    resume(ticket, reply, leg) {
      const found = waiting.get(ticket)
      if (found === undefined) return undefined
      const turn = found.next(leg)
      found.settle(reply)
      return turn
    },
    close() {
      for (const { settle } of [...waiting.values()]) settle({ action: 'cancel' })
    },
  }
}
