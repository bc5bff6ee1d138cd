import { setImmediate as nextTurn } from 'node:timers/promises'
import { isSwitchyardError } from '@switchyard/plugin-kit'
import { createTestYard, type TestYard } from '@switchyard/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type FakeTracker, startFakeTracker } from '../../../test/fake-tracker.ts'
import ops from '../../index.ts'
import { trackerSettings } from './open-tracker.ts'
import { githubTracker } from './tracker/github.ts'

const TOKEN = 'ghp_thisIsTheSecretToken1234567890abcdef'
const VARIABLES = ['GITHUB_TOKEN', 'GH_TOKEN', 'GITHUB_API_URL', 'GITEA_TOKEN', 'GITEA_URL'] as const

let tracker: FakeTracker
let saved: Record<string, string | undefined>
beforeEach(async () => {
  tracker = await startFakeTracker({ token: TOKEN })
  saved = Object.fromEntries(VARIABLES.map((name) => [name, process.env[name]]))
  delete process.env.GH_TOKEN
  Object.assign(process.env, { GITHUB_TOKEN: TOKEN, GITHUB_API_URL: tracker.url, GITEA_TOKEN: TOKEN, GITEA_URL: tracker.url })
})
afterEach(async () => {
  await tracker[Symbol.asyncDispose]()
  for (const name of VARIABLES) {
    if (saved[name] === undefined) delete process.env[name]
    else process.env[name] = saved[name]
  }
})

const opened = async (issues: number): Promise<TestYard> => {
  const kit = await createTestYard({ plugins: [ops], files: { 'package.json': '{ "name": "demo" }' } })
  for (let number = 1; number <= issues; number++) await kit.call('ops.issue.create', { title: `Issue ${number}` })
  return kit
}

/** Time goes on until the call has ended. */
async function whileTimePasses<result>(kit: TestYard, running: Promise<result>): Promise<result> {
  let ended = false
  running.then(
    () => (ended = true),
    () => (ended = true),
  )
  while (!ended) {
    await nextTurn()
    if (tracker.requests.length > 0) kit.clock.advance(100)
  }
  return running
}

interface Exchanged {
  created: { id: number; number: number }[]
  updated: unknown[]
  adopted: { id: number; number: number }[]
  unchanged: number
}

