import type { Grant } from '@switchyard/contracts'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Link, LinkEvent, LinkFrame } from '../link.ts'

/** What an implementation gives to `linkContract`: links that meet one another, and a way to cut them. */
export interface LinkFixture {
  createLink(): Link
  /** Cuts every link for a moment, as the death of a hub does. */
  disrupt(): void | Promise<void>
  close(): Promise<void>
}

const EVERYTHING: Grant = { publish: ['**'], hear: ['**'], call: ['*'] }

/** The rules of `Link`, for any implementation: call it in a test file of yours. */
export function linkContract(name: string, setUp: () => Promise<LinkFixture>): void {
  describe(`${name} keeps the contract of a link`, () => {
    let fixture: LinkFixture
    let ends: End[]

    beforeEach(async () => {
      fixture = await setUp()
      ends = []
    })
    afterEach(async () => {
      await Promise.all(ends.map((end) => end.link.close()))
      await fixture.close()
    })

    async function join(identity: string, grant: Grant = EVERYTHING): Promise<End> {
      const end = createEnd(fixture.createLink())
      ends.push(end)
      await end.link.open(end)
      await end.link.attach(identity, grant)
      return end
    }

    it('[L1] delivers what one sender publishes in order and once', async () => {
      const [sender, receiver] = [await join('a'), await join('b')]
      receiver.link.listen('b', 'topic', 'count/*')
      await sender.until(() => sender.link.reaches('count/up'))
      for (let index = 0; index < 2_000; index++) sender.link.send(publish('a', 'count/up', index))
      await receiver.until(() => receiver.frames.length >= 2_000)
      expect(receiver.frames.map((frame) => frame.payload)).toEqual(Array.from({ length: 2_000 }, (_, index) => index))
    })

    it('[L1] delivers the frames of one call in order', async () => {
      const [caller, server] = [await join('a'), await join('b')]
      server.link.listen('b', 'request', 'b.run')
      await caller.until(() => caller.link.pick('b.run') !== undefined)
      caller.link.send(request('a', 'b.run', caller.link.pick('b.run'), 7))
      await server.until(() => server.frames.length === 1)
      const peer = server.frames[0]!.peer
      for (let index = 0; index < 300; index++) server.link.send(answer('b', 'chunk', peer, 7, index))
      server.link.send(answer('b', 'end', peer, 7, undefined))
      await caller.until(() => caller.frames.length === 301)
      expect(caller.frames.map((frame) => frame.payload)).toEqual([...Array.from({ length: 300 }, (_, index) => index), undefined])
      expect(caller.frames.every((frame) => frame.call === 7)).toBe(true)
    })

    it('[L1] keeps all fields of a frame', async () => {
      const [sender, receiver] = [await join('a'), await join('b')]
      receiver.link.listen('b', 'topic', 'x')
      await sender.until(() => sender.link.reaches('x'))
      const meta = { messageId: 'm1', sequence: 3, remainingMs: 12, headers: { traceparent: '00-a-b-01', über: '☃' } }
      const plain = {
        origin: '0123456789ab4def8abc',
        number: 2 ** 40,
        trace: 7,
        messageType: 'event',
        sentAtMs: 1_790_000_000_000,
        sequence: 3,
      }
      const payloads = [undefined, null, 0, '', 'é', '☃'.repeat(300), { a: [1, { b: null }] }, 'z'.repeat(200_000)]
      for (const payload of payloads) sender.link.send({ ...publish('a', 'x', payload), destination: 'b', priority: 3, meta })
      for (const payload of payloads) sender.link.send({ ...publish('a', 'x', payload), meta: plain })
      sender.link.send({ ...publish('a', 'x', 'bare'), destination: 'b', priority: 3 })
      await receiver.until(() => receiver.frames.some((frame) => frame.payload === 'bare'))
      expect(receiver.frames.map((frame) => frame.payload)).toEqual([...payloads, ...payloads, 'bare'])
      expect(receiver.frames[payloads.length]?.meta).toEqual(plain)
      const { payload: _, peer, ...rest } = receiver.frames[0]!
      expect(rest).toEqual({ kind: 'publish', source: 'a', destination: 'b', subject: 'x', call: 0, priority: 3, meta })
      expect(peer).not.toBe('')
      expect(receiver.frames.at(-1)?.meta).toBeUndefined()
    })

    it('[L1] keeps the numbers of calls up to 2^48', async () => {
      const [caller, server] = [await join('a'), await join('b')]
      server.link.listen('b', 'request', 'b.run')
      await caller.until(() => caller.link.pick('b.run') !== undefined)
      const calls = [1, 2 ** 32 - 1, 2 ** 32, 2 ** 48 - 1]
      for (const call of calls) caller.link.send(request('a', 'b.run', caller.link.pick('b.run'), call))
      await server.until(() => server.frames.length === calls.length)
      expect(server.frames.map((frame) => frame.call)).toEqual(calls)
    })

    it('[L2] names the identity and the process that sent a frame', async () => {
      const [one, two, receiver] = [await join('same'), await join('same'), await join('b')]
      receiver.link.listen('b', 'topic', 'x')
      await one.until(() => one.link.reaches('x'))
      await two.until(() => two.link.reaches('x'))
      one.link.send(publish('same', 'x', 1))
      two.link.send(publish('same', 'x', 2))
      await receiver.until(() => receiver.frames.length === 2)
      expect(receiver.frames.map((frame) => frame.source)).toEqual(['same', 'same'])
      expect(new Set(receiver.frames.map((frame) => frame.peer)).size).toBe(2)
    })

    it('[L2] refuses to send in the name of an identity that is not attached', async () => {
      const sender = await join('a')
      expect(() => sender.link.send(publish('b', 'x', 1))).toThrow(expect.objectContaining({ code: 'FORBIDDEN' }))
      sender.link.detach('a')
      expect(() => sender.link.send(publish('a', 'x', 1))).toThrow(expect.objectContaining({ code: 'FORBIDDEN' }))
    })

    it('[L3] publishes to each listening process once and not to the sender', async () => {
      const [sender, one, two, deaf] = [await join('a'), await join('b'), await join('c'), await join('d')]
      sender.link.listen('a', 'topic', '**')
      one.link.listen('b', 'topic', 'plugin/*')
      one.link.listen('b', 'topic', '**')
      two.link.listen('c', 'topic', 'plugin/**')
      const stop = deaf.link.listen('d', 'topic', 'plugin/x')
      await sender.until(() => sender.link.reaches('plugin/x'))
      stop()
      for (const end of [sender, one, two, deaf]) await end.settle()
      sender.link.send(publish('a', 'plugin/x', 'once'))
      sender.link.send(publish('a', 'last', 'mark'))
      await one.until(() => one.frames.length === 2)
      await two.until(() => two.frames.length === 1)
      expect(one.frames.map((frame) => frame.payload)).toEqual(['once', 'mark'])
      expect(two.frames.map((frame) => frame.payload)).toEqual(['once'])
      expect([sender.frames, deaf.frames]).toEqual([[], []])
    })

    it('[L3] delivers a directed publish only where its destination listens', async () => {
      const [sender, one, two] = [await join('a'), await join('b'), await join('c')]
      one.link.listen('b', 'topic', '**')
      two.link.listen('c', 'topic', '**')
      for (const end of [one, two]) await end.settle()
      sender.link.send({ ...publish('a', 'x', 'for c'), destination: 'c' })
      sender.link.send(publish('a', 'x', 'for all'))
      await one.until(() => one.frames.length > 0)
      await two.until(() => two.frames.length === 2)
      expect(one.frames.map((frame) => frame.payload)).toEqual(['for all'])
      expect(two.frames.map((frame) => frame.payload)).toEqual(['for c', 'for all'])
    })

    it('[L3] reaches says whether another process listens', async () => {
      const [sender, receiver] = [await join('a'), await join('b')]
      sender.link.listen('a', 'topic', '**')
      await sender.settle()
      expect(sender.link.reaches('x')).toBe(false)
      const stops = [receiver.link.listen('b', 'topic', 'x'), receiver.link.listen('b', 'topic', 'x')]
      await sender.until(() => sender.link.reaches('x'))
      expect(sender.link.reaches('y')).toBe(false)
      stops[0]?.()
      await sender.settle()
      expect(sender.link.reaches('x')).toBe(true)
      stops[1]?.()
      await sender.until(() => !sender.link.reaches('x'))
    })

    it('[L4] sends requests to those that serve the subject in turn', async () => {
      const [caller, one, two] = [await join('a'), await join('b'), await join('b')]
      for (const end of [one, two]) end.link.listen('b', 'request', 'b.run')
      await caller.until(() => new Set([caller.link.pick('b.run'), caller.link.pick('b.run')]).size === 2)
      for (let call = 1; call <= 100; call++) caller.link.send(request('a', 'b.run', caller.link.pick('b.run'), call))
      await caller.until(() => one.frames.length + two.frames.length === 100)
      expect([one.frames.length, two.frames.length]).toEqual([50, 50])
      const calls = [...one.frames, ...two.frames].map((frame) => frame.call)
      expect(new Set(calls).size).toBe(100)
    })

    it('[L4] picks nobody when no other process serves the subject', async () => {
      const caller = await join('a')
      caller.link.listen('a', 'request', 'a.run')
      await caller.settle()
      expect(caller.link.pick('a.run')).toBeUndefined()
      expect(caller.link.pick('b.run')).toBeUndefined()
    })

    it('[L4] answers NO_RESPONDER when the process does not serve the subject any more', async () => {
      const [caller, server] = [await join('a'), await join('b')]
      const stop = server.link.listen('b', 'request', 'b.run')
      await caller.until(() => caller.link.pick('b.run') !== undefined)
      const peer = caller.link.pick('b.run')
      stop()
      await caller.until(() => caller.link.pick('b.run') === undefined)
      caller.link.send(request('a', 'b.run', peer, 5))
      await caller.until(() => caller.frames.length === 1)
      expect(caller.frames[0]).toMatchObject({ kind: 'failure', call: 5, source: '', payload: { code: 'NO_RESPONDER', retryable: true } })
      expect(server.frames).toEqual([])
    })

    it('[L4] answers LINK_LOST when the process is gone', async () => {
      const [caller, server] = [await join('a'), await join('b')]
      server.link.listen('b', 'request', 'b.run')
      await caller.until(() => caller.link.pick('b.run') !== undefined)
      const peer = caller.link.pick('b.run')
      await server.link.close()
      await caller.until(() => caller.link.pick('b.run') === undefined)
      caller.link.send(request('a', 'b.run', peer, 5))
      await caller.until(() => caller.frames.length === 1)
      expect(caller.frames[0]).toMatchObject({ kind: 'failure', call: 5, payload: { code: 'LINK_LOST', retryable: true } })
    })

    it('[L5] drops what follows a request when the peer is gone', async () => {
      const [caller, server] = [await join('a'), await join('b')]
      server.link.listen('b', 'request', 'b.run')
      await caller.until(() => caller.link.pick('b.run') !== undefined)
      caller.link.send(request('a', 'b.run', caller.link.pick('b.run'), 1))
      await server.until(() => server.frames.length === 1)
      const peer = server.frames[0]!.peer
      await caller.link.close()
      await server.until(() => server.losses.includes(peer))
      server.link.send(answer('b', 'reply', peer, 1, 'too late'))
      await server.settle()
      expect(server.frames).toHaveLength(1)
    })

    it('[L5] carries a cancel to the process that was picked', async () => {
      const [caller, one, two] = [await join('a'), await join('b'), await join('b')]
      for (const end of [one, two]) end.link.listen('b', 'request', 'b.run')
      await caller.until(() => new Set([caller.link.pick('b.run'), caller.link.pick('b.run')]).size === 2)
      const peer = caller.link.pick('b.run')!
      caller.link.send(request('a', 'b.run', peer, 9))
      caller.link.send(answer('a', 'cancel', peer, 9, undefined))
      await caller.until(() => one.frames.length + two.frames.length === 2)
      const reached = one.frames.length > 0 ? one : two
      expect(reached.frames.map((frame) => frame.kind)).toEqual(['request', 'cancel'])
    })

    it('[L6] tells once that a peer is lost, after its last frame', async () => {
      // Where one of the processes keeps the others together, that is not the one that leaves.
      await join('first')
      const [leaver, stayer] = [await join('a'), await join('b')]
      stayer.link.listen('b', 'topic', 'x')
      await leaver.until(() => leaver.link.reaches('x'))
      for (let index = 0; index < 500; index++) leaver.link.send(publish('a', 'x', index))
      await leaver.link.close()
      await stayer.until(() => stayer.losses.length > 0)
      expect(stayer.frames).toHaveLength(500)
      await stayer.settle()
      expect(stayer.losses).toEqual([stayer.frames[0]?.peer])
    })

    it('[L6] comes back by itself and announces again what was attached and listened to', async () => {
      const [caller, server] = [await join('a'), await join('b')]
      server.link.listen('b', 'request', 'b.run')
      caller.link.listen('a', 'topic', 'x')
      await caller.until(() => caller.link.pick('b.run') !== undefined)
      for (let round = 1; round <= 3; round++) {
        await fixture.disrupt()
        await caller.until(() => caller.losses.includes('*') && caller.link.pick('b.run') !== undefined)
        await server.until(() => server.losses.includes('*') && server.link.reaches('x'))
        caller.losses.length = 0
        server.losses.length = 0
        caller.link.send(request('a', 'b.run', caller.link.pick('b.run'), round))
        server.link.send(publish('b', 'x', round))
        await server.until(() => server.frames.length === round)
        await caller.until(() => caller.frames.length === round)
      }
    })

    it('[L7] refuses what a grant does not allow and goes on', async () => {
      const [tight, other] = [await join('tight', { publish: ['tight/**'], hear: ['tight/*'], call: ['b.run'] }), await join('b')]
      other.link.listen('b', 'topic', '**')
      other.link.listen('b', 'request', 'b.run')
      await tight.until(() => tight.link.reaches('x') && tight.link.pick('b.run') !== undefined)
      const forbidden = expect.objectContaining({ code: 'FORBIDDEN' })
      expect(() => tight.link.send(publish('tight', 'other', 1))).toThrow(forbidden)
      expect(() => tight.link.send(request('tight', 'b.stop', tight.link.pick('b.run'), 1))).toThrow(forbidden)
      expect(() => tight.link.send(request('tight', 'other/ask', tight.link.pick('b.run'), 1))).toThrow(forbidden)
      expect(() => tight.link.listen('tight', 'topic', '**')).toThrow(forbidden)
      expect(() => tight.link.listen('tight', 'topic', 'tight/**')).toThrow(forbidden)
      expect(() => tight.link.listen('tight', 'request', 'b.run')).toThrow(forbidden)
      tight.link.send(publish('tight', 'tight/fine', 'allowed'))
      tight.link.send(request('tight', 'b.run', tight.link.pick('b.run'), 2))
      await other.until(() => other.frames.length === 2)
      expect(other.frames.map((frame) => frame.subject).sort()).toEqual(['b.run', 'tight/fine'])
    })

    it('[L8] takes more than it has credit for and says so', async () => {
      const [sender, receiver] = [await join('a'), await join('b')]
      receiver.link.listen('b', 'topic', 'flood')
      await sender.until(() => sender.link.reaches('flood'))
      const count = 3_000
      const payload = 'x'.repeat(1_000)
      for (let index = 0; index < count; index++) {
        if (!sender.link.send(publish('a', 'flood', payload))) await sender.link.ready()
      }
      await receiver.until(() => receiver.frames.length === count)
    })

    it('[L9] lets nothing arrive after close', async () => {
      const [sender, receiver] = [await join('a'), await join('b')]
      receiver.link.listen('b', 'topic', 'x')
      await sender.until(() => sender.link.reaches('x'))
      sender.link.send(publish('a', 'x', 'in flight'))
      await receiver.link.close()
      const seen = receiver.frames.length
      await sender.until(() => !sender.link.reaches('x'))
      sender.link.send(publish('a', 'x', 'late'))
      await sender.settle()
      expect(receiver.frames).toHaveLength(seen)
      expect(() => receiver.link.send(publish('b', 'x', 1))).toThrow(expect.objectContaining({ code: 'BUS_CLOSED' }))
      expect(() => receiver.link.listen('b', 'topic', 'x')).toThrow(expect.objectContaining({ code: 'BUS_CLOSED' }))
      await receiver.link.close()
    })
  })
}

