import { createInterest, type Interest, type Want } from './interest.ts'
import { createTurns } from './turns.ts'
import { LANES } from './wire.ts'

/** What one process knows of the others: who there is, under which number, and what each listens to. */
export interface Reach {
  reaches(topic: string): boolean
  pick(subject: string): string | undefined
  /** The hub's number of a process, undefined when there is none of the name. */
  numberOf(peer: string): number | undefined
  know(peer: string): void
  hear(change: InterestChange): void
  /** Takes one notice that a peer is gone; they come once a lane, each behind its last frame there. */
  lose(peer: string): 'first' | 'more to come' | 'last'
  /** Nobody is known any more. */
  clear(): void
}

/** The body of an `interest` frame. */
export type InterestChange = readonly [peer: string, ...(readonly [identity: string, want: Want, pattern: string, on: boolean])[]]

export function createReach(): Reach {
  const turn = createTurns<string>()
  let interest: Interest<string> = createInterest()
  let numbers = new Map<string, number>()
  let losing = new Map<string, number>()

  function know(peer: string): void {
    if (!numbers.has(peer)) numbers.set(peer, Number(peer.slice(peer.lastIndexOf('.') + 1)))
  }

  return {
    reaches: (topic) => interest.listeners(topic, '*').length > 0,
    pick: (subject) => turn(subject, interest.servers(subject)),
    numberOf: (peer) => numbers.get(peer),
    know,
    hear([peer, ...changes]) {
      know(peer)
      for (const [identity, want, pattern, on] of changes) {
        if (on) interest.add(peer, identity, want, pattern)
        else interest.remove(peer, identity, want, pattern)
      }
    },
    lose(peer) {
      const came = (losing.get(peer) ?? 0) + 1
      losing.set(peer, came)
      if (came === 1) interest.drop(peer)
      if (came < LANES.length) return came === 1 ? 'first' : 'more to come'
      losing.delete(peer)
      numbers.delete(peer)
      return 'last'
    },
    clear() {
      interest = createInterest()
      numbers = new Map()
      losing = new Map()
    },
  }
}
