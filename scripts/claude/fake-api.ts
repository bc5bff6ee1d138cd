import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What the model does in one turn: calls a tool, or says something and is done. */
export type ModelTurn = ({ readonly tool: string; readonly input: object } | { readonly text: string }) & {
  /** How long it thinks. @default not at all */
  readonly thinks?: () => Promise<unknown>
}

/** A request as far as it matters here: the tools that the model may call, and what was said so far. */
interface ModelRequest {
  readonly model: string
  readonly stream?: boolean
  readonly tools?: readonly { readonly name: string }[]
  readonly messages: readonly { readonly role: string; readonly content: unknown }[]
}

export interface FakeApi extends AsyncDisposable {
  readonly url: string
  /** The requests that took a turn of the script, in order. */
  readonly requests: readonly ModelRequest[]
}

/**
 * Stands in for the Messages API on loopback: each request that offers tools is answered with the next turn of the script. Everything
 * between the model and the tool is then real, and costs neither a key nor a model.
 */
export async function startFakeApi(script: readonly ModelTurn[]): Promise<FakeApi> {
  const requests: ModelRequest[] = []
  const server = createServer(async (request, response) => {
    if (request.url?.includes('count_tokens')) return void response.end(JSON.stringify({ input_tokens: 10 }))
    const body = JSON.parse(await textOf(request)) as ModelRequest
    const takesTurn = (body.tools?.length ?? 0) > 0
    const turn: ModelTurn = (takesTurn ? script[requests.length] : undefined) ?? { text: 'done' }
    if (takesTurn) requests.push(body)
    await turn.thinks?.()
    const [content, reason] =
      'tool' in turn
        ? [{ type: 'tool_use', id: `toolu_${requests.length}`, name: turn.tool, input: turn.input }, 'tool_use']
        : [{ type: 'text', text: turn.text }, 'end_turn']
    const message = { id: 'msg_1', type: 'message', role: 'assistant', model: body.model, stop_sequence: null }
    const usage = { input_tokens: 10, output_tokens: 5 }
    if (body.stream !== true) {
      response.setHeader('content-type', 'application/json')
      return void response.end(JSON.stringify({ ...message, content: [content], stop_reason: reason, usage }))
    }
    response.setHeader('content-type', 'text/event-stream')
    const send = (type: string, data: object): unknown => response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`)
    const [empty, delta] =
      'tool' in turn
        ? [
            { ...content, input: {} },
            { type: 'input_json_delta', partial_json: JSON.stringify(turn.input) },
          ]
        : [
            { ...content, text: '' },
            { type: 'text_delta', text: turn.text },
          ]
    send('message_start', { message: { ...message, content: [], stop_reason: null, usage } })
    send('content_block_start', { index: 0, content_block: empty })
    send('content_block_delta', { index: 0, delta })
    send('content_block_stop', { index: 0 })
    send('message_delta', { delta: { stop_reason: reason, stop_sequence: null }, usage })
    send('message_stop', {})
    response.end()
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await once(server.close(), 'close')
    },
  }
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request.setEncoding('utf8')) text += chunk
  return text
}
