import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Grant, SwitchyardError } from '@switchyard/contracts'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ALLOW_ALL, frameOf, until } from '../../../test/fixtures/link-processes.ts'
import type { Link, LinkEvent, LinkFrame } from '../link.ts'
import { NONCE_BYTES } from './handshake.ts'
import { createHubLink, type HubLinkOptions } from './hub-link.ts'
import { linkContract } from './link-contract.ts'
import { bytesFrame, CONTROL, HEADER_BYTES } from './wire.ts'

linkContract('createHubLink()', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'hub-'))
  return {
    createLink: () => createHubLink({ folder }),
    // A hub whose socket is gone steps down, and all go to the next one.
    disrupt: () => rmSync(join(folder, 'hub.sock')),
    close: async () => rmSync(folder, { recursive: true }),
  }
})

describe('createHubLink()', () => {
  let folder: string
  let links: Link[]

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'hub-'))
    links = []
  })
  afterEach(async () => {
    for (const link of links.reverse()) await link.close()
    rmSync(folder, { recursive: true })
  })

  interface End {
    link: Link
    frames: LinkFrame[]
    notes: LinkEvent[]
    lost: string[]
  }

  async function enter(options: Partial<HubLinkOptions> = {}): Promise<End> {
    const link = createHubLink({ folder, ...options })
    links.push(link)
    const end: End = { link, frames: [], notes: [], lost: [] }
    await link.open({
      receive: (frame) => void end.frames.push(frame),
      lost: (peer) => void end.lost.push(peer),
      note: (event) => void end.notes.push(event),
    })
    return end
  }

  it('opens one hub however many find none at the same moment', async () => {
    const ends = await Promise.all(Array.from({ length: 20 }, () => enter()))
    expect(ends.filter(({ notes }) => notes.some((note) => note.type === 'connected' && note.hub))).toHaveLength(1)
    await ends[0]!.link.settled()
    expect(ends.flatMap(({ lost }) => lost)).toEqual([])
  })

  it('opens its socket for this user alone', async () => {
    await enter()
    expect(statSync(join(folder, 'hub.sock')).mode & 0o777).toBe(0o600)
  })

  it('works in a folder whose path is too long for a socket', async () => {
    folder = join(folder, 'x'.repeat(60), 'y'.repeat(60))
    mkdirSync(folder, { recursive: true })
    const [one, two] = [await enter(), await enter()]
    await one.link.attach('one', ALLOW_ALL)
    one.link.listen('one', 'topic', 'x')
    await one.link.settled()
    expect(two.link.reaches('x')).toBe(true)
  })

  it('does not trust a socket whose owner does not know the token, and tells it nothing but a proof for its nonce', async () => {
    const received: Buffer[] = []
    const fake = createServer((socket) => {
      socket.write(bytesFrame(CONTROL.challenge, 0, Buffer.alloc(NONCE_BYTES)))
      socket.on('error', () => undefined)
      socket.on('data', (bytes: Buffer) => {
        received.push(bytes)
        socket.write(bytesFrame(CONTROL.welcome, 0, Buffer.alloc(40)))
      })
    })
    await new Promise<void>((resolve) => fake.listen(join(folder, 'hub.sock'), resolve))
    await expect(enter()).rejects.toMatchObject({ code: 'HUB_UNTRUSTED' })
    expect(Buffer.concat(received)).toHaveLength(HEADER_BYTES + 64)
    await new Promise((resolve) => fake.close(resolve))
  })

  it('lets urgent frames overtake a flood from the same process', async () => {
    const [sender, receiver] = [await enter(), await enter()]
    await sender.link.attach('flooder', ALLOW_ALL)
    await receiver.link.attach('b', ALLOW_ALL)
    receiver.link.listen('b', 'topic', '**')
    await receiver.link.settled()
    const count = 5_000
    const payload = 'x'.repeat(1_000)
    for (let index = 0; index < count; index++) sender.link.send(frameOf({ kind: 'publish', source: 'flooder', subject: 'flood', payload }))
    sender.link.send(frameOf({ kind: 'publish', source: 'flooder', subject: 'alarm', priority: 9 }))
    await until(() => receiver.frames.length === count + 1)
    expect(receiver.frames.findIndex((frame) => frame.subject === 'alarm')).toBeLessThan(300)
  })

  it('keeps every topic apart when there are more of them than numbers', async () => {
    const [sender, receiver] = [await enter(), await enter()]
    await sender.link.attach('a', ALLOW_ALL)
    await receiver.link.attach('b', ALLOW_ALL)
    receiver.link.listen('b', 'topic', '**')
    await receiver.link.settled()
    const count = 10_000
    const subjects = Array.from({ length: count * 2 }, (_, index) => `chain/${(index * 7) % count}/done`)
    for (const [index, subject] of subjects.entries()) {
      const priority = index % 3 === 0 ? 9 : 5
      if (!sender.link.send(frameOf({ kind: 'publish', source: 'a', subject, priority, payload: subject }))) await sender.link.ready()
    }
    await until(() => receiver.frames.length === subjects.length)
    expect(receiver.frames.filter((frame) => frame.subject !== frame.payload)).toEqual([])
    expect(receiver.frames.map((frame) => frame.subject).sort()).toEqual(subjects.sort())
  })

  it('refuses an identity that the hub does not allow, and narrows a grant to what it does', async () => {
    const narrow: Grant = { publish: ['fine'], hear: [], call: [] }
    const authorize = (identity: string): Grant => {
      if (identity === 'stranger') throw new SwitchyardError('FORBIDDEN', 'Cannot attach "stranger" as it must be installed: it is not')
      return narrow
    }
    await enter({ authorize })
    const guest = await enter()
    await expect(guest.link.attach('stranger', ALLOW_ALL)).rejects.toMatchObject({ code: 'FORBIDDEN' })
    await guest.link.attach('guest', ALLOW_ALL)
    const forbidden = expect.objectContaining({ code: 'FORBIDDEN' })
    expect(() => guest.link.send(frameOf({ kind: 'publish', source: 'guest', subject: 'other' }))).toThrow(forbidden)
    expect(() => guest.link.listen('guest', 'topic', 'x')).toThrow(forbidden)
    expect(guest.link.send(frameOf({ kind: 'publish', source: 'guest', subject: 'fine' }))).toBe(true)
  })

  it('refuses a payload that is larger than a frame may be and goes on', async () => {
    const [sender, receiver] = [await enter(), await enter()]
    await sender.link.attach('a', ALLOW_ALL)
    await receiver.link.attach('b', ALLOW_ALL)
    receiver.link.listen('b', 'topic', '**')
    await receiver.link.settled()
    const publish = (payload: unknown): boolean => sender.link.send(frameOf({ kind: 'publish', source: 'a', subject: 'x', payload }))
    expect(() => publish('x'.repeat(1_200_000))).toThrow(expect.objectContaining({ code: 'PAYLOAD_TOO_LARGE' }))
    publish('é'.repeat(500_000))
    publish('after')
    await until(() => receiver.frames.length === 2)
    expect(receiver.frames[0]?.payload).toBe('é'.repeat(500_000))
  })

  it('answers a request at once with LINK_LOST while there is no hub', async () => {
    const [host, caller] = [await enter(), await enter()]
    await host.link.attach('host', ALLOW_ALL)
    await caller.link.attach('caller', ALLOW_ALL)
    host.link.listen('host', 'request', 'host.run')
    await host.link.settled()
    const peer = caller.link.pick('host.run')!
    await host.link.close()
    await until(() => caller.lost.includes('*'))
    caller.link.send(frameOf({ kind: 'request', source: 'caller', subject: 'host.run', peer, call: 3 }))
    await until(() => caller.frames.length === 1)
    expect(caller.frames[0]).toMatchObject({ kind: 'failure', call: 3, payload: { code: 'LINK_LOST', retryable: true } })
    await until(() => caller.notes.some((note) => note.type === 'connected' && note.hub))
  })

  it('comes back when the whole folder was removed', async () => {
    const [one, two] = [await enter(), await enter()]
    await one.link.attach('one', ALLOW_ALL)
    one.link.listen('one', 'topic', 'x')
    await one.link.settled()
    rmSync(folder, { recursive: true })
    await until(() => one.lost.includes('*') && two.lost.includes('*') && two.link.reaches('x'))
    expect(statSync(folder).mode & 0o777).toBe(0o700)
  })

  it('delivers what was sent before close', async () => {
    const [, sender, receiver] = [await enter(), await enter(), await enter()]
    await sender.link.attach('a', ALLOW_ALL)
    await receiver.link.attach('b', ALLOW_ALL)
    receiver.link.listen('b', 'topic', '**')
    await receiver.link.settled()
    const count = 3_000
    for (let index = 0; index < count; index++) {
      sender.link.send(frameOf({ kind: 'publish', source: 'a', subject: 'x', payload: 'x'.repeat(1_000) }))
    }
    sender.link.detach('a')
    await sender.link.close()
    await until(() => receiver.frames.length === count)
  })
})
