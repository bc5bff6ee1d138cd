declare module 'qlobber' {
  /** As much of it as is measured; it brings no types of its own. */
  export class Qlobber<value = unknown> {
    constructor(options?: { separator?: string; wildcard_one?: string; wildcard_some?: string; cache_adds?: boolean })
    add(topic: string, value: value): this
    match(topic: string): value[]
  }
}
