import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

/** Each look starts the Inspector anew, which is large. */
const NODE_COMPILE_CACHE = join(tmpdir(), 'switchyard-compile-cache')
const SERVE = fileURLToPath(new URL('./fixtures/serve.ts', import.meta.url))

let dir: string
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'mcp-inspector-'))
  writeFileSync(join(dir, 'items.json'), '[{"id":"tea","price":4}]')
})
afterAll(() => rmSync(dir, { recursive: true }))

describe.for(['legacy', 'modern', 'auto'])('the Inspector, era %s', (era) => {
  async function inspect(method: string, ...args: readonly string[]): Promise<Record<string, unknown>> {
    const server = [process.execPath, '--conditions=@switchyard/source', SERVE, dir, 'shop', 'director']
    const line = [
      '--cli',
      ...server,
      '--method',
      method,
      ...args,
      '--protocol-era',
      era,
      '--connect-timeout',
      '100000',
      '--format',
      'json',
      '-q',
    ]
    const { stdout } = await promisify(execFile)('mcp-inspector', line, {
      cwd: dir,
      env: { PATH: process.env.PATH, HOME: dir, NODE_COMPILE_CACHE },
    })
    return (JSON.parse(stdout) as { result: Record<string, unknown> }).result
  }

  it('lists without a strict finding, calls, reads and gets', { timeout: 120_000 }, async () => {
    const [list, call, read, prompt] = await Promise.all([
      inspect('tools/list', '--strict'),
      inspect('tools/call', '--tool-name', 'shop_item_show', '--tool-arg', 'id=tea'),
      inspect('resources/read', '--uri', 'shop://items/tea'),
      inspect('prompts/get', '--prompt-name', 'restock', '--prompt-args', 'item=tea'),
    ])
    expect(list).toMatchObject({ tools: { length: 17 } })
    expect(call).toMatchObject({ structuredContent: { id: 'tea', price: 4 } })
    expect(read).toMatchObject({ contents: [{ uri: 'shop://items/tea' }] })
    expect(prompt).toMatchObject({ messages: [{ content: { text: 'Sell tea again today.' } }] })
  })
})
