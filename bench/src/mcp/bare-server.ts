// The least that the SDK serves: one tool, over stdin and stdout.
import { McpServer } from '@modelcontextprotocol/server'
import { serveStdio } from '@modelcontextprotocol/server/stdio'
import { z } from 'zod'

serveStdio(() => {
  const server = new McpServer({ name: 'bare', version: '1.0.0' })
  const shape = z.object({ text: z.string() })
  server.registerTool('echo', { description: 'Say it again', inputSchema: shape, outputSchema: shape }, ({ text }) => ({
    content: [{ type: 'text', text: JSON.stringify({ text }) }],
    structuredContent: { text },
  }))
  return server
})
