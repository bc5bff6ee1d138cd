import type { TargetConfig } from '../config/config.ts'
import type { Host } from './host.ts'

/** The machine that a target names; close it when done. @throws HOST_UNREACHABLE, HOST_KEY_MISMATCH, HOST_LOGIN_INVALID */
export async function openHost(name: string, target: TargetConfig, options: { signal?: AbortSignal } = {}): Promise<Host> {
  if (target.kind === 'local') return (await import('./local.ts')).localHost(name)
  return (await import('./ssh.ts')).sshHost(name, target, options)
}
