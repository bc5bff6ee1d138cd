import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '@switchyard/contracts'
import { command, definePlugin } from '@switchyard/plugin-kit'
import { defaultConfig, openYard, type Yard } from '@switchyard/yard'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { createSurface, type Surface } from '../surface.ts'
import { createDirector } from './director.ts'

const shelf = new Set<string>()
const book = z.object({ title: z.string().min(1) })
const one = (title: string) => ({ summary: `Do something with ${title}`, steps: [{ does: 'change' as const, target: title }] })

const listBooks = command({
  summary: 'List the books on the shelf',
  examples: [
    'list my books',
    'which books are on the shelf',
    'show all books',
    'what books do i have',
    'books please',
    'books on my shelf',
  ],
  effect: 'read',
  input: z.object({}),
  output: z.object({ books: z.array(z.string()) }),
  run: () => ({ books: [...shelf] }),
})
const clearShelf = command({
  summary: 'Throw every book away',
  examples: [
    'throw all books away',
    'clear the shelf',
    'empty my shelf',
    'get rid of every book',
    'discard all of my books',
    'empty the shelf',
  ],
  effect: 'destroy',
  input: z.object({}),
  output: z.object({ gone: z.int() }),
  plan: () => one('shelf'),
  run() {
    const gone = shelf.size
    shelf.clear()
    return { gone }
  },
})
const addBook = command({
  summary: 'Put a book on the shelf',
  examples: ['put a book on the shelf', 'add a book', 'shelve this book', 'buy a novel', 'one more book for the shelf'],
  effect: 'write',
  input: book,
  output: book,
  plan: ({ title }) => one(title),
  undo: ({ title }) => ({ command: 'library.book.remove', input: { title } }),
  run({ title }) {
    shelf.add(title)
    return { title }
  },
})
const removeBook = command({
  summary: 'Take a book off the shelf',
  examples: ['take a book off the shelf', 'remove one book', 'lend a book to somebody', 'return a book to its owner'],
  effect: 'write',
  input: book,
  output: book,
  plan: ({ title }) => one(title),
  run({ title }) {
    shelf.delete(title)
    return { title }
  },
})
const library = definePlugin({
  name: 'library',
  version: '1.0.0',
  summary: 'Keeps books',
  commands: { 'book.list': listBooks, 'book.add': addBook, 'book.remove': removeBook, 'shelf.clear': clearShelf },
})
const cellar = definePlugin({
  name: 'cellar',
  version: '1.0.0',
  summary: 'Keeps wine',
  commands: {
    drink: command({
      summary: 'Drink a bottle of wine',
      examples: ['drink a bottle of wine', 'open some wine', 'have a glass of red wine'],
      effect: 'write',
      input: z.object({}),
      output: z.object({}),
      plan: () => one('bottle'),
      run: () => ({}),
    }),
  },
})

let dir: string
let yard: Yard
let surface: Surface
beforeEach(async () => {
  shelf.clear()
  dir = mkdtempSync(join(tmpdir(), 'mcp-director-'))
  mkdirSync(join(dir, 'chains'))
  writeFileSync(
    join(dir, 'chains/twice.yaml'),
    'name: twice\nsummary: Buy two books\nsteps:\n  - id: first\n    call: library.book.add\n    input: { title: one }\n' +
      '  - id: sure\n    ask: And another?\n  - id: second\n    call: library.book.add\n    input: { title: two }\n',
  )
  yard = await openYard(dir, { plugins: [library, cellar] })
  surface = surfaceOf(yard)
})
afterEach(async () => {
  await yard.close()
  rmSync(dir, { recursive: true })
})

function surfaceOf(opened: Yard): Surface {
  const actions = async () => opened
  return createSurface({
    mounts: [
      { source: library, actions },
      { source: cellar, actions },
      createDirector({ version: '1.0.0', openYard: actions, clock: systemClock }),
    ],
  })
}

async function call(name: string, input: unknown = {}): Promise<Readonly<Record<string, unknown>>> {
  const turn = await surface.callTool({ name, input, canAsk: false, signal: new AbortController().signal, progress() {} })
  if (turn.kind !== 'done') throw new Error('nobody was to be asked')
  return { ...(turn.result.structuredContent as object), ...(turn.result.isError === true && { isError: true }) }
}

