import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Answer, type AnyClient, CLIENTS, callWith } from './clients.ts'

const ITEMS = [
  { id: 'tea', price: 4 },
  { id: 'rare tea', price: 90 },
]

describe.for(CLIENTS)('a client of %s', ([, connect]) => {
  /** The folder of the client that cannot ask, and of the one that can. */
  let dir: string
  let askingDir: string
  let client: AnyClient
  let asking: AnyClient
  /** What the person says now. */
  let answer: Answer
  const items = (of: string): unknown => JSON.parse(readFileSync(join(of, 'items.json'), 'utf8'))

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'mcp-'))
    askingDir = mkdtempSync(join(tmpdir(), 'mcp-'))
    ;[client, asking] = await Promise.all([connect(dir), connect(askingDir, (message, schema) => answer(message, schema))])
  }, 60_000)
  beforeEach(() => {
    for (const one of [dir, askingDir]) writeFileSync(join(one, 'items.json'), JSON.stringify(ITEMS))
    answer = () => ({ action: 'cancel' })
  })
  afterAll(async () => {
    await Promise.all([client?.close(), asking?.close()])
    for (const one of [dir, askingDir]) rmSync(one, { recursive: true, force: true })
  })

  it('1. learns who serves', async () => {
    expect(client.getServerVersion()).toMatchObject({ name: 'switchyard', version: '9.9.9' })
    expect(client.getInstructions()).toContain('shop_apply')
  })

  it('2. lists tools that say all that is to be known of them', async () => {
    const { tools } = await client.listTools()
    expect(tools.map(({ name }) => name)).toEqual([
      'shop_item_list',
      'shop_count',
      'shop_item_show',
      'shop_item_add',
      'shop_item_remove',
      'shop_more',
      'shop_apply',
      'shop_undo',
      'director_ask',
      'director_route',
      'director_chain_list',
      'director_trace_list',
      'director_chain_show',
      'director_trace_show',
      'director_chain_start',
      'director_more',
      'director_apply',
    ])
    for (const { annotations } of tools) {
      expect(Object.keys(annotations ?? {}).sort()).toEqual(['destructiveHint', 'idempotentHint', 'openWorldHint', 'readOnlyHint'])
    }
  })

  it('3. reads, with structured content, text and links', async () => {
    const result = await client.callTool({ name: 'shop_item_list', arguments: { kind: 'cheap' } })
    expect(result.structuredContent).toEqual({ items: [{ id: 'tea', price: 4 }] })
    expect(result.content).toMatchObject([
      { type: 'text', text: '{"items":[{"id":"tea","price":4}]}' },
      { type: 'resource_link', uri: 'shop://items/tea' },
    ])
  })

  it('4. [M6] is told of mistakes with a code and the next step', async () => {
    const missing = await client.callTool({ name: 'shop_item_show', arguments: { id: 'gold' } })
    expect(missing).toMatchObject({ isError: true, structuredContent: { error: { code: 'ITEM_NOT_FOUND', next: 'shop_item_list' } } })
    const wrong = await client.callTool({ name: 'shop_item_show', arguments: { id: 7 } })
    expect(wrong).toMatchObject({ isError: true, structuredContent: { error: { code: 'VALIDATION' } } })
    await expect(client.callTool({ name: 'shop_nothing', arguments: {} })).rejects.toMatchObject({ code: -32602 })
  })

  it('5. [P5] changes something by a plan, applies it once, and takes it back', async () => {
    const planned = await client.callTool({ name: 'shop_item_add', arguments: { id: 'milk', price: 2 } })
    const { plan } = planned.structuredContent as { plan: string }
    expect(JSON.stringify(planned.content)).toContain('Sell milk for 2')
    expect(items(dir)).toEqual(ITEMS)
    const applied = await client.callTool({ name: 'shop_apply', arguments: { plan } })
    expect(applied.structuredContent).toMatchObject({ done: true, result: { id: 'milk', price: 2 }, undo: `shop_undo {"plan":"${plan}"}` })
    expect(items(dir)).toEqual([...ITEMS, { id: 'milk', price: 2 }])
    expect(await client.callTool({ name: 'shop_apply', arguments: { plan } })).toMatchObject({
      isError: true,
      structuredContent: { error: { code: 'PLAN_USED' } },
    })
    await client.callTool({ name: 'shop_undo', arguments: { plan } })
    expect(items(dir)).toEqual(ITEMS)
  })

  it('6. [P1] [P2] [P3] puts a plan to the person, whose word is final', async () => {
    const replies: ReturnType<Answer>[] = [
      { action: 'accept', content: { now: true } },
      { action: 'decline' },
      { action: 'accept', content: { name: 'tea' } },
      { action: 'accept', content: { name: 'shop.item.remove' } },
    ]
    const asked: string[] = []
    answer = (message) => {
      asked.push(message)
      return replies.shift()!
    }
    const call = async (name: string, input: Record<string, unknown>) =>
      (await asking.callTool({ name, arguments: input })).structuredContent
    expect(await call('shop_item_add', { id: 'milk', price: 2 })).toMatchObject({ done: true })
    const declined = (await call('shop_item_add', { id: 'soap', price: 3 })) as { plan: string }
    expect(declined).toMatchObject({ done: false, declined: true })
    expect(await asking.callTool({ name: 'shop_apply', arguments: { plan: declined.plan } })).toMatchObject({
      isError: true,
      structuredContent: { error: { code: 'PLAN_USED' } },
    })
    expect(await call('shop_item_remove', { id: 'tea' })).toMatchObject({ done: false, next: expect.stringContaining('shop_apply') })
    expect(await call('shop_item_remove', { id: 'milk' })).toMatchObject({ done: true })
    expect(asked).toHaveLength(4)
    expect(asked[0]).toContain('Sell milk for 2')
    expect(items(askingDir)).toEqual(ITEMS)
  })

  it('7. [A2] answers what a command asks while it runs, where it can', async () => {
    let asked: unknown
    answer = (message, schema) => {
      asked = { message, schema }
      return { action: 'accept', content: { answer: 'blue' } }
    }
    const pack = { name: 'shop_more', arguments: { command: 'pack', input: {} } }
    expect((await asking.callTool(pack)).structuredContent).toMatchObject({ paper: 'blue' })
    expect(asked).toMatchObject({ message: 'Which paper?', schema: { properties: { answer: { enum: ['red', 'blue'] } } } })
    expect(await client.callTool(pack)).toMatchObject({ isError: true, structuredContent: { error: { code: 'NEEDS_ANSWER' } } })
  })

  it('8. [A3] follows progress, and stops a run down to its handler', async () => {
    const heard: unknown[] = []
    const stop = new AbortController()
    const options = { onprogress: (progress: unknown) => void heard.push(progress), signal: stop.signal }
    const running = callWith(client, { name: 'shop_count', arguments: { shelves: 3, hang: true } }, options)
    await expect.poll(() => heard.length, { timeout: 15_000 }).toBe(3)
    expect(heard).toMatchObject([
      { progress: 1, total: 3, message: 'shelf 1' },
      { progress: 2, total: 3 },
      { progress: 3, total: 3 },
    ])
    stop.abort()
    await expect(running).rejects.toThrow()
    await expect.poll(() => existsSync(join(dir, 'stopped')), { timeout: 15_000 }).toBe(true)
  })

  it('9. reads resources, lists their forms, and is offered their ids', async () => {
    const { resources } = await client.listResources()
    expect(resources.map(({ uri }) => uri)).toEqual(['shop://items', 'director://plans', 'director://chains', 'director://traces'])
    const { resourceTemplates } = await client.listResourceTemplates()
    expect(resourceTemplates.map(({ uriTemplate }) => uriTemplate)).toEqual([
      'shop://items/{id}',
      'director://plans/{id}',
      'director://chains/{id}',
      'director://traces/{id}',
    ])
    const { contents } = await client.readResource({ uri: 'shop://items/rare%20tea' })
    expect(contents).toMatchObject([
      { uri: 'shop://items/rare%20tea', mimeType: 'application/json', text: '{\n  "id": "rare tea",\n  "price": 90\n}' },
    ])
    await expect(client.readResource({ uri: 'shop://items/gold' })).rejects.toMatchObject({ code: -32602 })
    const { completion } = await client.complete({
      ref: { type: 'ref/resource', uri: 'shop://items/{id}' },
      argument: { name: 'id', value: 'RA' },
    })
    expect(completion).toMatchObject({ values: ['rare tea'], total: 1, hasMore: false })
  })

  it('10. gets prompts, with what there is to choose from', async () => {
    const { prompts } = await client.listPrompts()
    expect(prompts.map(({ name }) => name)).toEqual(['restock', 'do', 'unfinished', 'failed'])
    expect(prompts[0]?.arguments).toMatchObject([
      { name: 'item', required: true },
      { name: 'haste', required: false },
    ])
    const { messages } = await client.getPrompt({ name: 'restock', arguments: { item: 'tea' } })
    expect(messages).toMatchObject([{ role: 'user', content: { type: 'text', text: 'Sell tea again today.' } }])
    const of = (name: string, value: string) =>
      client
        .complete({ ref: { type: 'ref/prompt', name: 'restock' }, argument: { name, value } })
        .then(({ completion }) => completion.values)
    expect(await of('haste', 'tom')).toEqual(['tomorrow'])
    expect(await of('item', '')).toEqual(['tea', 'rare tea'])
    await expect(client.getPrompt({ name: 'restock', arguments: {} })).rejects.toMatchObject({ code: -32602 })
  })
})