describe.for(['github', 'gitea'] as const)('ops.issue.export to %s', (kind) => {
  const send = async (kit: TestYard, more: object = {}): Promise<Exchanged> =>
    (await whileTimePasses(kit, kit.call('ops.issue.export', { tracker: kind, repo: 'acme/demo', ...more }))) as Exchanged

  it('creates each issue once, and nothing the second time', async () => {
    await using kit = await opened(5)
    tracker.add({ title: 'A stranger' })
    tracker.add({ title: 'A pull request', pull_request: {} })
    expect((await send(kit)).created.map(({ id, number }) => [id, number])).toEqual([1, 2, 3, 4, 5].map((id) => [id, id + 2]))
    expect(tracker.issues).toHaveLength(7)
    expect(await send(kit)).toMatchObject({ created: [], updated: [], adopted: [], unchanged: 5 })
    expect(tracker.issues).toHaveLength(7)
    expect(await kit.call('ops.issue.get', { id: 3 })).toMatchObject({
      links: [{ number: 5, url: 'https://tracker.example/acme/demo/issues/5' }],
    })
    expect(new Set(tracker.authorizations)).toEqual(new Set([kind === 'github' ? `Bearer ${TOKEN}` : `token ${TOKEN}`]))
  })

  it('sends what was changed and what was closed, and leaves the rest', async () => {
    await using kit = await opened(3)
    await send(kit)
    await kit.call('ops.issue.update', { id: 1, title: 'Renamed' })
    await kit.call('ops.issue.close', { id: 2, resolution: 'mended' })
    expect(await send(kit)).toMatchObject({ created: [], updated: [{ id: 1 }, { id: 2 }], unchanged: 1 })
    expect(tracker.issues.map(({ title, state }) => [title, state])).toEqual([
      ['Renamed', 'open'],
      ['Issue 2', 'closed'],
      ['Issue 3', 'open'],
    ])
    expect(tracker.issues[1]?.body).toContain('Closed: mended')
  })

  it('sends labels as labels, and leaves those that people gave an issue there', async () => {
    await using kit = await opened(1)
    tracker.labels.push({ id: 7, name: 'tech/docker', color: '#000000' })
    const labels = ['Component/Deploy', 'Tech/Docker']
    await kit.call('ops.issue.create', { title: 'The api is not well', labels })
    await send(kit)
    const names = (issue: number): string[] => tracker.issues[issue]?.labels.map(({ name }) => name) ?? []
    expect(names(0)).toEqual([])
    expect(names(1).map((name) => name.toLowerCase())).toEqual(['component/deploy', 'tech/docker'])
    if (kind === 'gitea') expect(tracker.labels.map(({ name }) => name)).toEqual(['tech/docker', 'Component/Deploy'])
    expect(await send(kit)).toMatchObject({ updated: [], unchanged: 2 })

    tracker.issues[0]?.labels.push({ name: 'theirs' })
    await kit.call('ops.issue.update', { id: 1, labels: ['late'] })
    expect(await send(kit)).toMatchObject({ updated: [{ id: 1 }], unchanged: 1 })
    expect(names(0)).toEqual(['theirs', 'late'])
  })

  it('finds by its marker what was created when the answer was lost, over several pages', async () => {
    await using kit = await opened(2)
    for (let number = 0; number < 7; number++) tracker.add({ title: `Stranger ${number}` })
    tracker.refuseOnce('hang up', { after: true, method: 'POST' })
    // The yard tries again by itself what says that it may be.
    expect(await send(kit)).toMatchObject({ adopted: [{ id: 1, number: 8 }], created: [{ id: 2, number: 9 }] })
    expect(tracker.issues).toHaveLength(9)
  })

  it('keeps the links of what was sent before a failure', async () => {
    await using kit = await opened(3)
    await send(kit, { ids: [1] })
    tracker.refuseOnce({ status: 422, body: { message: 'Validation Failed' } }, { method: 'POST' })
    await expect(send(kit)).rejects.toMatchObject({ code: 'TRACKER_REFUSED', message: expect.stringContaining('Validation Failed (422)') })
    expect(await send(kit)).toMatchObject({ created: [{ id: 2 }, { id: 3 }], unchanged: 1 })
    expect(tracker.issues).toHaveLength(3)
  })

  it('says what is wrong with the token or the repository, and tells the token to nobody', async () => {
    await using kit = await opened(1)
    process.env.GITHUB_TOKEN = `${TOKEN}x`
    process.env.GITEA_TOKEN = `${TOKEN}x`
    const failures = [await send(kit).catch((error: unknown) => error)]
    process.env.GITHUB_TOKEN = TOKEN
    process.env.GITEA_TOKEN = TOKEN
    failures.push(await send(kit, { repo: 'acme/gone' }).catch((error: unknown) => error))
    expect(failures.map((error) => isSwitchyardError(error) && [error.code, error.data.status])).toEqual([
      ['TRACKER_REFUSED', 401],
      ['TRACKER_REFUSED', 404],
    ])
    delete process.env.GITHUB_TOKEN
    delete process.env.GITEA_TOKEN
    failures.push(await send(kit).catch((error: unknown) => error))
    expect(failures[2]).toMatchObject({ code: 'TRACKER_TOKEN_MISSING' })
    for (const error of failures) {
      const told = JSON.stringify([error, String(error), (error as Error).stack, (error as Error).cause])
      expect(told).not.toContain(TOKEN)
    }
    await expect(send(kit, { repo: '../..' })).rejects.toMatchObject({ code: 'TRACKER_REPO' })
  })
})

