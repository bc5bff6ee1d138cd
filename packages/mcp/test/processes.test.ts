import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type RawClient, startRaw } from './raw-client.ts'

const SERVE = fileURLToPath(new URL('./fixtures/serve.ts', import.meta.url))

let dir: string
let started: RawClient[]
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'mcp-several-'))
  started = []
})
afterEach(() => {
  for (const { process } of started) process.kill('SIGKILL')
  rmSync(dir, { recursive: true, force: true })
})

/** A server process whose workspace is open, as it is once a client has listed the tools. */
async function serve(plugin: 'shop' | 'till'): Promise<RawClient> {
  const client = await startRaw(['--conditions=@switchyard/source', SERVE, dir, plugin])
  started.push(client)
  await client.request('tools/list')
  return client
}

/** A process that ends 200 ms after its stdin, as this machine has it now; `end` says how long it took. */
async function startPeer(): Promise<{ end(): Promise<number> }> {
  const waits = 'process.stdin.resume().on("end", () => setTimeout(() => process.exit(0), 200)); process.stdout.write("here")'
  const peer = spawn(process.execPath, ['-e', waits], { stdio: ['pipe', 'pipe', 'inherit'] })
  await once(peer.stdout, 'data')
  return {
    async end() {
      const exited = once(peer, 'exit')
      const startedMs = performance.now()
      peer.stdin.end()
      await exited
      return performance.now() - startedMs
    },
  }
}

const answerOf = async (client: RawClient, tool: string, input = {}) => (await client.call(tool, input)).result?.structuredContent

describe('several servers of one workspace', () => {
  it('[C5] call one another, share state, and go on when one of them is killed', { timeout: 120_000 }, async () => {
    const shop = await serve('shop') // The first, and so the hub of the others.
    const [till, again] = await Promise.all([serve('till'), serve('till')])
    const [shopPid, tillPid] = [shop.process.pid, till.process.pid]
    await expect.poll(() => answerOf(till, 'till_where'), { timeout: 30_000 }).toEqual({ shop: shopPid, till: tillPid })

    expect(await answerOf(till, 'till_sell')).toEqual({ sold: 1 })
    await expect.poll(() => answerOf(again, 'till_sold'), { timeout: 30_000 }).toEqual({ sold: 1 })

    shop.process.kill('SIGKILL')
    // Nobody serves the shop any more, so the till's own process stands in.
    await expect.poll(() => answerOf(till, 'till_where'), { timeout: 30_000 }).toEqual({ shop: tillPid, till: tillPid })
    expect(await answerOf(again, 'till_sell')).toEqual({ sold: 2 })
    await expect.poll(() => answerOf(till, 'till_sold'), { timeout: 30_000 }).toEqual({ sold: 2 })

    const back = await serve('shop')
    expect(await answerOf(back, 'shop_item_list')).toEqual({ items: [] })
    for (const client of [till, again, back]) expect(await client.end()).toMatchObject({ code: 0 })
  })

  it('[C5] finish in a process that stands in what another began when it was killed', { timeout: 120_000 }, async () => {
    const shop = await serve('shop') // The hub as well.
    const till = await serve('till')
    await expect.poll(() => answerOf(till, 'till_where'), { timeout: 30_000 }).toMatchObject({ shop: shop.process.pid })
    const counted = answerOf(till, 'till_more', { command: 'wait', input: { pid: shop.process.pid } })
    await expect.poll(() => existsSync(join(dir, 'counting')), { timeout: 30_000 }).toBe(true)
    shop.process.kill('SIGKILL')
    expect(await counted).toEqual({ counted: 1 })
    expect(await till.end()).toMatchObject({ code: 0 })
  })
})

describe('a server process', () => {
  // A busy machine only adds to the time: every run has to end, and one of them before a process that does so after 200 ms.
  it('[C3] ends within 200 ms of its stdin, whatever is under way', { timeout: 120_000 }, async () => {
    const spare: number[] = []
    for (let run = 0; run < 8 && !spare.some((ms) => ms > 0); run++) {
      const [client, peer] = await Promise.all([serve('shop'), startPeer()])
      await client.call('shop_item_list')
      void client.call('shop_count', { shelves: 1, hang: true })
      const [peerMs, { code, tookMs }] = await Promise.all([peer.end(), client.end()])
      expect(code).toBe(0)
      expect(tookMs).toBeLessThan(10_000)
      spare.push(peerMs - tookMs)
    }
    expect(Math.max(...spare)).toBeGreaterThan(0)
  })

  it('[C1] writes nothing but the protocol to stdout, whatever a plugin writes there', async () => {
    const client = await serve('shop')
    expect(await answerOf(client, 'shop_more', { command: 'greet', input: {} })).toEqual({ pid: client.process.pid })
    expect(client.lines.every((line) => JSON.parse(line).jsonrpc === '2.0')).toBe(true)
    expect(client.lines.join('')).not.toContain('careless')
    await client.end()
  })

  it('[M4] groups rare commands under one tool that lists, explains and runs them', async () => {
    const client = await serve('shop')
    expect(await answerOf(client, 'shop_more')).toEqual({
      commands: [
        { command: 'pack', summary: 'Pack a parcel', effect: 'read' },
        { command: 'greet', summary: 'Say something on stdout, as careless plugins do', effect: 'read' },
      ],
    })
    expect(await answerOf(client, 'shop_more', { command: 'shop.greet' })).toMatchObject({ command: 'greet', input: { type: 'object' } })
    expect(await client.call('shop_more', { command: 'burn' })).toMatchObject({
      result: { isError: true, structuredContent: { error: { code: 'UNKNOWN_COMMAND', next: 'one of: pack, greet' } } },
    })
    await client.end()
  })

  it('[P5] says what would happen now where a plan is stale, and applies that', async () => {
    const client = await serve('shop')
    const first = (await answerOf(client, 'shop_item_add', { id: 'tea', price: 4 }))?.plan
    const second = (await answerOf(client, 'shop_item_add', { id: 'milk', price: 2 }))?.plan
    await client.call('shop_apply', { plan: first })
    const stale = (await client.call('shop_apply', { plan: second })).result
    const error = stale?.structuredContent?.error as { code: string; plan: { plan: string } }
    expect(stale?.isError).toBe(true)
    expect(error).toMatchObject({ code: 'PLAN_STALE', plan: { summary: 'Sell milk for 2' } })
    expect(await answerOf(client, 'shop_apply', { plan: error.plan.plan })).toMatchObject({ done: true })
    await client.end()
  })
})
