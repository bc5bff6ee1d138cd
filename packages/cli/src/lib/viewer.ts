import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ViewerSource } from '@switchyard/trace-viewer'
import type { Host } from './host.ts'
import { keysOf } from './keys.ts'
import { ownVersion } from './program.ts'
import type { Session } from './session.ts'

/** Lines of one run's log that are shown. */
const MAX_LOG_LINES = 5_000

/** Everything that the viewer shows of this workspace. */
export async function viewerSource(session: Session): Promise<ViewerSource> {
  const [yard, { config }, { createRedactor }, { createSource }, { readLogs }, { DATA_FOLDER }] = await Promise.all([
    session.yard(),
    session.config(),
    import('@switchyard/contracts/redact'),
    import('@switchyard/trace-viewer'),
    import('@switchyard/trace/logs'),
    import('@switchyard/yard'),
  ])
  const { secrets = [] } = await keysOf(config, session.host.env)
  const folder = join(session.dir, DATA_FOLDER, 'logs')
  return createSource({
    traces: yard.traces,
    bus: yard.bus,
    logs: (trace) => readLogs(folder, { trace, limit: MAX_LOG_LINES }),
    chain: async (id) => (await yard.chains()).show(id),
    state: () => yard.state(),
    reader: 'person',
    redactor: createRedactor({ known: secrets }),
    version: ownVersion(),
  })
}

/**
 * Opens an address in the person's browser, through a file that nobody else can read: what a program is started with, every
 * user of the machine can see, and the address holds the token. The returned function takes the file away.
 */
export function openInBrowser({ platform }: Pick<Host, 'platform'>, address: string): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-view-'))
  const file = join(folder, 'open.html')
  writeFileSync(
    file,
    `<!doctype html><meta charset="utf-8"><title>Switchyard</title><meta http-equiv="refresh" content="0;url=${address}">`,
    {
      mode: 0o600,
    },
  )
  const [program, args] =
    platform === 'darwin'
      ? ['open', [file]]
      : platform === 'win32'
        ? ['rundll32', ['url.dll,FileProtocolHandler', file]]
        : ['xdg-open', [file]]
  const child = spawn(program, args, { stdio: 'ignore', detached: true })
  // Where there is no browser, the address that was printed is all there is.
  child.on('error', () => {})
  child.unref()
  return () => rmSync(folder, { recursive: true, force: true })
}