describe('requests to a tracker', () => {
  it('wait as long as they are told to, and go on', async () => {
    await using kit = await opened(1)
    tracker.refuseOnce({ status: 429, headers: { 'retry-after': '3' } })
    const resetAt = Math.ceil(kit.clock.now() / 1_000) + 7
    tracker.refuseOnce({ status: 403, headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(resetAt) } })
    const startedMs = kit.clock.now()
    const sent = await whileTimePasses(kit, kit.call('ops.issue.export', { repo: 'acme/demo' }))
    expect(sent).toMatchObject({ created: [{ id: 1 }] })
    expect(kit.clock.now() - startedMs).toBeGreaterThanOrEqual(7_000)
  })

  it('give up where the wait is longer than the time there is, and say how long it is', async () => {
    await using kit = await opened(1)
    tracker.refuseOnce({
      status: 403,
      headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(kit.clock.now() / 1_000 + 3_600) },
    })
    await expect(whileTimePasses(kit, kit.call('ops.issue.export', { repo: 'acme/demo' }))).rejects.toMatchObject({
      code: 'TRACKER_LIMITED',
      message: expect.stringContaining('3600 s'),
    })
  })

  it('are sent again after a fault of the server, a new issue only after it was looked for', async () => {
    await using kit = await opened(1)
    const send = (): Promise<unknown> => whileTimePasses(kit, kit.call('ops.issue.export', { repo: 'acme/demo' }))
    tracker.refuseOnce({ status: 502 }, { method: 'GET' })
    expect(await send()).toMatchObject({ created: [{ id: 1 }] })
    await kit.call('ops.issue.create', { title: 'Another' })
    tracker.refuseOnce({ status: 502 }, { method: 'POST', after: true })
    tracker.requests.length = 0
    expect(await send()).toMatchObject({ adopted: [{ id: 2 }], created: [] })
    expect(tracker.requests.map((request) => request.split(' ')[0])).toEqual(['GET', 'POST', 'GET'])
    expect(tracker.issues).toHaveLength(2)
  })

  it('take a token to no other host: not by a redirect, a next page or plain http', async () => {
    await using stranger = await startFakeTracker({ token: TOKEN })
    await using kit = await opened(1)
    tracker.refuseOnce({ status: 301, headers: { location: `${stranger.url}/repos/acme/demo/issues` } })
    await expect(kit.call('ops.issue.export', { repo: 'acme/demo' })).rejects.toMatchObject({ code: 'TRACKER_REFUSED' })
    tracker.refuseOnce({ status: 200, body: [], headers: { link: `<${stranger.url}/next>; rel="next"` } })
    await expect(kit.call('ops.issue.export', { repo: 'acme/demo' })).rejects.toMatchObject({ code: 'TRACKER_INSECURE' })
    expect(stranger.requests).toEqual([])
    const options = { baseUrl: 'http://git.example.org', clock: kit.clock, signal: AbortSignal.timeout(1_000), maxWaitMs: 0 }
    expect(() => githubTracker(TOKEN, 'acme/demo', options)).toThrow('over https')
    expect(trackerSettings({}).githubUrl).toBe('https://api.github.com')
  })

  it('end where pages go in a circle', async () => {
    await using kit = await opened(1)
    const headers = { link: `<${tracker.url}/repos/acme/demo/issues?page=2>; rel="next"` }
    for (let page = 1; page <= 2; page++) tracker.refuseOnce({ status: 200, body: [], headers })
    await expect(kit.call('ops.issue.export', { repo: 'acme/demo' })).rejects.toMatchObject({
      code: 'TRACKER_REFUSED',
      message: expect.stringContaining('circle'),
    })
  })

  it('end when the caller gives up', async () => {
    await using kit = await opened(1)
    tracker.refuseOnce({ status: 429, headers: { 'retry-after': '60' } })
    const controller = new AbortController()
    const running = kit.call('ops.issue.export', { repo: 'acme/demo' }, { signal: controller.signal })
    while (tracker.requests.length === 0) await nextTurn()
    controller.abort()
    await expect(running).rejects.toMatchObject({ code: 'CANCELLED' })
  })
})

