import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { command } from '@switchyard/plugin-kit'
import type { Decided } from '@switchyard/router'
import { describe, expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import { askModel } from './model-router.ts'
import type { CommandInfo } from './yard.ts'

const unsure: Decided = { request: 'give the web shop a kick in staging', outcome: 'abstain', parts: [], refused: [], strategy: 'single' }
const input = z.strictObject({ service: z.string(), env: z.enum(['staging', 'production']).optional() })
const make = (effect: 'write' | 'destroy'): CommandInfo['definition'] =>
  command({
    summary: 'Does something to a service',
    examples: ['do it'],
    effect,
    input,
    output: z.object({}),
    plan: () => ({ summary: 'Does it', steps: [] }),
    run: () => ({}),
  })
const commands: ReadonlyMap<string, CommandInfo> = new Map(
  (['restart', 'destroy'] as const).map((name) => {
    const id = `shop.${name}`
    return [id, { id, plugin: 'shop', name, definition: make(name === 'destroy' ? 'destroy' : 'write') }]
  }),
)

interface Heard {
  readonly headers: IncomingHttpHeaders
  readonly body: { readonly model: string; readonly messages: unknown; readonly system: string }
}

/** An API of messages on this machine, that answers as it is told. */
async function fakeApi(answer: {
  status?: number
  text?: string
  choice?: unknown
  silent?: boolean
}): Promise<{ url: string; heard: Heard[] }> {
  const heard: Heard[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString()
    })
    request.on('end', () => {
      heard.push({ headers: request.headers, body: JSON.parse(body) as Heard['body'] })
      if (answer.silent === true) return
      const message = {
        content: [{ type: 'tool_use', id: 't', name: 'choose', input: answer.choice }],
        usage: { input_tokens: 2_000, output_tokens: 100 },
      }
      response.writeHead(answer.status ?? 200).end(answer.text ?? JSON.stringify(message))
    })
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, heard }
}

async function ask(answer: Parameters<typeof fakeApi>[0], timeoutMs = 5_000) {
  const { url, heard } = await fakeApi(answer)
  const settings = { baseUrl: url, name: 'claude-haiku-4-5', keyVariable: 'KEY', timeoutMs }
  return { decision: await askModel(unsure, { settings, key: 'sesame', commands }), heard }
}

describe('askModel()', () => {
  it('takes a command that is here with arguments that it takes, and says what that cost', async () => {
    const { decision, heard } = await ask({ choice: { command: 'shop.restart', args: { service: 'web shop', env: 'staging' } } })
    expect(decision).toMatchObject({
      outcome: 'routed',
      parts: [
        {
          command: 'shop.restart',
          args: { service: { value: 'web shop', from: [9, 17] }, env: { value: 'staging', from: [28, 35] } },
          missing: [],
        },
      ],
      consulted: { model: 'claude-haiku-4-5', costUsd: 0.0025 },
    })
    expect(heard[0]).toMatchObject({
      headers: { 'x-api-key': 'sesame', 'anthropic-version': '2023-06-01' },
      body: {
        model: 'claude-haiku-4-5',
        messages: [{ role: 'user', content: unsure.request }],
        system: expect.stringContaining('shop.restart (service, env)'),
      },
    })
  })

  it('asks for what is missing, and never destroys by what a model says', async () => {
    expect((await ask({ choice: { command: 'shop.restart' } })).decision).toMatchObject({
      outcome: 'ask',
      asks: 'arguments',
      parts: [{ missing: ['service'] }],
    })
    const destroy = { command: 'shop.destroy', args: { service: 'web', env: 'staging' } }
    expect((await ask({ choice: destroy })).decision).toMatchObject({ outcome: 'ask', asks: 'intent' })
  })

  it('takes no name that the request does not say: it is left out, and asked for where it is needed', async () => {
    const args = { service: 'web', env: 'production' }
    const routed = await ask({ choice: { command: 'shop.restart', args } })
    expect(routed.decision.outcome).toBe('routed')
    expect(Object.keys(routed.decision.parts[0]!.args)).toEqual(['service'])
    const { decision } = await ask({ choice: { command: 'shop.restart', args: { service: 'we', env: 'staging' } } })
    expect(decision).toMatchObject({ outcome: 'ask', asks: 'arguments', parts: [{ missing: ['service'] }] })
    expect(Object.keys(decision.parts[0]!.args)).toEqual(['env'])
  })

  it.each([
    [{ choice: { command: 'shop.fly' } }, 'it named a command that is not here: shop.fly'],
    [{ choice: { command: 'none' } }, 'it says that nothing here does that'],
    [{ choice: { command: 'shop.restart', args: { service: 'web', env: 'mars' } } }, 'it gave arguments that shop.restart does not take'],
    [{ choice: { command: 'shop.restart', args: { service: 'web', rm: '-rf' } } }, 'it gave arguments that shop.restart does not take'],
    [{ choice: 'shop.restart' }, 'it named no command'],
    [{ status: 529, text: '{}' }, 'it answered with status 529'],
    [{ text: '<html>' }, 'its answer is no JSON'],
    [{ text: '{"content": 3}' }, 'its answer is not one of the Messages API'],
  ])('leaves the decision as it was where the answer is %j', async (answer, refused) => {
    const { decision } = await ask(answer)
    expect(decision).toMatchObject({ ...unsure, consulted: { refused } })
  })

  it('waits no longer than its time limit, and does not need the model at all', async () => {
    expect((await ask({ silent: true }, 50)).decision).toMatchObject({
      outcome: 'abstain',
      consulted: { refused: 'it did not answer in time', costUsd: 0 },
    })
    const settings = { baseUrl: 'http://127.0.0.1:9', name: 'm', keyVariable: 'KEY', timeoutMs: 1_000 }
    expect(await askModel(unsure, { settings, key: 'sesame', commands })).toMatchObject({
      consulted: { refused: 'it could not be reached' },
    })
  })
})