const plain = (result: unknown): string => JSON.stringify(result)

describe('director_ask', () => {
  it('answers what only reads at once', async () => {
    shelf.add('emma')
    expect(await call('director_ask', { request: 'which books are on the shelf?' })).toEqual({
      outcome: 'done',
      results: [{ command: 'library.book.list', state: 'done', result: { books: ['emma'] }, input: {} }],
    })
  })

  it('plans what changes something, and does it when it is applied', async () => {
    shelf.add('emma')
    const planned = await call('director_ask', { request: 'clear the shelf' })
    expect(planned).toMatchObject({ outcome: 'planned', command: 'library.shelf.clear', next: expect.stringContaining('director_apply') })
    expect(shelf.size).toBe(1)
    expect(await call('director_apply', { plan: planned.plan })).toMatchObject({ done: true, result: { gone: 1 } })
    expect(shelf.size).toBe(0)
  })

  it('does nothing where it is not sure, and says what could be meant', async () => {
    const lost = await call('director_ask', { request: 'xyzzy plugh' })
    expect(['abstain', 'ask']).toContain(lost.outcome)
    expect(shelf.size).toBe(0)
    expect(await call('director_route', { request: 'list my books' })).toMatchObject({
      outcome: 'routed',
      parts: [{ command: 'library.book.list' }],
    })
  })

  it('asks once more about what is gone afterwards, where the request does not say so itself', async () => {
    shelf.add('emma')
    expect(await call('director_ask', { request: 'empty my shelf' })).toMatchObject({
      outcome: 'ask',
      parts: [{ command: 'library.shelf.clear' }],
    })
    expect(yard.plans()).toEqual([])
  })

  it('does what a configured model makes of words that the router does not know, and says what that cost', async () => {
    const message = {
      content: [{ type: 'tool_use', id: 't', name: 'choose', input: { command: 'library.book.list', args: {} } }],
      usage: { input_tokens: 1_000, output_tokens: 100 },
    }
    const api = createServer((_, response) => response.end(JSON.stringify(message)))
    await once(api.listen(0, '127.0.0.1'), 'listening')
    const baseUrl = `http://127.0.0.1:${(api.address() as AddressInfo).port}`
    const model = { baseUrl, name: 'claude-haiku-4-5', keyVariable: 'KEY', timeoutMs: 10_000 }
    await yard.close()
    yard = await openYard(dir, { plugins: [library, cellar], config: { ...defaultConfig(), model }, modelKey: 'sesame' })
    surface = surfaceOf(yard)
    const consulted = { model: 'claude-haiku-4-5', costUsd: expect.any(Number) }
    expect(await call('director_route', { request: 'xyzzy plugh' })).toMatchObject({
      outcome: 'routed',
      parts: [{ command: 'library.book.list' }],
      consulted,
    })
    expect(await call('director_ask', { request: 'xyzzy plugh' })).toMatchObject({
      outcome: 'done',
      consulted,
      results: [{ state: 'done' }],
    })
    api.closeAllConnections()
    api.close()
  })

  it('keeps a request of several parts as a chain that any later client can apply', async () => {
    const { plan, steps, next } = await call('director_ask', { request: 'show all books, then clear the shelf' })
    expect({ plan, next }).toEqual({
      plan: expect.stringMatching(/^c-/),
      next: expect.stringContaining(`director_apply {"plan":"${plan}"}`),
    })
    expect(plain(steps)).toContain('shelf')
    shelf.add('emma')
    await yard.close()
    yard = await openYard(dir, { plugins: [library, cellar] })
    surface = surfaceOf(yard)
    expect(await call('director_apply', { plan })).toMatchObject({
      done: true,
      result: { state: 'done', done: ['approval', 'part1', 'part2'] },
    })
    expect(shelf.size).toBe(0)
  })

  it('[P3] wants the name of a request typed that destroys something, where the person can be asked', async () => {
    shelf.add('emma')
    const { plan } = await call('director_ask', { request: 'show all books, then clear the shelf' })
    const ask = { name: 'director_apply', input: { plan }, canAsk: true, signal: new AbortController().signal, progress() {} }
    for (const [answer, left] of [
      ['yes', 1],
      ['request', 0],
    ] as const) {
      const turn = await surface.callTool(ask)
      if (turn.kind !== 'asks') throw new Error('expected a form')
      expect(turn.form).toMatchObject({ message: expect.stringContaining('shelf'), schema: { properties: { answer: { type: 'string' } } } })
      await surface.callTool({ ...ask, reply: { ticket: turn.ticket, reply: { action: 'accept', content: { answer } } } })
      expect(shelf.size).toBe(left)
    }
  })

  it('refuses what is no request', async () => {
    expect(await call('director_ask', { request: 7 })).toMatchObject({ isError: true, error: { code: 'VALIDATION' } })
  })
})

