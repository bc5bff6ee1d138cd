import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

interface Started {
  readonly command: string
  readonly args: readonly string[]
  readonly cwd: string
  readonly env?: NodeJS.ProcessEnv
}

/** Starts an MCP server, shakes hands and lists its tools, as plain lines over stdio. Returns their names; ends the server. */
export async function listTools({ command, args, cwd, env = process.env }: Started): Promise<readonly string[]> {
  const child = spawn(command, args, { cwd, env, stdio: ['pipe', 'pipe', 'pipe'] })
  let errors = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text
  })
  const closed = once(child, 'close')
  const clientInfo = { name: 'probe', version: '1' }
  const send = (message: object): unknown => child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`)
  send({ id: 1, method: 'initialize', params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo } })
  send({ method: 'notifications/initialized' })
  send({ id: 2, method: 'tools/list', params: {} })
  for await (const line of createInterface({ input: child.stdout })) {
    const message = JSON.parse(line) as { id?: number; error?: object; result?: { tools: readonly { name: string }[] } }
    if (message.id !== 2) continue
    child.stdin.end()
    await closed
    if (message.result === undefined) throw new Error(`Cannot list the tools: ${JSON.stringify(message.error)}`)
    return message.result.tools.map(({ name }) => name)
  }
  throw new Error(`Cannot list the tools as the server must answer: it ended and said ${errors.trim() || 'nothing'}`)
}
