import { afterAll, beforeAll } from 'vitest'

type Starters = Readonly<Record<string, () => Promise<AsyncDisposable>>>

/** What the tests of a file need of the real thing: started before the first of them, ended after the last. */
export function startedFor<starters extends Starters>(
  starters: starters,
): { readonly [name in keyof starters]: Awaited<ReturnType<starters[name]>> } {
  const parts: Record<string, AsyncDisposable> = {}
  beforeAll(async () => {
    for (const [name, start] of Object.entries(starters)) parts[name] = await start()
  })
  afterAll(async () => {
    for (const part of Object.values(parts).toReversed()) await part[Symbol.asyncDispose]()
  })
  return parts as { readonly [name in keyof starters]: Awaited<ReturnType<starters[name]>> }
}