describe('ops.issue.import', () => {
  const take = (kit: TestYard, more: object = {}): Promise<unknown> => kit.call('ops.issue.import', { repo: 'acme/demo', ...more })

  it('takes open issues in with what their labels say, once', async () => {
    await using kit = await opened(0)
    tracker.add({ title: 'Crash', body: 'it does', labels: [{ name: 'bug' }, { name: 'priority: high' }] })
    tracker.add({ title: 'Dark mode', labels: [{ name: 'enhancement' }] })
    tracker.add({ title: 'Review me', pull_request: {} })
    tracker.add({ title: 'Old', state: 'closed', closed_at: '2026-03-05T00:00:00Z' })
    tracker.add({ title: 'Bump', labels: [{ name: 'dependencies' }, { name: 'p3' }] })
    expect(await take(kit)).toMatchObject({ created: [1, 2, 3], unchanged: 0 })
    const { issues } = (await kit.call('ops.issue.list', { sort: 'oldest' })) as { issues: object[] }
    expect(issues).toMatchObject([
      {
        title: 'Crash',
        priority: 'high',
        category: 'bug',
        labels: ['bug', 'priority: high'],
        source: 'import',
        createdAt: '2026-03-01T00:00:00.000Z',
      },
      { title: 'Dark mode', priority: 'medium', category: 'feature' },
      { title: 'Bump', priority: 'low', category: 'dependency' },
    ])
    const again = await take(kit)
    expect(again).toMatchObject({ created: [], closed: [], changed: [], unchanged: 3 })
    expect(again).not.toHaveProperty('change')
    expect(await take(kit, { closed: true })).toMatchObject({ created: [4] })
    expect(await kit.call('ops.issue.get', { id: 4 })).toMatchObject({ status: 'closed', closedAt: '2026-03-05T00:00:00.000Z' })
  })

  it('follows title, text and state of what it took in, and only the state of what was sent from here', async () => {
    await using kit = await opened(1)
    await kit.call('ops.issue.export', { repo: 'acme/demo' })
    tracker.add({ title: 'Theirs' })
    expect(await take(kit)).toMatchObject({ created: [2], unchanged: 1 })
    Object.assign(tracker.issues[0] ?? {}, { title: 'Not ours any more', state: 'closed' })
    Object.assign(tracker.issues[1] ?? {}, { title: 'Theirs, renamed', labels: [{ name: 'urgent' }] })
    expect(await take(kit)).toMatchObject({ closed: [1], changed: [2] })
    expect(await kit.call('ops.issue.get', { id: 1 })).toMatchObject({ title: 'Issue 1', status: 'closed' })
    expect(await kit.call('ops.issue.get', { id: 2 })).toMatchObject({ title: 'Theirs, renamed', status: 'open', labels: ['urgent'] })
  })

  it('takes no stranger’s issue for ours, though it bears our mark', async () => {
    await using kit = await opened(1)
    await kit.call('ops.issue.export', { repo: 'acme/demo' })
    tracker.add({ title: 'Not ours', body: tracker.issues[0]?.body ?? '', state: 'closed' })
    expect(await take(kit, { closed: true })).toMatchObject({ created: [2], closed: [], unchanged: 1 })
    expect(await kit.call('ops.issue.get', { id: 1 })).toMatchObject({ status: 'open' })
  })

  it('takes a title as a list can show it, and sees no change in one that only looks different', async () => {
    await using kit = await opened(0)
    tracker.add({ title: '  Spaced \n out ' })
    tracker.add({ title: ' ' })
    await take(kit)
    const { issues } = (await kit.call('ops.issue.list', { sort: 'oldest' })) as { issues: object[] }
    expect(issues).toMatchObject([{ title: 'Spaced out' }, { title: '#2' }])
    expect(await take(kit)).toMatchObject({ changed: [], unchanged: 2 })
  })

  it('is taken back as a whole', async () => {
    await using kit = await opened(1)
    for (let number = 0; number < 5; number++) tracker.add({ title: `Theirs ${number}` })
    const { change } = (await take(kit)) as { change: number }
    await kit.call('ops.change.revert', { change })
    const { issues } = (await kit.call('ops.issue.list')) as { issues: { title: string }[] }
    expect(issues.map(({ title }) => title)).toEqual(['Issue 1'])
    expect(await take(kit)).toMatchObject({ created: [expect.any(Number), ...Array.from({ length: 4 }, () => expect.any(Number))] })
  })
})
