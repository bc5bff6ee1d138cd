import { open } from 'node:fs/promises'
import { resolve } from 'node:path'
import { type Command, Option } from 'commander'
import { cannotRead } from './errors.ts'
import { EXIT } from './exit-code.ts'
import { port } from './flag-values.ts'
import { alive } from './run-chain.ts'
import type { Session } from './session.ts'

/** What Claude Code needs to be told, so that its spans come here. */
const variablesFor = (url: string): Readonly<Record<string, string>> => ({
  CLAUDE_CODE_ENABLE_TELEMETRY: '1',
  CLAUDE_CODE_ENHANCED_TELEMETRY_BETA: '1',
  OTEL_TRACES_EXPORTER: 'otlp',
  OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
  OTEL_EXPORTER_OTLP_ENDPOINT: url,
})

/** Adds the ways by which spans of other programs come into the workspace. */
export function addReceiving(add: (name: string, summary: string) => Command, session: Session): void {
  add('receive', 'Take OpenTelemetry from programs of this machine, such as Claude Code, until Ctrl-C')
    .addOption(new Option('--port <n>', 'Where to listen, on the loopback interface alone').default(4318).argParser(port))
    .action(async ({ port: wanted }: { port: number }) => {
      const { startOtlpReceiver } = await import('@switchyard/trace/otlp')
      const { traces } = await session.yard()
      let spans = 0
      const receiver = await startOtlpReceiver({
        port: wanted,
        async traces(received) {
          spans += await traces.receive(received)
        },
      })
      try {
        const variables = variablesFor(receiver.url)
        const lines = Object.entries(variables).map(([name, value]) => `  ${name}=${value}`)
        session.answer({ data: { url: receiver.url, variables }, text: receiver.url })
        session.note(`For Claude Code:\n${lines.join('\n')}\nIts calls of our tools and what they did here are one trace. Ctrl-C ends it.`)
        await alive(aborted(session.signal))
      } finally {
        await receiver.close()
        session.note(`Took ${spans} spans`)
      }
    })

  add('import', 'Read a file of OTLP JSON lines, as the collector’s file exporter and trace export write them')
    .argument('<file>', 'One export a line')
    .action(async (file: string) => {
      const { importOtlpLines } = await import('@switchyard/trace/otlp')
      const { traces } = await session.yard()
      const path = resolve(session.host.cwd, file)
      const { spans, fresh, rejected, firstRejectedLine } = await importOtlpLines(linesOf(path), traces.receive)
      const known = fresh === spans ? '' : `; ${spans - fresh} were here already`
      const refused = rejected === 0 ? '' : `; ${rejected} could not be read, the first in line ${firstRejectedLine}`
      const exit = spans === 0 && rejected > 0 ? EXIT.failed : EXIT.done
      session.answer({
        data: { spans: fresh, known: spans - fresh, rejected, firstRejectedLine },
        text: `Took ${fresh} spans${known}${refused}`,
        exit,
      })
    })
}

async function* linesOf(path: string): AsyncGenerator<string> {
  try {
    const file = await open(path)
    yield* file.readLines()
  } catch (error) {
    throw cannotRead(path, error)
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
