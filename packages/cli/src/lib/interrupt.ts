import { EXIT } from './exit-code.ts'
import type { Host } from './host.ts'

interface Interrupt {
  readonly signal: AbortSignal
  stop(): void
}

/** The first Ctrl-C asks what runs to stop, the second ends the process. */
export function listenForInterrupt(host: Host): Interrupt {
  const controller = new AbortController()
  const stop = host.onInterrupt(() => {
    if (controller.signal.aborted) {
      host.err.write('\nLeft at once; what ran may be half done: switchyard plans\n')
      host.exit(EXIT.interrupted)
    }
    host.err.write('\nStopping; press Ctrl-C again to leave at once\n')
    controller.abort()
  })
  return { signal: controller.signal, stop }
}
