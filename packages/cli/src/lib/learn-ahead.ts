import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Session } from './session.ts'

/**
 * Has another process learn the commands of a workspace, so that one that stays answers meanwhile and need not stand still for it at the first
 * request. Nobody waits for it; the returned function ends it.
 */
export function learnAhead({ host, dir }: Session): () => void {
  const program = fileURLToPath(new URL('../../bin/switchyard.js', import.meta.url))
  const child = spawn(host.node, [program, 'route', 'learn', '--dir', dir], { env: host.env, stdio: 'ignore' })
  // Whoever asks first learns where this could not.
  child.on('error', () => {})
  child.unref()
  // Learning does not look up until it is done, and what it keeps is kept whole or not at all.
  return () => void child.kill('SIGKILL')
}
