import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { startRaw } from './raw-client.ts'

const SERVE = fileURLToPath(new URL('./fixtures/serve.ts', import.meta.url))
const REQUESTS = 10_000
const AT_ONCE = 100

const METHODS = [
  'tools/list',
  'tools/call',
  'resources/list',
  'resources/read',
  'resources/templates/list',
  'prompts/list',
  'prompts/get',
  'completion/complete',
  'initialize',
  'ping',
  'server/discover',
  'tools/explode',
  '',
  'constructor',
  '__proto__',
]
const TOOLS = [
  'shop_item_list',
  'shop_item_show',
  'shop_item_add',
  'shop_item_remove',
  'shop_more',
  'shop_apply',
  'shop_undo',
  'director_route',
  'x',
]

const HUGE = 'x'.repeat(300_000)
const scalar = fc.oneof(
  { weight: 200, arbitrary: fc.string() },
  { weight: 200, arbitrary: fc.integer() },
  { weight: 200, arbitrary: fc.double() },
  { weight: 200, arbitrary: fc.boolean() },
  { weight: 200, arbitrary: fc.constant(null) },
  { weight: 200, arbitrary: fc.string({ unit: 'binary' }) },
  // A few hundred in all; more would only be time.
  { weight: 1, arbitrary: fc.constant(HUGE) },
)
const anything = fc.oneof(
  scalar,
  fc.array(scalar, { maxLength: 4 }),
  fc.dictionary(fc.string(), scalar, { maxKeys: 4 }),
  fc.object({ maxDepth: 3 }),
)
const named = fc.record(
  {
    name: fc.oneof(fc.constantFrom(...TOOLS), anything),
    arguments: fc.oneof(
      anything,
      fc.record(
        { id: anything, price: anything, plan: anything, command: anything, input: anything, request: anything },
        { requiredKeys: [] },
      ),
    ),
    uri: fc.oneof(fc.constantFrom('shop://items', 'shop://items/%', 'shop://items/x', 'director://chains/x'), anything),
    cursor: anything,
    ref: fc.oneof(anything, fc.record({ type: fc.constantFrom('ref/prompt', 'ref/resource'), name: anything, uri: anything })),
    argument: fc.oneof(anything, fc.record({ name: anything, value: anything })),
    _meta: fc.oneof(
      anything,
      fc.record({
        progressToken: anything,
        traceparent: anything,
        'io.modelcontextprotocol/protocolVersion': fc.oneof(fc.constant('2026-07-28'), anything),
      }),
    ),
    requestState: anything,
    inputResponses: anything,
  },
  { requiredKeys: [] },
)
const request = fc.record({
  method: fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...METHODS) }, { weight: 1, arbitrary: fc.string() }),
  params: fc.oneof(named, anything),
})
/** What is no request at all: half a message, a batch, noise. */
const noise = fc.oneof(
  fc.constantFrom(
    '{"jsonrpc":"2.0","id":',
    '[]',
    '[{"jsonrpc":"2.0","id":1,"method":"ping"}]',
    'null',
    '{}',
    '{"jsonrpc":"1.0","id":1,"method":"ping"}',
    '\u0000',
  ),
  fc.string().map((text) => text.replaceAll('\n', ' ')),
)

/** Of JSON-RPC and of MCP; anything else would be a fault of ours. */
const CODES = new Set([-32600, -32601, -32602, -32004, -32021, -32022])

it(`[C2] [M6] answers ${REQUESTS} requests that make no sense, each with the code for it, and goes on`, { timeout: 180_000 }, async () => {
  const dir = mkdtempSync(join(tmpdir(), 'mcp-fuzz-'))
  const client = await startRaw(['--conditions=@switchyard/source', SERVE, dir, 'shop', 'director'])
  const seed = Math.floor(Math.random() * 2 ** 31)
  const cases = fc.sample(fc.tuple(request, fc.option(noise, { freq: 8 })), { numRuns: REQUESTS, seed })
  const wrong: string[] = []
  for (let start = 0; start < cases.length; start += AT_ONCE) {
    await Promise.all(
      cases.slice(start, start + AT_ONCE).map(async ([{ method, params }, junk]) => {
        if (junk !== null) client.write(`${junk}\n`)
        const { result, error } = await client.request(method, params as Readonly<Record<string, unknown>>)
        const isRight = error === undefined ? result !== undefined : CODES.has(error.code)
        if (!isRight) wrong.push(`${method} ${JSON.stringify(params)?.slice(0, 300)}: ${JSON.stringify(error)}`)
      }),
    )
  }
  expect(wrong.slice(0, 5), `seed ${seed}`).toEqual([])
  expect(client.lines.some((line) => line.includes('-32700'))).toBe(true)
  const { result } = await client.call('shop_item_list')
  expect(result?.structuredContent).toEqual({ items: [] })
  expect(await client.end()).toMatchObject({ code: 0 })
  rmSync(dir, { recursive: true })
})