describe('director chains', () => {
  it('start by a plan, wait for a person, are answered, and can be cancelled with what they did', async () => {
    const { plan, steps } = await call('director_chain_start', { chain: 'twice' })
    expect(plain(steps)).toContain('one')
    expect(shelf.size).toBe(0)
    const started = (await call('director_apply', { plan })).result as { id: string; state: string; next: string }
    expect(started.state).toBe('waiting')
    expect([...shelf]).toEqual(['one'])
    expect(plain(await call('director_chain_list', { unfinished: true }))).toContain(started.id)

    expect(await call('director_apply', { plan })).toMatchObject({ isError: true, error: { code: 'PLAN_USED' } })

    const { id } = started
    expect(started.next).toBe(`put "And another?" to the person, then director_apply {"plan":"${id}","answer":"yes | no"}`)
    expect([...shelf]).toEqual(['one'])
    expect(await call('director_apply', { plan: id, answer: 'yes' })).toMatchObject({ plan: id, done: true, result: { id, state: 'done' } })
    expect([...shelf]).toEqual(['one', 'two'])
    expect(await call('director_chain_show', { id })).toMatchObject({ id, state: 'done' })
    expect(await call('director_apply', { plan: id })).toMatchObject({ isError: true, error: { code: 'NOT_WAITING' } })

    const other = (await call('director_apply', { plan: (await call('director_chain_start', { chain: 'twice' })).plan })).result as {
      id: string
    }
    shelf.delete('two')
    const cancel = await call('director_more', { command: 'chain.cancel', input: { id: other.id } })
    expect(await call('director_apply', { plan: cancel.plan })).toMatchObject({ result: { state: 'undone' } })
    expect(shelf.has('one')).toBe(false)
  })

  it('are told of as unknown where they are', async () => {
    expect(await call('director_chain_show', { id: 'c-nothing' })).toMatchObject({ isError: true, error: { code: 'CHAIN_UNKNOWN' } })
    expect(await call('director_chain_start', { chain: 'nothing-like-it' })).toMatchObject({
      isError: true,
      error: { code: 'CHAIN_UNKNOWN' },
    })
  })
})

