import type { Grant } from '@switchyard/contracts'
import type { Link, LinkFrame, LinkInbox } from '../link.ts'
import { linkClosed, linkLost, noResponder } from './errors.ts'
import { failureFrame } from './failure-frame.ts'
import { createIdentities } from './identities.ts'
import { createInterest } from './interest.ts'
import { createListening } from './listening.ts'
import { createTurns } from './turns.ts'

/** Joins several buses of one process as if each had a process of its own. */
export interface MemoryNetwork {
  createLink(): Link
  /** Cuts all links; each comes back by itself, in a microtask. */
  disrupt(): void
}

interface Member {
  peer: string
  deliver(frame: LinkFrame): void
  peerLost(peer: string): void
  reachChanged(): void
  rejoin(): void
}

/** Frames are copied as JSON, so that nothing works here that would fail between processes. */
export function createMemoryNetwork(): MemoryNetwork {
  const interest = createInterest<Member>()
  const members = new Map<string, Member>()
  let joined = 0

  function announce(change: () => void): void {
    change()
    for (const member of members.values()) member.reachChanged()
  }

  function leave(member: Member): void {
    if (!members.delete(member.peer)) return
    announce(() => interest.drop(member))
    for (const other of members.values()) other.peerLost(member.peer)
  }

  function createLink(): Link {
    const identities = createIdentities()
    const listening = createListening()
    let inbox: LinkInbox | undefined
    const turn = createTurns<Member>()
    const member: Member = {
      peer: '',
      deliver: (frame) => later(() => inbox?.receive(frame)),
      peerLost: (peer) => later(() => inbox?.lost(peer)),
      reachChanged: () => later(() => inbox?.note?.({ type: 'reach' })),
      rejoin() {
        member.peer = `memory.${++joined}`
        members.set(member.peer, member)
        announce(() => {
          for (const { identity, want, pattern } of listening.all()) interest.add(member, identity, want, pattern)
        })
        later(() => inbox?.note?.({ type: 'connected', hub: false }))
      },
    }

    /** Never inside `send`, and in the order of the calls. */
    function later(work: () => void): void {
      queueMicrotask(work)
    }

    const others = (peers: readonly Member[]): Member[] => peers.filter((peer) => peer !== member)

    return {
      async open(to) {
        inbox = to
        member.rejoin()
      },
      async attach(identity, grant: Grant) {
        if (inbox === undefined) throw linkClosed()
        identities.attach(identity, grant)
      },
      detach(identity) {
        identities.detach(identity)
        for (const { want, pattern } of listening.forget(identity)) announce(() => interest.remove(member, identity, want, pattern))
      },
      listen(identity, want, pattern) {
        if (inbox === undefined) throw linkClosed()
        identities.checkListen(identity, want, pattern)
        return listening.add(
          { identity, want, pattern },
          () => announce(() => interest.add(member, identity, want, pattern)),
          () => announce(() => interest.remove(member, identity, want, pattern)),
        )
      },
      settled: () => Promise.resolve(),
      reaches: (topic) => others(interest.listeners(topic, '*')).length > 0,
      pick(subject) {
        return turn(subject, others(interest.servers(subject)))?.peer
      },
      send(frame) {
        if (inbox === undefined) throw linkClosed()
        identities.checkSend(frame.kind, frame.source, frame.subject)
        if (!members.has(member.peer)) {
          if (frame.kind === 'request') member.deliver(failureFrame(frame, linkLost(frame.subject)))
          return true
        }
        const copy: LinkFrame = { ...asJson(frame), peer: member.peer }
        if (frame.kind === 'publish') {
          for (const listener of others(interest.listeners(frame.subject, frame.destination)))
            listener.deliver({ ...copy, payload: asJson(copy.payload) })
          return true
        }
        const receiver = members.get(frame.peer)
        if (frame.kind === 'request' && receiver === undefined) member.deliver(failureFrame(frame, linkLost(frame.subject)))
        else if (frame.kind === 'request' && !interest.servers(frame.subject).includes(receiver as Member)) {
          member.deliver(failureFrame(frame, noResponder(frame.subject)))
        } else receiver?.deliver(copy)
        return true
      },
      ready: () => Promise.resolve(),
      async close() {
        inbox = undefined
        leave(member)
      },
    }
  }

  return {
    createLink,
    disrupt() {
      const cut = [...members.values()]
      for (const member of cut) {
        members.delete(member.peer)
        interest.drop(member)
        member.peerLost('*')
        member.reachChanged()
      }
      queueMicrotask(() => {
        for (const member of cut) member.rejoin()
      })
    },
  }
}

function asJson<value>(value: value): value {
  return value === undefined ? value : JSON.parse(JSON.stringify(value))
}
