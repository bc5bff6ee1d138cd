import type { HealthConfig } from '../config/config.ts'
import type { Handler, Instance, Work } from '../handlers/handler.ts'
import { httpOn } from '../hosts/http.ts'
import type { ProbeResult } from './gate.ts'

/** How an instance is asked whether it is well; one without a health check is well while it runs. */
export function probeOf(
  health: HealthConfig | undefined,
  work: Work,
  handler: Handler,
  instance: Instance,
): (signal: AbortSignal) => Promise<ProbeResult> {
  const { port, address } = instance
  if (health === undefined || port === undefined) {
    if (health === undefined || !('command' in health)) return async () => ({ ok: true, told: 'it runs' })
  }
  if ('command' in health) {
    return async () => {
      const { exit, told } = await handler.exec(work, instance, health.command, health.timeoutMs)
      return {
        ok: exit === 0,
        told: exit === 0 ? 'its command succeeded' : `its command ended with ${exit}${told === '' ? '' : `: ${lastLine(told)}`}`,
      }
    }
  }
  if ('tcp' in health) {
    return async () => {
      try {
        const stream = await work.host.connectPort(port as number, address)
        stream.destroy()
        return { ok: true, told: `port ${health.tcp} accepts connections` }
      } catch (error) {
        return { ok: false, told: `port ${health.tcp}: ${reasonOf(error)}` }
      }
    }
  }
  return async (signal) => {
    const began = performance.now()
    try {
      const { status } = await httpOn(work.host, {
        port: port as number,
        ...(address !== undefined && { address }),
        path: health.http,
        timeoutMs: health.timeoutMs,
        signal,
        headers: { host: work.config.hostname ?? 'localhost' },
      })
      const told = `${health.http} answered ${status} in ${Math.round(performance.now() - began)} ms`
      return { ok: status >= 200 && status < 400, told }
    } catch (error) {
      signal.throwIfAborted()
      return { ok: false, told: `${health.http}: ${reasonOf(error)}` }
    }
  }
}

const lastLine = (text: string): string => (text.trim().split('\n').at(-1) ?? '').slice(0, 200)

function reasonOf(error: unknown): string {
  const { code, message } = ((error as Error).cause ?? error) as { code?: string; message?: string }
  return code === 'ECONNREFUSED'
    ? 'connection refused'
    : code === 'ECONNRESET'
      ? 'connection reset'
      : (message ?? String(error)).slice(0, 200)
}
