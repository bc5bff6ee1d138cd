import type { Plugin } from '@switchyard/plugin-kit'
import { openYard } from '@switchyard/yard'

/** Opens a workspace that is on disk, by the real clock, calls one command of it and closes it again. */
export async function callIn(folder: string, plugins: readonly Plugin[], command: string, input: object): Promise<unknown> {
  const yard = await openYard(folder, { plugins })
  try {
    return await yard.call(command, input)
  } finally {
    await yard.close()
  }
}