describe('director traces', () => {
  const hidden = ['AKIA', 'IOSFODNN7EXAMPLE'].join('')

  it('tell what ran and what became of it, from the list over the tree to what one span was given, without secrets', async () => {
    const { plan } = await call('library_book_add', { title: `the key is ${hidden}` })
    await call('library_apply', { plan })
    await call('library_book_add', { title: '' })
    const list = async (filter: object) =>
      (await call('director_trace_list', filter)).runs as { id: string; request: string; state: string }[]
    expect(await list({})).toMatchObject([
      { request: 'library.book.add', state: 'failed', error: { type: 'VALIDATION' } },
      { request: 'library_apply', state: 'done' },
      { request: 'library.book.add', state: 'done', plan, approvedBy: 'mcp client' },
    ])
    const [failed] = await list({ state: 'failed' })
    expect(await call('director_trace_show', { id: 'last' })).toMatchObject({ id: failed?.id, state: 'failed' })
    const [run] = await list({ text: String(plan) })
    const { tree, ...shown } = await call('director_trace_show', { id: run!.id.slice(0, 8) })
    expect(shown).toMatchObject({ id: run!.id, plan, command: 'library.book.add' })
    const rows = tree as { depth: number; name: string; span: string }[]
    const names = rows.map(({ depth, name }) => `${'  '.repeat(depth)}${name}`)
    for (const name of ['library.book.add', '  approval', '  run library.book.add']) expect(names).toContain(name)
    const span = rows.findLast(({ name }) => name === 'library.book.add')!.span
    const detail = await call('director_trace_show', { id: run!.id, span })
    expect(plain(detail)).toContain('the key is')
    expect(plain([detail, tree, await list({})])).not.toContain(hidden)
    expect(await call('director_trace_show', { id: run!.id, span: 'nothing' })).toMatchObject({
      isError: true,
      error: { code: 'NOT_FOUND' },
    })
    expect(await call('director_trace_show', { id: 'abcdef0123' })).toMatchObject({ isError: true, error: { code: 'TRACE_UNKNOWN' } })
  })

  it('are resources, whose ids are offered', async () => {
    await call('library_book_list')
    const leg = { signal: new AbortController().signal, progress() {} }
    const { runs } = (await surface.readResource('director://traces', leg)) as { runs: { id: string }[] }
    expect(runs).toHaveLength(1)
    const { id } = runs[0]!
    expect(await surface.readResource(`director://traces/${id}`, leg)).toMatchObject({ id, tree: [{ name: 'library.book.list' }, {}, {}] })
    const { values } = await surface.complete({ template: 'director://traces/{id}' }, 'id', id.slice(0, 4), leg)
    expect(values).toEqual([id])
  })

  it('show of a long run what failed and what lies on top', async () => {
    const long = { traceId: '5'.repeat(32), kind: 'internal', lane: 'library', attributes: {}, durationMs: 1 } as const
    const id = (index: number): string => String(index).padStart(16, '0')
    for (let index = 1; index <= 300; index++) {
      const parentSpanId = index === 1 ? undefined : id(index > 150 ? 150 : 1)
      yard.traces.add({
        ...long,
        spanId: id(index),
        ...(parentSpanId !== undefined && { parentSpanId }),
        name: `step ${index}`,
        startMs: 1_000 + index,
        ...(index === 299 && { error: { type: 'BROKEN' } }),
      })
    }
    const { tree, left, spans } = await call('director_trace_show', { id: '5555' })
    expect([spans, left]).toEqual([300, 200])
    expect(tree).toHaveLength(100)
    expect(tree).toContainEqual(expect.objectContaining({ depth: 2, name: 'step 299', error: 'BROKEN' }))
    expect(JSON.stringify(tree).length / 4).toBeLessThan(5_000)
  })
})

describe('plans', () => {
  it('[P4] are applied by their own plugin’s tool and the director’s, and by no other', async () => {
    const { plan } = await call('cellar_drink')
    expect(await call('library_apply', { plan })).toMatchObject({ isError: true, error: { code: 'PLAN_UNKNOWN' } })
    expect(await call('director_apply', { plan })).toMatchObject({ done: true })
  })

  it('[P5] are applied once, whoever asks for it at the same time, and nobody is told to plan again what is done', async () => {
    for (const make of [() => call('library_book_add', { title: 'emma' }), () => call('director_chain_start', { chain: 'twice' })]) {
      const { plan } = await make()
      const both = await Promise.all([call('director_apply', { plan }), call('director_apply', { plan })])
      expect(both.filter(({ done }) => done === true)).toHaveLength(1)
      expect(both.find(({ isError }) => isError)).toMatchObject({ error: { code: 'PLAN_USED', next: 'wait, as it is being applied' } })
      expect(await call('director_apply', { plan })).toMatchObject({
        error: { code: 'PLAN_USED', next: 'nothing, as it has been applied' },
      })
    }
  })

  it('are listed with what became of them, the director’s own among them', async () => {
    const { plan } = await call('cellar_drink')
    const { plan: own } = await call('director_chain_start', { chain: 'twice' })
    const list = (await call('director_more', { command: 'plan.list', input: {} })).plans as { id: string; state: string }[]
    expect(list.map(({ id }) => id)).toEqual([own, plan])
    expect(
      await surface.readResource(`director://plans/${String(plan)}`, { signal: new AbortController().signal, progress() {} }),
    ).toMatchObject({
      command: 'cellar.drink',
      state: 'waiting',
    })
  })
})
