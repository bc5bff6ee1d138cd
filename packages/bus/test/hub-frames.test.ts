import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createFakeClock, type FakeClock } from '@switchyard/contracts/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createHubLink } from '../src/lib/link/hub-link.ts'
import { CONTROL, controlFrame, HEADER_BYTES, MAX_BODY_BYTES, writeUint32 } from '../src/lib/link/wire.ts'
import type { Link, LinkEvent, LinkFrame } from '../src/lib/link.ts'
import { ALLOW_ALL, frameOf, until } from './fixtures/link-processes.ts'
import { connectRaw, controlText, dataFrame } from './fixtures/raw-client.ts'

const PUBLISH = 1
const REQUEST = 2
const REPLY = 3

describe('a hub and a client that breaks the rules', () => {
  let folder: string
  let notes: LinkEvent[]
  let host: Link
  let asker: Link
  let answered: number
  let heard: LinkFrame[]
  let clock: FakeClock

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'hub-'))
    notes = []
    heard = []
    answered = 0
    clock = createFakeClock()
    host = createHubLink({ folder, clock })
    await host.open({
      receive(frame) {
        heard.push(frame)
        if (frame.kind === 'request') host.send({ ...frame, kind: 'reply', source: 'host', subject: '' })
      },
      lost: () => undefined,
      note: (event) => notes.push(event),
    })
    await host.attach('host', ALLOW_ALL)
    host.listen('host', 'request', 'host.echo')
    host.listen('host', 'topic', '**')
    asker = createHubLink({ folder })
    await asker.open({
      receive(frame) {
        // As the bus does: an answer counts when it comes from the process that was asked.
        if (frame.kind === 'reply' && frame.source === 'host' && frame.call === answered + 1) answered++
      },
      lost: () => undefined,
    })
    await asker.attach('asker', ALLOW_ALL)
    await until(() => asker.pick('host.echo') !== undefined)
  })
  afterEach(async () => {
    await asker.close()
    await host.close()
    rmSync(folder, { recursive: true })
  })

  function ask(call: number): void {
    asker.send(frameOf({ kind: 'request', source: 'asker', subject: 'host.echo', peer: asker.pick('host.echo')!, call, payload: { call } }))
  }

  async function othersGoOn(): Promise<void> {
    const before = answered
    ask(before + 1)
    await until(() => answered === before + 1)
  }

  const header = (kind: number, bodyBytes: number): Buffer => {
    const frame = dataFrame(kind, 5, 0, 0, 0, '')
    writeUint32(frame, 0, bodyBytes)
    return frame
  }
  const attach = controlFrame(CONTROL.attach, 0, [1, 'raw', ALLOW_ALL])
  const attachTight = controlFrame(CONTROL.attach, 0, [1, 'raw', { publish: ['mine'], hear: ['mine'], call: ['raw.*'] }])
  const definePublish = controlFrame(CONTROL.define, 2, [0, 1, 1, 'raw/topic', '*'])

  it.each<[string, Buffer[]]>([
    ['an oversized frame', [attach, definePublish, header(PUBLISH, MAX_BODY_BYTES + 1)]],
    ['the largest length there is', [header(PUBLISH, 0xffff_ffff)]],
    ['a frame of unknown kind', [header(0, 0)]],
    ['a control frame of unknown kind', [header(200, 0)]],
    ['a frame that only the hub sends', [controlFrame(CONTROL.welcome, 0, [])]],
    ['a frame on a route that it did not define', [attach, dataFrame(PUBLISH, 5, 0, 7, 0, '{}')]],
    [
      'a request on a route for publishing',
      [attach, controlFrame(CONTROL.define, 1, [0, 1, 1, 'x', '*']), dataFrame(REQUEST, 5, 1, 0, 1, '{}')],
    ],
    ['a frame in no lane', [controlFrame(CONTROL.attach, 0, [1, 'raw', ALLOW_ALL]).fill(9, 5, 6)]],
    ['a control frame that is no JSON', [controlText(CONTROL.attach, 0, '[1,')]],
    ['an identity that is no name', [controlFrame(CONTROL.attach, 0, [1, '*', ALLOW_ALL])]],
    ['a grant that is none', [controlFrame(CONTROL.attach, 0, [1, 'raw', { publish: [1] }])]],
    ['a slot twice', [attach, attach]],
    ['a route of a slot that it does not have', [controlFrame(CONTROL.define, 2, [0, 3, 1, 'x', '*'])]],
    ['a route number out of range', [attach, controlFrame(CONTROL.define, 2, [1e9, 1, 1, 'x', '*'])]],
    ['a subject with a wildcard', [attach, controlFrame(CONTROL.define, 2, [0, 1, 1, 'x/*', '*'])]],
    ['a listen for a slot that it does not have', [controlFrame(CONTROL.listen, 0, [[4, 'topic', '**', true]])]],
    ['a pattern that is none', [attach, controlFrame(CONTROL.listen, 0, [[1, 'topic', 'a//b', true]])]],
    ['credit that is no number', [controlFrame(CONTROL.taken, 0, [1, '9'])]],
  ])('cuts it off for %s and harms nobody else', async (_, frames) => {
    const raw = await connectRaw(folder)
    raw.write(...frames)
    await raw.closed
    expect(notes.filter((event) => event.type === 'cut-off')).toHaveLength(1)
    await othersGoOn()
  })

  it('does not let in who does not know the token', async () => {
    const raw = await connectRaw(folder, 'wrong')
    await raw.closed
    expect(raw.frames.map((frame) => frame.kind)).toEqual([CONTROL.challenge])
    await othersGoOn()
  })

  it('takes nothing from who has not proved itself', async () => {
    const raw = await connectRaw(folder, 'none')
    raw.write(attach)
    await raw.closed
    expect(raw.frames.map((frame) => frame.kind)).toEqual([CONTROL.challenge])
  })

  it('hangs up on who does not prove itself in five seconds', async () => {
    const raw = await connectRaw(folder, 'none')
    await othersGoOn()
    expect(raw.isClosed()).toBe(false)
    clock.advance(6_000)
    await raw.closed
  })

  it.each([
    ['half a header', Buffer.alloc(7)],
    ['half a body', dataFrame(PUBLISH, 5, 0, 0, 0, 'x'.repeat(1_000)).subarray(0, 500)],
  ])('cuts it off when %s is all that comes in five seconds', async (_, half) => {
    const raw = await connectRaw(folder)
    raw.write(half)
    await othersGoOn()
    expect(raw.isClosed()).toBe(false)
    clock.advance(6_000)
    await raw.closed
    expect(notes).toContainEqual(expect.objectContaining({ type: 'cut-off', reason: 'a frame that did not end in time' }))
  })

  it('puts frames together that come byte by byte', async () => {
    const raw = await connectRaw(folder)
    for (const byte of Buffer.concat([attach, definePublish, dataFrame(PUBLISH, 5, 0, 0, 0, '{"slow":true}')])) {
      raw.socket.write(Buffer.of(byte))
      await new Promise((resolve) => setImmediate(resolve))
    }
    await until(() => heard.some((frame) => frame.subject === 'raw/topic'))
    expect(heard.at(-1)).toMatchObject({ source: 'raw', payload: { slow: true } })
    raw.socket.destroy()
  })

  it('refuses at the hub what its grant does not allow, whatever its own side lets through', async () => {
    const raw = await connectRaw(folder)
    const number = Number(asker.pick('host.echo')!.split('.')[1])
    raw.write(
      attachTight,
      controlFrame(CONTROL.listen, 0, [
        [1, 'topic', '**', true],
        [1, 'request', 'host.echo', true],
      ]),
      controlFrame(CONTROL.define, 2, [0, 1, 1, 'others', '*']),
      controlFrame(CONTROL.define, 1, [0, 1, 2, 'host.echo', '*']),
      dataFrame(PUBLISH, 5, 0, 0, 0, '"forbidden"'),
      dataFrame(REQUEST, 5, 77, 0, number, '"forbidden"'),
      controlFrame(CONTROL.define, 2, [1, 1, 1, 'mine', '*']),
      dataFrame(PUBLISH, 5, 0, 1, 0, '"allowed"'),
    )
    await until(() => heard.some((frame) => frame.payload === 'allowed'))
    await until(() => raw.frames.filter((frame) => frame.kind === 4).length === 2)
    expect(heard.map((frame) => frame.payload)).not.toContain('forbidden')
    const failures = raw.frames.filter((frame) => frame.kind === 4).map((frame) => JSON.parse(frame.body.toString()))
    expect(failures).toEqual([expect.objectContaining({ code: 'FORBIDDEN' }), expect.objectContaining({ code: 'FORBIDDEN' })])
    asker.send(frameOf({ kind: 'publish', source: 'asker', subject: 'secret', payload: 1 }))
    await until(() => heard.some((frame) => frame.subject === 'secret'))
    expect(raw.frames.filter((frame) => frame.kind === PUBLISH)).toEqual([])
    expect(asker.pick('host.echo')).toBe(asker.pick('host.echo'))
    raw.socket.destroy()
  })

  it('drops a body that is no JSON at the receiver and goes on', async () => {
    const raw = await connectRaw(folder)
    raw.write(attach, definePublish, dataFrame(PUBLISH, 5, 0, 0, 0, '{"half":'), dataFrame(PUBLISH, 5 | 0x10, 0, 0, 0, '{}'))
    raw.write(dataFrame(PUBLISH, 5, 0, 0, 0, '"whole"'))
    await until(() => heard.some((frame) => frame.payload === 'whole'))
    expect(heard.filter((frame) => frame.source === 'raw')).toHaveLength(1)
    raw.socket.destroy()
  })

  it('takes 200,000 random and mutated frames without a crash or a leak while others go on', async () => {
    const seed = Date.now() % 1_000_000
    const random = randomFrom(seed)
    const valid = [
      attach,
      definePublish,
      controlFrame(CONTROL.define, 1, [1, 1, 2, 'host.echo', '*']),
      controlFrame(CONTROL.define, 1, [2, 1, 3, '', '*']),
      controlFrame(CONTROL.listen, 0, [[1, 'topic', 'nobody/sends/this', true]]),
      dataFrame(PUBLISH, 5, 0, 0, 0, '{"a":1}'),
      dataFrame(PUBLISH, 5 | 0x10, 0, 0, 0, '[{"messageId":"m"},{"a":1}]'),
      dataFrame(REQUEST, 5, 1, 1, 1, '{"a":1}'),
      dataFrame(REPLY, 5, 9, 2, 2, 'null'),
      controlFrame(CONTROL.taken, 0, [1, 100]),
      controlFrame(CONTROL.sync, 0, [3]),
      controlFrame(CONTROL.echo, 0, [3]),
      controlFrame(CONTROL.detach, 0, [1]),
    ]
    const total = 200_000
    const perConnection = 25
    let sent = 0
    const heapBytes: number[] = []

    const attack = async (): Promise<void> => {
      while (sent < total) {
        const raw = await connectRaw(folder)
        const parts: Buffer[] = [attach, definePublish, valid[2]!, valid[3]!]
        for (let frame = 0; frame < perConnection; frame++) parts.push(mutate(valid[Math.floor(random() * valid.length)]!, random))
        sent += perConnection
        raw.write(...parts)
        // Ends the stream within a frame, so that even a connection that was never cut off is not left hanging.
        raw.socket.end(Buffer.alloc(HEADER_BYTES - 1))
        await raw.closed
        if (sent % 20_000 < perConnection) heapBytes.push(heapUsedBytes())
      }
    }
    let asked = 0
    let attacking = true
    const goOn = async (): Promise<void> => {
      while (attacking) {
        ask(++asked)
        await until(() => answered === asked)
      }
    }
    const going = goOn()
    await Promise.all(Array.from({ length: 8 }, attack))
    attacking = false
    await going
    expect(notes.filter((event) => event.type === 'cut-off').length, `seed ${seed}`).toBeGreaterThan(total / perConnection / 2)
    expect(asked).toBeGreaterThan(100)
    heard.length = 0
    notes.length = 0
    expect(heapUsedBytes() / heapBytes[0]!, `seed ${seed}: ${heapBytes}`).toBeLessThan(1.3)
  }, 60_000)
})

/** Most are changed a little, so that they come deep into the hub before they turn out wrong. */
function mutate(frame: Buffer, random: () => number): Buffer {
  const copy = Buffer.from(frame)
  const way = random()
  if (way < 0.3) return copy
  if (way < 0.9) {
    // A byte of the body, mostly; the header less often, as most changes there end the connection.
    const inBody = random() < 0.97 && copy.length > HEADER_BYTES
    const at = inBody ? HEADER_BYTES + Math.floor(random() * (copy.length - HEADER_BYTES)) : Math.floor(random() * HEADER_BYTES)
    copy[at] = Math.floor(random() * 256)
    return copy
  }
  if (way < 0.93) return copy.subarray(0, Math.floor(random() * copy.length))
  if (way < 0.96) return Buffer.from(Array.from({ length: Math.floor(random() * 60) }, () => Math.floor(random() * 256)))
  return dataFrame(
    1 + Math.floor(random() * 9),
    Math.floor(random() * 32),
    random() * 2 ** 48,
    Math.floor(random() * 4),
    Math.floor(random() * 6),
    '{}',
  )
}

function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32
    return state / 2 ** 32
  }
}

function heapUsedBytes(): number {
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  collect()
  return process.memoryUsage().heapUsed
}
