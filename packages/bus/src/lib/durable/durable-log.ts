import type { DurableLog, DurableLogOptions } from '../durable.ts'

/** Opens the durable topics of a workspace; call it once a process and store. */
export function createDurableLog(options: DurableLogOptions): DurableLog {
  throw new Error(`not written yet: ${options.store.path}`)
}
