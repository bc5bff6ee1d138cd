import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Client } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { createTraceStore, type Span, type TraceStore } from '@switchyard/trace'
import { createOtlpExporter, startOtlpReceiver } from '@switchyard/trace/otlp'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const SERVE = fileURLToPath(new URL('./fixtures/serve.ts', import.meta.url))
/** A session of Claude Code in which it called a tool as `toolu_1`. */
const CLAUDE = fileURLToPath(new URL('../../trace/test/fixtures/claude-traces.json', import.meta.url))

let dir: string
let store: TraceStore

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'mcp-trace-'))
  writeFileSync(join(dir, 'items.json'), JSON.stringify([{ id: 'tea', price: 4 }]))
  store = createTraceStore({ path: join(dir, '.switchyard', 'trace.db') })
})

afterEach(async () => {
  await store.close()
  rmSync(dir, { recursive: true, force: true })
})

async function connect(): Promise<Client> {
  const client = new Client({ name: 'claude-code', version: '2.1.329' }, { capabilities: {} })
  const args = ['--conditions=@switchyard/source', SERVE, dir, 'shop', 'director']
  await client.connect(new StdioClientTransport({ command: process.execPath, args }))
  return client
}

function treeOf(spans: readonly Span[], parent?: string, depth = 0): string[] {
  return spans
    .filter(({ parentSpanId }) => parentSpanId === parent)
    .flatMap((span) => [`${'  '.repeat(depth)}${span.name}`, ...treeOf(spans, span.spanId, depth + 1)])
}

/** Until something holds of what the server has written, which it does in batches. */
function until(holds: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const timer = setInterval(() => {
      if (!holds()) return
      clearInterval(timer)
      resolve()
    }, 50)
  })
}

describe('a tool call', () => {
  it('[P7] is in the trace of Claude Code once that has sent its own spans, joined by the tool use id', { timeout: 60_000 }, async () => {
    const client = await connect()
    await client.callTool({ name: 'shop_item_show', arguments: { id: 'tea' }, _meta: { 'claudecode/toolUseId': 'toolu_1' } })
    await until(() => store.runs().runs[0]?.state === 'done')
    await client.close()
    const receiver = await startOtlpReceiver({ port: 0, traces: (spans) => spans.forEach(store.add) })
    const exporter = createOtlpExporter({ endpoint: receiver.url })
    exporter.send('traces', JSON.parse(readFileSync(CLAUDE, 'utf8')), 5)
    await exporter.close()
    await receiver.close()
    await store.flush()
    const { runs } = store.runs()
    expect(runs).toMatchObject([{ name: 'shop.item.show', from: 'mcp' }])
    const spans = store.spans(runs[0]!.traceId)
    expect(treeOf(spans)).toEqual([
      'claude_code.interaction',
      '  claude_code.llm_request',
      '  claude_code.tool',
      '    claude_code.tool.blocked_on_user',
      '    claude_code.tool.execution',
      '    shop.item.show',
      '      shop.item.show',
      '        shop.item.show',
    ])
    expect(spans.find(({ attributes }) => attributes['switchyard.from'] === 'mcp')?.attributes).toMatchObject({
      'mcp.method.name': 'tools/call',
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': 'shop_item_show',
      'gen_ai.tool.call.id': 'toolu_1',
    })
  })

  it('[P7] goes on with the trace that its caller names, from the plan to the undo', { timeout: 60_000 }, async () => {
    const client = await connect()
    const traceId = 'ab'.repeat(16)
    const _meta = { traceparent: `00-${traceId}-${'cd'.repeat(8)}-01`, tracestate: 'vendor=1' }
    const planned = await client.callTool({ name: 'shop_item_add', arguments: { id: 'milk', price: 2 }, _meta })
    const { plan } = planned.structuredContent as { plan: string }
    // Later, and of another conversation.
    await client.callTool({ name: 'shop_apply', arguments: { plan } })
    await client.callTool({ name: 'shop_undo', arguments: { plan } })
    await client.callTool({ name: 'shop_item_show', arguments: { id: 'gold' } })
    await until(() => store.run(traceId)?.state === 'undone' && store.runs({ states: ['failed'] }).runs.length === 1)
    await client.close()
    expect(store.run(traceId)).toMatchObject({
      name: 'shop.item.add',
      state: 'undone',
      from: 'mcp',
      planId: plan,
      approvedBy: 'mcp client',
    })
    const spans = store.spans(traceId)
    expect(spans.every(({ traceState }) => traceState === 'vendor=1')).toBe(true)
    const names = spans.map(({ name }) => name)
    for (const name of ['approval', 'plan shop.item.add', 'run shop.item.add', 'undo shop.item.remove']) expect(names).toContain(name)
    expect(store.runs({ states: ['failed'] }).runs).toMatchObject([{ name: 'shop.item.show', error: { type: 'ITEM_NOT_FOUND' } }])
  })
})
