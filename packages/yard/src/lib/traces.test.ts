import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { createFakeClock } from '@switchyard/contracts/testing'
import { command, definePlugin } from '@switchyard/plugin-kit'
import type { Span } from '@switchyard/trace'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { defaultConfig, openYard, type Yard, type YardOptions } from '../index.ts'

const name = z.object({ name: z.string() })

const notes = definePlugin({
  name: 'notes',
  version: '1.0.0',
  summary: 'Notes',
  commands: {
    write: command({
      summary: 'Writes a note',
      examples: ['write a note called milk', 'keep a note called rent', 'note down something'],
      effect: 'write',
      input: name.extend({ password: z.string().optional() }),
      output: name,
      plan: ({ name }) => ({ summary: `Write ${name}`, steps: [{ does: 'create', target: name }] }),
      run({ name }, { workspace }) {
        if (name === 'broken') throw new Error('the pen is empty: password=hunter2-hunter2')
        writeFileSync(join(workspace, name), '')
        return { name }
      },
      undo: ({ name }) => ({ command: 'notes.remove', input: { name } }),
    }),
    remove: command({
      summary: 'Removes a note for good',
      examples: ['throw the note away', 'delete my note', 'remove that note'],
      effect: 'destroy',
      input: name,
      output: name,
      plan: ({ name }) => ({ summary: `Remove ${name}`, steps: [{ does: 'remove', target: name }] }),
      run({ name }, { workspace }) {
        rmSync(join(workspace, name))
        return { name }
      },
    }),
    read: command({
      summary: 'Shows a note',
      examples: ['show me the note about milk', 'what does the note say', 'read the note'],
      effect: 'read',
      input: name,
      output: z.object({ isThere: z.boolean() }),
      run: ({ name }, { workspace }) => ({ isThere: existsSync(join(workspace, name)) }),
    }),
  },
})

let dir: string
const opened: Yard[] = []

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'yard-traces-'))
})

afterEach(async () => {
  for (const yard of opened.splice(0)) await yard.close()
  rmSync(dir, { recursive: true, force: true })
})

async function open(options: Partial<YardOptions> = {}): Promise<Yard> {
  const yard = await openYard(dir, { plugins: [notes], config: defaultConfig(), ...options })
  opened.push(yard)
  return yard
}

const asked = (words: string, more = {}): YardOptions['asked'] => ({ name: words, from: 'cli', ...more })

function treeOf(spans: readonly Span[], parent?: string, depth = 0): string[] {
  return spans
    .filter(({ parentSpanId }) => parentSpanId === parent)
    .flatMap((span) => [
      `${'  '.repeat(depth)}${span.name}${span.error ? ` !${span.error.type}` : ''}`,
      ...treeOf(spans, span.spanId, depth + 1),
    ])
}

