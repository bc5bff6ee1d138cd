import type { Readable, Writable } from 'node:stream'
import { serveStdio as serve } from '@modelcontextprotocol/server/stdio'
import type { Surface } from '../surface.ts'
import { createLineTransport } from './line-transport.ts'
import { createSdkServer, type ServerIdentity } from './mcp-server.ts'

export interface StdioOptions {
  readonly input: Readable
  /** Given nothing but messages of the protocol. */
  readonly output: Writable
  /** Ends it from here. */
  readonly signal?: AbortSignal
  onFault(error: Error): void
}

/** Serves one client until it closes its end, and resolves then: what it still waited for has been told to stop. */
export async function serveStdio(
  surface: Surface,
  identity: ServerIdentity,
  { input, output, signal, onFault }: StdioOptions,
): Promise<void> {
  const ended = Promise.withResolvers<void>()
  for (const event of ['end', 'close'] as const) input.once(event, ended.resolve)
  output.once('error', () => ended.resolve())
  signal?.addEventListener('abort', () => ended.resolve(), { once: true })
  if (signal?.aborted === true) ended.resolve()
  const handle = serve(() => createSdkServer(surface, identity, onFault), {
    transport: createLineTransport({ input, output }),
    onerror: onFault,
  })
  await ended.promise
  surface.close()
  await handle.close()
}
