import { existsSync, mkdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { command, definePlugin, defineTopic, SwitchyardError } from '@switchyard/plugin-kit'
import { z } from 'zod'

export const written = defineTopic('notes/written', z.object({ name: z.string() }))

const noNote = (name: string): SwitchyardError =>
  new SwitchyardError('NOTE_UNKNOWN', `Cannot find the note "${name}" as it must have been written`, { data: { name } })

const pathOf = (workspace: string, name: string): string => join(workspace, 'notes', `${name}.txt`)

const name = z.string().regex(/^[a-z]+$/)

/** A plugin that keeps every rule; the tests of the contract break one at a time. */
export const commands = {
  read: command({
    summary: 'Shows a note',
    examples: ['show me the note', 'what does the note say', 'read my note aloud'],
    effect: 'read',
    input: z.object({ name: name.default('milk') }),
    output: z.object({ text: z.string() }),
    run({ name }, { workspace }) {
      if (!existsSync(pathOf(workspace, name))) throw noNote(name)
      return { text: readFileSync(pathOf(workspace, name), 'utf8') }
    },
  }),
  write: command({
    summary: 'Writes a note',
    examples: ['write a note', 'keep this in mind for me', 'note something down'],
    effect: 'write',
    idempotent: true,
    input: z.object({ name: name.default('milk'), text: z.string().default('buy some') }),
    output: z.object({ name: z.string() }),
    plan: ({ name }) => ({ summary: `Write the note ${name}`, steps: [{ does: 'create', target: `notes/${name}.txt` }] }),
    run({ name, text }, { workspace }) {
      mkdirSync(dirname(pathOf(workspace, name)), { recursive: true })
      writeFileSync(pathOf(workspace, name), text)
      return { name }
    },
    undo: ({ name }) => ({ command: 'notes.remove', input: { name } }),
  }),
  remove: command({
    summary: 'Removes a note for good',
    examples: ['throw the note away', 'delete my note', 'I do not need that note any more'],
    effect: 'destroy',
    input: z.object({ name }),
    output: z.object({ name: z.string() }),
    async plan({ name }) {
      return { summary: `Remove the note ${name}`, steps: [{ does: 'remove' as const, target: `notes/${name}.txt` }] }
    },
    async run({ name }, ctx) {
      if (!existsSync(pathOf(ctx.workspace, name))) throw noNote(name)
      if (name === 'secret') await ctx.ask({ text: 'Really?' })
      rmSync(pathOf(ctx.workspace, name))
      try {
        rmdirSync(dirname(pathOf(ctx.workspace, name)))
      } catch {
        // Other notes are in it.
      }
      return { name }
    },
  }),
}

export const notes = definePlugin({
  name: 'notes',
  version: '1.0.0',
  summary: 'Keeps notes',
  publishes: [written],
  commands: {
    ...commands,
    announce: command({
      summary: 'Tells everybody about a note',
      examples: ['tell everybody about the note', 'announce my note'],
      effect: 'read',
      input: z.object({}),
      output: z.object({ told: z.boolean() }),
      async run(_input, ctx) {
        ctx.progress({ message: 'telling' })
        await ctx.publish(written, { name: 'milk' })
        return { told: true }
      },
    }),
  },
})
