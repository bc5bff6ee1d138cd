import { type Command, type Context, command, definePlugin } from '@switchyard/plugin-kit'
import { createTestYard, type TestYard } from '@switchyard/testkit'
import { z } from 'zod'
import { recordTables } from '../src/lib/records/tables.ts'

/** A yard with some of this plugin's commands over its records, and the context that they are run with. */
export async function yardWithContext(
  commands: Readonly<Record<string, Command>> = {},
  files: Readonly<Record<string, string>> = {},
): Promise<{ readonly kit: TestYard; readonly context: Context }> {
  let context: Context | undefined
  const open = command({
    summary: 'Hand out the context',
    examples: ['open the records'],
    effect: 'read',
    input: z.object({}),
    output: z.object({}),
    run(_, ctx) {
      context = ctx
      return {}
    },
  })
  const plugin = definePlugin({
    name: 'deploy',
    version: '1.0.0',
    summary: 'Some commands over the records alone',
    tables: recordTables,
    commands: { ...commands, open },
  })
  const kit = await createTestYard({ plugins: [plugin], files })
  await kit.call('deploy.open', {})
  if (context === undefined) throw new Error('the command did not run')
  return { kit, context }
}
