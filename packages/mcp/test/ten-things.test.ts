import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Client as ModernClient } from '@modelcontextprotocol/client'
import { StdioClientTransport as ModernStdio } from '@modelcontextprotocol/client/stdio'
import { Client as LegacyClient } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport as LegacyStdio } from '@modelcontextprotocol/sdk/client/stdio.js'
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const SERVE = fileURLToPath(new URL('./fixtures/serve.ts', import.meta.url))

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'mcp-'))
  writeFileSync(
    join(dir, 'items.json'),
    JSON.stringify([
      { id: 'tea', price: 4 },
      { id: 'rare tea', price: 90 },
    ]),
  )
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

/** What a person makes of a form. */
type Answer = (message: string, schema: unknown) => { action: 'accept' | 'decline' | 'cancel'; content?: Record<string, string | boolean> }

/** What both clients have in common of what is used here. */
type AnyClient = Pick<
  ModernClient,
  | 'listTools'
  | 'listResources'
  | 'listResourceTemplates'
  | 'readResource'
  | 'listPrompts'
  | 'getPrompt'
  | 'complete'
  | 'callTool'
  | 'getServerVersion'
  | 'getInstructions'
  | 'close'
>

const server = (): { command: string; args: string[] } => ({
  command: process.execPath,
  args: ['--conditions=@switchyard/source', SERVE, dir, 'shop', 'director'],
})

async function modern(answer: Answer | undefined, versions: string | undefined): Promise<AnyClient> {
  const client = new ModernClient(
    { name: 'modern', version: '1' },
    {
      capabilities: answer === undefined ? {} : { elicitation: { form: {} } },
      ...(versions !== undefined && { versionNegotiation: { mode: { pin: versions } } }),
    },
  )
  if (answer !== undefined) {
    client.setRequestHandler('elicitation/create', ({ params }) =>
      answer(params.message, 'requestedSchema' in params ? params.requestedSchema : {}),
    )
  }
  await client.connect(new ModernStdio(server()))
  return client
}

async function legacy(answer: Answer | undefined): Promise<AnyClient> {
  const client = new LegacyClient({ name: 'legacy', version: '1' }, { capabilities: answer === undefined ? {} : { elicitation: {} } })
  if (answer !== undefined) {
    client.setRequestHandler(ElicitRequestSchema, ({ params }) =>
      answer(params.message, 'requestedSchema' in params ? params.requestedSchema : {}),
    )
  }
  await client.connect(new LegacyStdio(server()))
  return client as unknown as AnyClient
}

/** The older client takes a schema before the options. */
function callWith(client: AnyClient, params: { name: string; arguments: Record<string, unknown> }, options: object): Promise<unknown> {
  const callTool = client.callTool.bind(client) as (...args: unknown[]) => Promise<unknown>
  return client instanceof ModernClient ? callTool(params, options) : callTool(params, undefined, options)
}

const CLIENTS: readonly (readonly [string, (answer?: Answer) => Promise<AnyClient>])[] = [
  ['@modelcontextprotocol/sdk 1.x', (answer) => legacy(answer)],
  ['@modelcontextprotocol/client 2.x, 2026-07-28', (answer) => modern(answer, '2026-07-28')],
  ['@modelcontextprotocol/client 2.x, as it comes', (answer) => modern(answer, undefined)],
]