/** One process in a test: its link and all that came in. */
interface End {
  readonly link: Link
  readonly frames: LinkFrame[]
  readonly losses: string[]
  receive(frame: LinkFrame): void
  lost(peer: string): void
  note(event: LinkEvent): void
  /** Resolves when the condition holds; looks again whenever something comes in anywhere, and each turn of the loop. */
  until(condition: () => boolean): Promise<void>
  /** Resolves when everything sent and announced so far has made its way through the link. */
  settle(): Promise<void>
}

function createEnd(link: Link): End {
  const end: End = {
    link,
    frames: [],
    losses: [],
    receive: (frame) => void end.frames.push(frame),
    lost: (peer) => void end.losses.push(peer),
    note: () => undefined,
    async until(condition) {
      const limitMs = performance.now() + 10_000
      while (!condition()) {
        if (performance.now() > limitMs) throw new Error(`Waited too long for: ${condition}`)
        await new Promise((resolve) => setImmediate(resolve))
      }
    },
    async settle() {
      await link.settled()
      for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
    },
  }
  return end
}

function publish(source: string, subject: string, payload: unknown): LinkFrame {
  return { kind: 'publish', source, destination: '*', subject, peer: '', call: 0, priority: 5, meta: undefined, payload }
}

function request(source: string, subject: string, peer: string | undefined, call: number): LinkFrame {
  return { kind: 'request', source, destination: '*', subject, peer: peer ?? '', call, priority: 5, meta: undefined, payload: { call } }
}

function answer(source: string, kind: LinkFrame['kind'], peer: string, call: number, payload: unknown): LinkFrame {
  return { kind, source, destination: '*', subject: '', peer, call, priority: 5, meta: undefined, payload }
}
