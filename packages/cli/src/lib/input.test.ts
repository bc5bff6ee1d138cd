import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { flagsOf } from './flags.ts'
import { checkInput } from './input.ts'

describe('checkInput()', () => {
  it('never shows what may be a secret', async () => {
    const definition = { input: z.object({ apiToken: z.int(), name: z.int() }) }
    const error: unknown = await checkInput('switchyard x', definition, flagsOf(definition), { apiToken: 'hunter2', name: 'ada' }).catch(
      (reason: unknown) => reason,
    )
    expect(error).toMatchObject({
      code: 'USAGE',
      message: 'Cannot run "switchyard x" as --api-token must be a number, and --name must be a number: it is "ada"',
      next: 'switchyard x --help',
    })
  })

  it('names places inside of a field', async () => {
    const definition = { input: z.object({ tags: z.array(z.string().min(2)) }) }
    await expect(checkInput('switchyard x', definition, flagsOf(definition), { tags: ['ab', 'c'] })).rejects.toMatchObject({
      message: 'Cannot run "switchyard x" as --tags[1] must have at least 2 characters: it is "c"',
    })
  })
})