describe.for(CLIENTS)('a client of %s', ([, connect]) => {
  it('1. learns who serves', async () => {
    const client = await connect()
    expect(client.getServerVersion()).toMatchObject({ name: 'switchyard', version: '9.9.9' })
    expect(client.getInstructions()).toContain('shop_apply')
    await client.close()
  })

  it('2. lists tools that say all that is to be known of them', async () => {
    const client = await connect()
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
      'director_chain_show',
      'director_chain_start',
      'director_more',
      'director_apply',
    ])
    for (const { annotations } of tools) {
      expect(Object.keys(annotations ?? {}).sort()).toEqual(['destructiveHint', 'idempotentHint', 'openWorldHint', 'readOnlyHint'])
    }
    await client.close()
  })

  it('3. reads, with structured content, text and links', async () => {
    const client = await connect()
    const result = await client.callTool({ name: 'shop_item_list', arguments: { kind: 'cheap' } })
    expect(result.structuredContent).toEqual({ items: [{ id: 'tea', price: 4 }] })
    expect(result.content).toMatchObject([
      { type: 'text', text: '{"items":[{"id":"tea","price":4}]}' },
      { type: 'resource_link', uri: 'shop://items/tea' },
    ])
    await client.close()
  })

  it('4. [M6] is told of mistakes with a code and the next step', async () => {
    const client = await connect()
    const missing = await client.callTool({ name: 'shop_item_show', arguments: { id: 'gold' } })
    expect(missing).toMatchObject({ isError: true, structuredContent: { error: { code: 'ITEM_NOT_FOUND', next: 'shop_item_list' } } })
    const wrong = await client.callTool({ name: 'shop_item_show', arguments: { id: 7 } })
    expect(wrong).toMatchObject({ isError: true, structuredContent: { error: { code: 'VALIDATION' } } })
    await expect(client.callTool({ name: 'shop_nothing', arguments: {} })).rejects.toMatchObject({ code: -32602 })
    await client.close()
  })

  it('5. [P5] changes something by a plan, applies it once, and takes it back', async () => {
    const client = await connect()
    const before = readFileSync(join(dir, 'items.json'), 'utf8')
    const planned = await client.callTool({ name: 'shop_item_add', arguments: { id: 'milk', price: 2 } })
    const { plan } = planned.structuredContent as { plan: string }
    expect(JSON.stringify(planned.content)).toContain('Sell milk for 2')
    expect(readFileSync(join(dir, 'items.json'), 'utf8')).toBe(before)
    const applied = await client.callTool({ name: 'shop_apply', arguments: { plan } })
    expect(applied.structuredContent).toMatchObject({ done: true, result: { id: 'milk', price: 2 }, undo: `shop_undo {"plan":"${plan}"}` })
    expect(readFileSync(join(dir, 'items.json'), 'utf8')).toContain('milk')
    expect(await client.callTool({ name: 'shop_apply', arguments: { plan } })).toMatchObject({
      isError: true,
      structuredContent: { error: { code: 'PLAN_USED' } },
    })
    await client.callTool({ name: 'shop_undo', arguments: { plan } })
    expect(readFileSync(join(dir, 'items.json'), 'utf8')).toBe(before)
    await client.close()
  })

  it('6. [P1] [P2] [P3] puts a plan to the person, whose word is final', async () => {
    const replies: ReturnType<Answer>[] = [
      { action: 'accept', content: { now: true } },
      { action: 'decline' },
      { action: 'accept', content: { name: 'tea' } },
      { action: 'accept', content: { name: 'shop.item.remove' } },
    ]
    const asked: string[] = []
    const client = await connect((message) => {
      asked.push(message)
      return replies.shift()!
    })
    expect((await client.callTool({ name: 'shop_item_add', arguments: { id: 'milk', price: 2 } })).structuredContent).toMatchObject({
      done: true,
    })
    const declined = (await client.callTool({ name: 'shop_item_add', arguments: { id: 'soap', price: 3 } })).structuredContent as {
      plan: string
    }
    expect(declined).toMatchObject({ done: false, declined: true })
    expect(await client.callTool({ name: 'shop_apply', arguments: { plan: declined.plan } })).toMatchObject({
      isError: true,
      structuredContent: { error: { code: 'PLAN_USED' } },
    })
    const misspelt = await client.callTool({ name: 'shop_item_remove', arguments: { id: 'tea' } })
    expect(misspelt.structuredContent).toMatchObject({ done: false, next: expect.stringContaining('shop_apply') })
    expect((await client.callTool({ name: 'shop_item_remove', arguments: { id: 'milk' } })).structuredContent).toMatchObject({ done: true })
    expect(asked).toHaveLength(4)
    expect(asked[0]).toContain('Sell milk for 2')
    expect(JSON.parse(readFileSync(join(dir, 'items.json'), 'utf8'))).toEqual([
      { id: 'tea', price: 4 },
      { id: 'rare tea', price: 90 },
    ])
    await client.close()
  })

  it('7. [A2] answers what a command asks while it runs, where it can', async () => {
    const client = await connect((message, schema) => {
      expect(message).toBe('Which paper?')
      expect(schema).toMatchObject({ properties: { answer: { enum: ['red', 'blue'] } } })
      return { action: 'accept', content: { answer: 'blue' } }
    })
    const packed = await client.callTool({ name: 'shop_more', arguments: { command: 'pack', input: {} } })
    expect(packed.structuredContent).toMatchObject({ paper: 'blue' })
    await client.close()
    const mute = await connect()
    expect(await mute.callTool({ name: 'shop_more', arguments: { command: 'pack', input: {} } })).toMatchObject({
      isError: true,
      structuredContent: { error: { code: 'NEEDS_ANSWER' } },
    })
    await mute.close()
  })

  it('8. [A3] follows progress, and stops a run down to its handler', async () => {
    const client = await connect()
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
    await client.close()
  })

  it('9. reads resources, lists their forms, and is offered their ids', async () => {
    const client = await connect()
    const { resources } = await client.listResources()
    expect(resources.map(({ uri }) => uri)).toEqual(['shop://items', 'director://plans', 'director://chains'])
    const { resourceTemplates } = await client.listResourceTemplates()
    expect(resourceTemplates.map(({ uriTemplate }) => uriTemplate)).toEqual([
      'shop://items/{id}',
      'director://plans/{id}',
      'director://chains/{id}',
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
    await client.close()
  })

  it('10. gets prompts, with what there is to choose from', async () => {
    const client = await connect()
    const { prompts } = await client.listPrompts()
    expect(prompts.map(({ name }) => name)).toEqual(['restock', 'do', 'unfinished'])
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
    await client.close()
  })
})
