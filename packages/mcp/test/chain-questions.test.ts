import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Answer, type AnyClient, CLIENTS } from './clients.ts'

/** Asks for leave, for a choice and for a number, and calls a command that asks by itself. */
const CHAIN = `name: wrap
summary: Wrap and count
steps:
  - id: sure
    ask: Wrap it all?
  - id: ribbon
    ask: Which ribbon?
    choices: [gold, none]
  - id: many
    ask: How many?
    answer: number
  - id: pack
    call: shop.pack
output: { ribbon: "\${{ steps.ribbon.output.value }}", many: "\${{ steps.many.output.value }}", paper: "\${{ steps.pack.output.paper }}" }
`
const CHAIN_THAT_ASKS_ONLY = CHAIN.replace(/ {2}- id: pack\n.*\n/, '').replace(', paper: "${{ steps.pack.output.paper }}"', '')

describe.for(CLIENTS)('a chain that asks, run by a client of %s', ([, connect]) => {
  let dir: string
  let mute: AnyClient
  let asking: AnyClient
  let answer: Answer

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'mcp-asks-'))
    const folders = ['mute', 'asking'].map((name) => join(dir, name)) as [string, string]
    for (const folder of folders) {
      mkdirSync(join(folder, 'chains'), { recursive: true })
      writeFileSync(join(folder, 'chains/wrap.yaml'), CHAIN)
      writeFileSync(join(folder, 'chains/ask.yaml'), CHAIN_THAT_ASKS_ONLY.replace('name: wrap', 'name: ask'))
    }
    ;[mute, asking] = await Promise.all([connect(folders[0]), connect(folders[1], (message, schema) => answer(message, schema))])
  }, 60_000)
  afterAll(async () => {
    await Promise.all([mute?.close(), asking?.close()])
    rmSync(dir, { recursive: true, force: true })
  })

  const call = async (client: AnyClient, name: string, input: Record<string, unknown>): Promise<Record<string, unknown>> =>
    (await client.callTool({ name, arguments: input })).structuredContent as Record<string, unknown>

  it('[A2] [A4] puts every question of it to the person where that can be asked, also what its commands ask', async () => {
    const replies: Record<string, string> = { 'Wrap it all?': 'yes', 'Which ribbon?': 'gold', 'How many?': '3', 'Which paper?': 'blue' }
    const asked: string[] = []
    answer = (message) => {
      const reply = replies[message]
      if (reply === undefined) return { action: 'accept', content: { now: true } }
      asked.push(message)
      return { action: 'accept', content: { answer: reply } }
    }
    expect(await call(asking, 'director_chain_start', { chain: 'wrap' })).toMatchObject({
      done: true,
      result: { state: 'done', output: { ribbon: 'gold', many: 3, paper: 'blue' } },
    })
    expect(asked).toEqual(Object.keys(replies))
  })

  it('[A4] takes a no for one, and asks no further', async () => {
    const asked: string[] = []
    answer = (message) => {
      asked.push(message)
      return message === 'Wrap it all?' ? { action: 'decline' } : { action: 'accept', content: { now: true } }
    }
    expect(await call(asking, 'director_chain_start', { chain: 'wrap' })).toMatchObject({
      result: { state: 'undone', error: { code: 'REFUSED' } },
    })
    expect(asked).toHaveLength(2)
  })

  it('[A4] leaves it waiting where the person says nothing, and takes their word later', async () => {
    answer = (message) => (message.startsWith('director.chain.start') ? { action: 'accept', content: { now: true } } : { action: 'cancel' })
    const { result } = (await call(asking, 'director_chain_start', { chain: 'ask' })) as { result: { id: string; state: string } }
    expect(result).toMatchObject({ state: 'waiting', next: expect.stringContaining('director_apply') })
    expect(await call(asking, 'director_apply', { plan: result.id })).toMatchObject({ done: false, declined: true })
    const schemas: unknown[] = []
    answer = (message, schema) => {
      schemas.push(schema)
      return message.startsWith('ask: Wrap') ? { action: 'decline' } : { action: 'cancel' }
    }
    expect(await call(asking, 'director_apply', { plan: result.id, answer: 'yes' })).toMatchObject({
      done: false,
      result: { state: 'undone', error: { code: 'REFUSED' } },
    })
    expect(schemas).toMatchObject([{ properties: { answer: { type: 'boolean' } } }])
  })

  it('[A4] says to a client that cannot ask how it is answered, until it is done', async () => {
    const { plan } = await call(mute, 'director_chain_start', { chain: 'ask' })
    const { result } = (await call(mute, 'director_apply', { plan })) as { result: { id: string; next: string } }
    const { id, next } = result
    expect(next).toBe(`put "Wrap it all?" to the person, then director_apply {"plan":"${id}","answer":"yes | no"}`)
    const second = (await call(mute, 'director_apply', { plan: id })) as { next: string }
    expect(second.next).toBe(`put "Which ribbon?" to the person, then director_apply {"plan":"${id}","answer":"gold | none"}`)
    expect(await call(mute, 'director_apply', { plan: id })).toMatchObject({
      error: { code: 'NEEDS_ANSWER', next: `put it to the person, then director_apply {"plan":"${id}","answer":"gold | none"}` },
    })
    expect(await call(mute, 'director_apply', { plan: id, answer: 'red' })).toMatchObject({ error: { code: 'CHAIN_ANSWER' } })
    expect(await call(mute, 'director_apply', { plan: id, answer: 'gold' })).toMatchObject({ next: expect.stringContaining('<number>') })
    expect(await call(mute, 'director_apply', { plan: id, answer: 3 })).toMatchObject({
      done: true,
      result: { state: 'done', output: { ribbon: 'gold', many: 3 } },
    })
    // Only the tool that reaches all chains may: nobody's plugin began it.
    expect(await call(mute, 'shop_apply', { plan: id })).toMatchObject({
      error: { code: expect.stringMatching(/PLAN_UNKNOWN|NOT_WAITING/) },
    })
  })
})
