import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Context, command, definePlugin } from '@switchyard/plugin-kit'
import { z } from 'zod'

interface Note {
  readonly name: string
  readonly kind: string
  readonly stars: number
}

const note = z.object({ name: z.string(), kind: z.string(), stars: z.number() })

/** Keeps notes in one file: a small plugin with every effect and every kind of flag, for the tests of the command line. */
export default definePlugin({
  name: 'notes',
  version: '1.0.0',
  summary: 'Keeps notes',
  commands: {
    'note.list': command({
      summary: 'List the notes',
      examples: ['list all my notes', 'show me the notes', 'which notes are there'],
      effect: 'read',
      input: z.object({ kind: z.enum(['todo', 'idea']).optional().describe('Only notes of this kind'), limit: z.int().min(1).default(10) }),
      output: z.array(note),
      run: ({ kind, limit }, ctx) =>
        read(ctx)
          .filter((one) => kind === undefined || one.kind === kind)
          .slice(0, limit),
    }),
    'note.add': command({
      summary: 'Write down a note',
      examples: ['write down a note', 'add a new note', 'note something down'],
      effect: 'write',
      input: z.object({
        name: z.string().min(1).describe('What it is called'),
        kind: z.enum(['todo', 'idea']).default('todo'),
        tags: z.array(z.string()).default([]),
        stars: z.number().min(0).max(5).default(0),
        pinned: z.boolean().default(true).describe('Keep it on top'),
        place: z.object({ page: z.number() }).optional(),
      }),
      output: note,
      plan: ({ name }) => ({ summary: `Write down "${name}"`, steps: [{ does: 'change', target: 'notes.json', detail: `+ ${name}` }] }),
      undo: ({ name }) => ({ command: 'notes.note.drop', input: { name } }),
      run({ name, kind, stars }, ctx) {
        write(ctx, [...read(ctx), { name, kind, stars }])
        return { name, kind, stars }
      },
    }),
    'note.drop': command({
      summary: 'Throw a note away for good',
      examples: ['throw a note away', 'delete the note'],
      effect: 'destroy',
      input: z.object({ name: z.string() }),
      output: z.object({ text: z.string() }),
      plan: ({ name }) => ({
        summary: `Throw "${name}" away`,
        steps: [{ does: 'remove', target: name }],
        warnings: ['It cannot be brought back'],
      }),
      run({ name }, ctx) {
        write(
          ctx,
          read(ctx).filter((one) => one.name !== name),
        )
        return { text: `${name} is gone` }
      },
    }),
    wait: command({
      summary: 'Wait until told to stop',
      examples: ['wait for a while'],
      effect: 'read',
      input: z.object({ stubborn: z.boolean().default(false) }),
      output: z.object({}),
      run({ stubborn }, { signal }) {
        process.stderr.write('waiting\n')
        return new Promise((_, reject) => {
          const alive = setInterval(() => {}, 1000)
          signal.addEventListener('abort', () => {
            process.stderr.write('told to stop\n')
            if (stubborn) return
            clearInterval(alive)
            reject(signal.reason)
          })
        })
      },
    }),
  },
})

function read({ dataDir }: Context): Note[] {
  try {
    return JSON.parse(readFileSync(join(dataDir, 'notes.json'), 'utf8')) as Note[]
  } catch {
    return []
  }
}

function write({ dataDir }: Context, notes: readonly Note[]): void {
  writeFileSync(join(dataDir, 'notes.json'), JSON.stringify(notes))
}
