// The same tool as a plugin's, served as any plugin is: node echo-server.ts FOLDER
import { claimStdout, createMcpServer } from '@switchyard/mcp'
import { command, definePlugin } from '@switchyard/plugin-kit'
import { openYard } from '@switchyard/yard'
import { z } from 'zod'

const shape = z.object({ text: z.string() })
const echo = definePlugin({
  name: 'echo',
  version: '1.0.0',
  summary: 'Says things again',
  commands: {
    say: command({ summary: 'Say it again', examples: [], effect: 'read', input: shape, output: shape, run: ({ text }) => ({ text }) }),
  },
})
const server = createMcpServer({
  plugins: [echo],
  version: '1.0.0',
  openYard: (options) => openYard(process.argv[2] ?? '.', { plugins: [echo], meet: true, ...options }),
  onFault: (error) => console.error(error),
})
await server.serveStdio({ input: process.stdin, output: claimStdout(process.stdout, process.stderr) })
process.exit(0)
