import type { DurableLog } from './durable.ts'
import { Recent } from './recent.ts'

const KEYS = 10_000

/** Results by scope and key in memory, for a bus without a store: the last ten thousand, until the process ends. A failure is not kept. */
export function createOnce(): DurableLog['receiveOnce'] {
  const results = new Recent<string, Promise<unknown>>(KEYS)
  return <result>({ scope, key }: { scope: string; key: string }, work: () => result | Promise<result>): Promise<result> => {
    const place = `${scope} ${key}`
    const known = results.get(place)
    if (known !== undefined) return known as Promise<result>
    const running = (async () => work())()
    results.set(place, running)
    running.catch(() => results.delete(place))
    return running
  }
}
