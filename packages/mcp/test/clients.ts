import { fileURLToPath } from 'node:url'
import { Client as ModernClient } from '@modelcontextprotocol/client'
import { StdioClientTransport as ModernStdio } from '@modelcontextprotocol/client/stdio'
import { Client as LegacyClient } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport as LegacyStdio } from '@modelcontextprotocol/sdk/client/stdio.js'
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js'

const SERVE = fileURLToPath(new URL('./fixtures/serve.ts', import.meta.url))

/** What a person makes of a form. */
export type Answer = (
  message: string,
  schema: unknown,
) => { action: 'accept' | 'decline' | 'cancel'; content?: Record<string, string | boolean> }

/** What both clients have in common of what is used here. */
export type AnyClient = Pick<
  ModernClient,
  | 'listTools'
  | 'listResources'
  | 'listResourceTemplates'
  | 'readResource'
  | 'listPrompts'
  | 'getPrompt'
  | 'complete'
  | 'callTool'
  | 'getServerVersion'
  | 'getInstructions'
  | 'close'
>

/** Starts the shop and the director in a folder and connects to them; a client with an answer says that it can ask. */
export type Connect = (dir: string, answer?: Answer) => Promise<AnyClient>

const server = (dir: string): { command: string; args: string[] } => ({
  command: process.execPath,
  args: ['--conditions=@switchyard/source', SERVE, dir, 'shop', 'director'],
})

const modern =
  (versions?: string): Connect =>
  async (dir, answer) => {
    const client = new ModernClient(
      { name: 'modern', version: '1' },
      {
        capabilities: answer === undefined ? {} : { elicitation: { form: {} } },
        ...(versions !== undefined && { versionNegotiation: { mode: { pin: versions } } }),
      },
    )
    if (answer !== undefined) {
      client.setRequestHandler('elicitation/create', ({ params }) =>
        answer(params.message, 'requestedSchema' in params ? params.requestedSchema : {}),
      )
    }
    await client.connect(new ModernStdio(server(dir)))
    return client
  }

const legacy: Connect = async (dir, answer) => {
  const client = new LegacyClient({ name: 'legacy', version: '1' }, { capabilities: answer === undefined ? {} : { elicitation: {} } })
  if (answer !== undefined) {
    client.setRequestHandler(ElicitRequestSchema, ({ params }) =>
      answer(params.message, 'requestedSchema' in params ? params.requestedSchema : {}),
    )
  }
  await client.connect(new LegacyStdio(server(dir)))
  return client as unknown as AnyClient
}

export const CLIENTS: readonly (readonly [name: string, connect: Connect])[] = [
  ['@modelcontextprotocol/sdk 1.x', legacy],
  ['@modelcontextprotocol/client 2.x, 2026-07-28', modern('2026-07-28')],
  ['@modelcontextprotocol/client 2.x, as it comes', modern()],
]

/** The older client takes a schema before the options. */
export function callWith(
  client: AnyClient,
  params: { name: string; arguments: Record<string, unknown> },
  options: object,
): Promise<unknown> {
  const callTool = client.callTool.bind(client) as (...args: unknown[]) => Promise<unknown>
  return client instanceof ModernClient ? callTool(params, options) : callTool(params, undefined, options)
}