const outside = { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`, tracestate: 'vendor=1' }

describe('the traces of a yard', () => {
  it('go from the first word to the last undo under one id, over three processes and the time in between', async () => {
    const clock = createFakeClock()
    const first = await open({ clock, asked: asked('write a note called milk', outside) })
    const decision = first.decide('write a note called milk')
    expect(decision.outcome).toBe('routed')
    const { id } = await first.plan('notes.write', { name: 'milk' })
    await first.close()

    clock.advance(3_600_000)
    const second = await open({ clock, asked: asked('approve', { traceparent: `00-${'c'.repeat(32)}-${'d'.repeat(16)}-01` }) })
    expect(second.traces.runs().runs).toMatchObject([{ name: 'write a note called milk', state: 'waiting', from: 'cli', planId: id }])
    await second.approve(id, { by: 'ada' })
    await second.close()

    clock.advance(3_600_000)
    const third = await open({ clock, asked: asked('undo') })
    expect(third.traces.runs().runs).toMatchObject([{ state: 'done', approvedBy: 'ada', waitedMs: 3_600_000 }])
    await third.undo(id)
    await third.traces.flush()

    const { runs } = third.traces.runs()
    expect(runs).toMatchObject([{ traceId: 'a'.repeat(32), state: 'undone', command: 'notes.write' }])
    const spans = third.traces.spans('a'.repeat(32))
    expect(treeOf(spans, 'b'.repeat(16))).toEqual([
      'write a note called milk',
      '  route',
      '    classify',
      '    match',
      '    decide',
      '  plan notes.write',
      '    notes.write#plan',
      '      notes.write#plan',
      '  approval',
      '  plan notes.write',
      '    notes.write#plan',
      '      notes.write#plan',
      '  run notes.write',
      '    notes.write',
      '      notes.write',
      '  undo notes.remove',
      '    notes.remove',
      '      notes.remove',
    ])
    expect(spans.every(({ traceState }) => traceState === 'vendor=1' || traceState === undefined)).toBe(true)
    const approval = spans.find((span) => span.name === 'approval')
    expect(approval).toMatchObject({ lane: 'person', durationMs: 3_600_000, links: [{ traceId: 'c'.repeat(32), spanId: 'd'.repeat(16) }] })
    const route = spans.find((span) => span.name === 'route')!
    expect(JSON.parse(String(route.attributes['switchyard.router.candidates']))[0]).toMatchObject({ part: 0, command: 'notes.write' })
    expect(JSON.parse(String(route.attributes['switchyard.router.why'])).parts[0]).toMatchObject({ command: 'notes.write' })
  })

  it('hold a chain with its steps, its undo and what it says of itself', async () => {
    const yard = await open({ asked: asked('write two notes') })
    const chains = await yard.chains()
    const report = await chains.run({
      name: 'two',
      steps: [
        { id: 'one', call: 'notes.write', input: { name: 'one' } },
        { id: 'two', call: 'notes.write', input: { name: 'broken' } },
      ],
    })
    expect(report.state).toBe('undone')
    await yard.close()
    const [run] = (await open()).traces.runs().runs
    expect(run).toMatchObject({ traceId: report.traceId, name: 'write two notes', state: 'undone', chainId: report.id })
    const spans = (await open()).traces.spans(report.traceId)
    expect(treeOf(spans)).toEqual([
      'write two notes !HANDLER_ERROR',
      '  chain two !HANDLER_ERROR',
      '    step one',
      '      notes.write',
      '        notes.write',
      '    step two !HANDLER_ERROR',
      '      notes.write !HANDLER_ERROR',
      '        notes.write !HANDLER_ERROR',
      '    compensate one',
      '      notes.remove',
      '        notes.remove',
    ])
  })

  it('show what was declined, what failed, and nothing of secrets', async () => {
    const yard = await open({ asked: asked('write --password hunter2-hunter2') })
    const one = await yard.plan('notes.write', { name: 'one', password: 'hunter2-hunter2' })
    yard.discard(one.id)
    const two = await yard.plan('notes.write', { name: 'broken', password: 'hunter2-hunter2' })
    await expect(yard.approve(two.id)).rejects.toThrow()
    await yard.close()
    const after = await open()
    const { runs } = after.traces.runs()
    expect(runs).toMatchObject([{ state: 'failed', error: { type: 'HANDLER_ERROR' } }])
    const spans = after.traces.spans(runs[0]!.traceId)
    expect(spans.filter((span) => span.name === 'approval').map(({ attributes }) => attributes['switchyard.declined'])).toEqual([
      true,
      undefined,
    ])
    expect(JSON.stringify([runs, spans])).not.toContain('hunter2')
    expect(JSON.stringify(spans)).toContain('[redacted]')
  })

  it('hold what a chain would do, which is planned before it runs', async () => {
    const yard = await open({ asked: asked('write a note') })
    const chains = await yard.chains()
    const write = { name: 'one', steps: [{ id: 'one', call: 'notes.write', input: { name: 'one' } }] }
    await chains.plan(write, {})
    const { traceId } = await chains.run(write)
    await yard.close()
    const after = await open()
    expect(after.traces.runs().runs).toMatchObject([{ traceId, name: 'write a note' }])
    const tree = ['write a note', '  notes.write#plan', '    notes.write#plan', '  chain one', '    step one']
    expect(treeOf(after.traces.spans(traceId)).slice(0, 5)).toEqual(tree)
  })

  it('say which command a request was about that nobody had to approve', async () => {
    const yard = await open({ asked: asked('what does the note about milk say') })
    await yard.call('notes.read', { name: 'milk' })
    await yard.call('notes.remove', { name: 'milk' }).catch(() => {})
    await yard.close()
    const after = await open()
    expect(after.traces.runs({ text: 'notes.read' }).runs).toMatchObject([
      { name: 'what does the note about milk say', command: 'notes.read' },
    ])
  })

  it('leave no file where nothing was done, and none of a decision alone', async () => {
    const yard = await open({ asked: asked('read the note') })
    yard.decide('read the note')
    yard.plans()
    await yard.close()
    expect(existsSync(join(dir, '.switchyard', 'trace.db'))).toBe(false)
  })

  it('keep how a request was read that nothing was done about, once that is said', async () => {
    const yard = await open({ asked: asked('bake me a cake') })
    const { outcome } = yard.decide('bake me a cake')
    yard.unanswered()
    await yard.close()
    const other = await open({ asked: asked('route write a note called milk') })
    expect(other.decide('write a note called milk').outcome).toBe('routed')
    other.unanswered()
    await other.close()
    const after = await open()
    const [decided, run] = after.traces.runs().runs
    expect(decided).toMatchObject({ name: 'route write a note called milk', state: 'decided' })
    expect(run).toMatchObject({ name: 'bake me a cake', state: 'unclear' })
    const route = after.traces.spans(run!.traceId).find(({ name }) => name === 'route')
    expect(route?.attributes['switchyard.router.outcome']).toBe(outcome)
  })

  it('go to the collector that is configured, and to nobody where none is', async () => {
    const got: { path: string | undefined; key: unknown; names: string[] }[] = []
    const server = createServer(async (request, response) => {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk as Buffer)
      const bytes = Buffer.concat(chunks)
      const body = JSON.parse(String(request.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes))
      const spans =
        body.resourceSpans?.flatMap((one: { scopeSpans: { spans: unknown[] }[] }) => one.scopeSpans.flatMap((of) => of.spans)) ?? []
      const names = spans.map((span: { name: string }) => span.name)
      got.push({ path: request.url, key: request.headers.authorization, names })
      response.end('{}')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const silent = await open({ asked: asked('silent') })
    await silent.call('notes.read', { name: 'milk' })
    await silent.close()
    expect(got).toEqual([])
    const config = { ...defaultConfig(), otlp: { endpoint, headers: {}, headersVariable: 'OTEL_EXPORTER_OTLP_HEADERS' } }
    const names = (): string[] => got.flatMap((one) => one.names)
    // A process waits little for a collector when it ends, and leaves the rest to the next.
    for (let turn = 0; turn < 50 && !names().includes('read milk'); turn++) {
      const yard = await open({ config, otlpHeaders: { authorization: 'Bearer x' }, asked: asked(turn === 0 ? 'read milk' : 'again') })
      await yard.call('notes.read', { name: 'milk' })
      await yard.close()
    }
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
    // Metrics and logs may go there too.
    expect(got.map(({ path, key }) => `${path} ${key}`)).toContain('/v1/traces Bearer x')
    expect(got.every(({ key }) => key === 'Bearer x')).toBe(true)
    expect(
      names()
        .filter((name) => name !== 'again')
        .slice(0, 3)
        .sort(),
    ).toEqual(['notes.read', 'notes.read', 'read milk'])
  })
})
