import { createFakeClock } from '@switchyard/contracts/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createHubLink } from '../src/lib/link/hub-link.ts'
import type { LinkEvent, LinkFrame } from '../src/lib/link.ts'
import { ALLOW_ALL, createLinkProcesses, frameOf, type LinkProcess, type LinkProcesses, until } from './fixtures/link-processes.ts'

describe('the hub of several processes', () => {
  let processes: LinkProcesses
  beforeEach(() => {
    processes = createLinkProcesses()
  })
  afterEach(() => processes.end())

  it('is opened by exactly one of 20 processes that start at once', async () => {
    const racers = Array.from({ length: 20 }, (_, index) => processes.start(`racer-${index}`, 'wait'))
    await Promise.all(racers.map((racer) => racer.until('waiting')))
    for (const racer of racers) racer.order({ do: 'open' })
    const connected = await Promise.all(racers.map((racer) => racer.until('connected')))
    expect(connected.filter((report) => report.hub)).toHaveLength(1)
    // One hub means that each can reach each.
    const link = createHubLink({ folder: processes.folder })
    await link.open({ receive: () => undefined, lost: () => undefined })
    await until(() => racers.every((_, index) => link.pick(`racer-${index}.echo`) !== undefined))
    await link.close()
  }, 60_000)

  it('is back within a second each time its process is killed under load, 50 times, and no request hangs', async () => {
    const names = ['a', 'b', 'c']
    const members: LinkProcess[] = []
    const start = async (name: string): Promise<void> => {
      const member = processes.start(name)
      await member.until('connected')
      member.order({ do: 'load', targets: names.filter((other) => other !== name) })
      members[names.indexOf(name)] = member
    }
    for (const name of names) await start(name)

    let hub = 0
    for (let kill = 0; kill < 50; kill++) {
      const survivors = members.filter((_, index) => index !== hub)
      const before = survivors.map((member) => member.reports.length)
      const killedAtMs = Date.now()
      members[hub]!.child.kill('SIGKILL')
      const replaced = start(names[hub]!)
      const back = await Promise.all(
        survivors.map((member, index) => member.until('connected', (report) => member.reports.indexOf(report) >= before[index]!)),
      )
      for (const report of back) expect(report.atMs - killedAtMs, `after kill ${kill + 1}`).toBeLessThan(1_000)
      await replaced
      const hubs = members.filter((member) => member.reports.findLast((report) => report.is === 'connected')?.hub)
      expect(hubs, `after kill ${kill + 1}`).toHaveLength(1)
      hub = members.indexOf(hubs[0]!)
    }

    for (const member of members) member.order({ do: 'stop' })
    for (const member of members) {
      const { pending, answered, slowestMs, failures } = await member.until('stopped')
      expect(pending).toBe(0)
      expect(answered).toBeGreaterThan(0)
      expect(slowestMs).toBeLessThan(2_000)
      expect(Object.keys(failures).filter((code) => code !== 'LINK_LOST' && code !== 'NO_RESPONDER')).toEqual([])
    }
  }, 120_000)

  it('holds a flood back for a process that is slow, so that nothing is lost and little waits', async () => {
    // Time stands still for the hub, so the process never counts as one that has stopped for good.
    const host = createHubLink({ folder: processes.folder, clock: createFakeClock() })
    const notes: LinkEvent[] = []
    await host.open({ receive: () => undefined, lost: () => undefined, note: (event) => notes.push(event) })
    const sender = createHubLink({ folder: processes.folder })
    await sender.open({ receive: () => undefined, lost: () => undefined })
    await sender.attach('sender', ALLOW_ALL)
    const slow = processes.start('slow')
    await slow.until('connected')
    await until(() => sender.reaches('flood/x'))

    slow.child.kill('SIGSTOP')
    const count = 20_000
    let taken = 0
    const flood = async (): Promise<void> => {
      const payload = 'x'.repeat(1_000)
      for (; taken < count; taken++) {
        if (!sender.send(frameOf({ kind: 'publish', source: 'sender', subject: 'flood/x', payload }))) await sender.ready()
      }
    }
    const flooding = flood()
    let before = -1
    await until(() => {
      const stands = taken > 0 && taken === before
      before = taken
      return stands
    })
    for (let turn = 0; turn < 200; turn++) await new Promise((resolve) => setImmediate(resolve))
    expect(taken).toBeLessThan(2_000)

    slow.child.kill('SIGCONT')
    await flooding
    let heard = 0
    while (heard < count) {
      slow.reports.length = 0
      slow.order({ do: 'count' })
      heard = (await slow.until('count')).heard
    }
    expect(notes.filter((event) => event.type === 'dropped')).toEqual([])
    await sender.close()
    await host.close()
  }, 30_000)

  it('goes on for all others while one process has stopped to read, and tells that one what it missed', async () => {
    const notes: LinkEvent[] = []
    const heard: LinkFrame[] = []
    const answers: LinkFrame[] = []
    const host = createHubLink({ folder: processes.folder })
    await host.open({ receive: () => undefined, lost: () => undefined, note: (event) => notes.push(event) })
    const listener = createHubLink({ folder: processes.folder })
    await listener.open({ receive: (frame) => heard.push(frame), lost: () => undefined })
    await listener.attach('listener', ALLOW_ALL)
    listener.listen('listener', 'topic', 'flood/**')
    listener.listen('listener', 'request', 'listener.ask')
    await listener.settled()
    const sender = createHubLink({ folder: processes.folder })
    await sender.open({ receive: (frame) => answers.push(frame), lost: () => undefined })
    await sender.attach('sender', ALLOW_ALL)
    const stopped = processes.start('stopped')
    await until(() => sender.pick('stopped.echo') !== undefined)
    await sender.settled()

    stopped.child.kill('SIGSTOP')
    const count = 20_000
    const payload = 'x'.repeat(1_000)
    for (let index = 0; index < count; index++) {
      if (!sender.send(frameOf({ kind: 'publish', source: 'sender', subject: 'flood/x', payload }))) await sender.ready()
    }
    await until(() => heard.length === count)

    const request = frameOf({ kind: 'request', source: 'sender', subject: 'stopped.echo', peer: sender.pick('stopped.echo')!, call: 1 })
    sender.send(request)
    await until(() => answers.length === 1)
    expect(answers[0]).toMatchObject({ kind: 'failure', call: 1, payload: { code: 'QUEUE_FULL', retryable: true } })

    stopped.child.kill('SIGCONT')
    sender.send(frameOf({ kind: 'publish', source: 'sender', subject: 'flood/x', payload: 'last' }))
    const dropped = (): number => stopped.reports.reduce((sum, report) => sum + (report.is === 'dropped' ? report.frames : 0), 0)
    const counted = (): number => stopped.reports.findLast((report) => report.is === 'count')?.heard ?? 0
    stopped.order({ do: 'count' })
    await until(() => {
      if (counted() + dropped() === count + 1) return true
      if (stopped.reports.at(-1)?.is === 'count') {
        stopped.reports.push({ is: 'lost', peer: 'asked again', atMs: 0 })
        stopped.order({ do: 'count' })
      }
      return false
    })
    expect(dropped()).toBeGreaterThan(count / 2)
    expect(counted()).toBeGreaterThan(0)
    const told = notes.reduce((sum, event) => sum + (event.type === 'dropped' ? event.frames : 0), 0)
    expect(told).toBe(dropped())
    await Promise.all([sender.close(), listener.close()])
    await host.close()
  }, 60_000)

  it('leaves nothing behind that keeps a process running', async () => {
    const [one, two] = [processes.start('one'), processes.start('two')]
    await Promise.all([one.until('connected'), two.until('connected')])
    one.order({ do: 'close' })
    expect(await one.exited).toBe(0)
    two.order({ do: 'close' })
    expect(await two.exited).toBe(0)
  }, 30_000)
})
