import type { Readable, Writable } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'
import { type JSONRPCMessage, ProtocolErrorCode, parseJSONRPCMessage, type Transport } from '@modelcontextprotocol/server'

/** A longer message is refused and skipped; nothing before or after it is harmed. */
const MAX_MESSAGE_LENGTH = 10_000_000

export interface LineTransportOptions {
  readonly input: Readable
  readonly output: Writable
}

/**
 * One message a line. Unlike the SDK's own it answers what is no message, so that whoever sent it does not wait for ever, and a line
 * that is too long does not end the connection.
 */
export function createLineTransport({ input, output }: LineTransportOptions): Transport {
  const decoder = new StringDecoder('utf8')
  let rest: string[] = []
  let length = 0
  let isOpen = true
  /** Shared by all that wait for the client to read on. */
  let draining: Promise<void> | undefined
  const transport: Transport = {
    async start() {
      input.on('data', onData)
      input.on('error', onError)
      output.on('error', onError)
    },
    async send(message) {
      if (!isOpen) return
      if (output.write(`${JSON.stringify(withTheirFaults(message))}\n`)) return
      draining ??= drained()
      await draining
    },
    async close() {
      if (!isOpen) return
      isOpen = false
      input.off('data', onData)
      input.pause()
      transport.onclose?.()
    },
  }
  return transport

  function onData(chunk: Buffer): void {
    const lines = decoder.write(chunk).split('\n')
    const last = lines.pop()!
    for (const line of lines) {
      const text = length > MAX_MESSAGE_LENGTH ? undefined : `${rest.join('')}${line}`
      rest = []
      length = 0
      if (text === undefined)
        refuse(undefined, ProtocolErrorCode.InvalidRequest, `a message must be shorter than ${MAX_MESSAGE_LENGTH} characters`)
      else if (text.trim() !== '') receive(text)
    }
    length += last.length
    if (length > MAX_MESSAGE_LENGTH) rest = []
    else if (last !== '') rest.push(last)
  }

  function receive(line: string): void {
    let value: unknown
    try {
      value = JSON.parse(line)
    } catch {
      refuse(undefined, ProtocolErrorCode.ParseError, 'a message must be JSON on one line')
      return
    }
    let message: JSONRPCMessage
    try {
      message = parseJSONRPCMessage(value)
    } catch {
      refuse(idOf(value), ProtocolErrorCode.InvalidRequest, 'a message must be a request, a notification or a response of JSON-RPC 2.0')
      return
    }
    transport.onmessage?.(message)
  }

  /** Where no id can be read there is none in the answer, as MCP has it. */
  function refuse(id: string | number | undefined, code: number, why: string): void {
    const error = { code, message: `Cannot read this as ${why}` }
    transport.onerror?.(new Error(error.message))
    transport.send({ jsonrpc: '2.0', ...(id !== undefined && { id }), error }).catch(onError)
  }

  function onError(error: Error): void {
    transport.onerror?.(error)
  }

  function drained(): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        output.off('drain', done)
        output.off('close', done)
        draining = undefined
        resolve()
      }
      output.once('drain', done)
      output.once('close', done)
    })
  }
}

function idOf(value: unknown): string | number | undefined {
  const id = typeof value === 'object' && value !== null && 'id' in value ? value.id : undefined
  return typeof id === 'string' || (typeof id === 'number' && Number.isInteger(id)) ? id : undefined
}

/** The SDK answers params that do not fit as a fault of its own, with the bare issues of zod for a message. */
function withTheirFaults(message: JSONRPCMessage): JSONRPCMessage {
  if (!('error' in message) || message.error.code !== ProtocolErrorCode.InternalError) return message
  const issues = issuesIn(message.error.message)
  if (issues === undefined) return message
  const wrong = issues.map(({ path, message: why }) => `${path.join('.')}: ${why}`).join('; ')
  return {
    ...message,
    error: { code: ProtocolErrorCode.InvalidParams, message: `Cannot take this request as its params must fit: ${wrong}` },
  }
}

function issuesIn(text: string): readonly { readonly path: readonly PropertyKey[]; readonly message: string }[] | undefined {
  if (!text.startsWith('[')) return undefined
  try {
    const issues = JSON.parse(text) as readonly { path: readonly PropertyKey[]; message: string }[]
    return issues.every(({ path }) => path[0] === 'params') ? issues : undefined
  } catch {
    return undefined
  }
}
