import { command } from '@switchyard/plugin-kit'
import { z } from 'zod'
import { projectField } from '../plan/input.ts'
import { NOTE_EXAMPLES } from './examples.ts'

const notes = command({
  summary: 'Tell what is in a release: for people as Markdown, for machines as data, or for a chat in a few lines',
  description:
    'Tells of a version that is tagged, or without a version of what the next release would hold. Grouped, with links to commits and issues, ' +
    'and with thanks to who wrote it.',
  examples: NOTE_EXAMPLES.notes,
  effect: 'read',
  input: z.object({
    project: projectField,
    version: z.string().min(1).optional().describe('Of a release that was made; absent: what the next one would hold'),
    package: z.string().min(1).optional().describe('One package by name, where packages have versions of their own'),
    format: z.enum(['people', 'machines', 'chat']).default('people'),
  }),
  output: z.object({
    text: z.string().describe('In the format that was asked for'),
    notes: z.object({
      name: z.string(),
      version: z.string(),
      from: z.string().nullable(),
      tag: z.string(),
      date: z.string().nullable().describe('YYYY-MM-DD; null for what is not released yet'),
      url: z.string().nullable(),
      commits: z.int(),
      breaking: z.boolean(),
      authors: z.array(z.string()),
      changes: z.array(
        z.object({
          category: z.string(),
          breaking: z.boolean(),
          scope: z.string().nullable(),
          subject: z.string(),
          notes: z.array(z.string()),
          commit: z.string(),
          url: z.string().nullable(),
          references: z.array(z.string()),
          authors: z.array(z.string()),
        }),
      ),
    }),
  }),
  timeoutMs: 60_000,
  async run(input, ctx) {
    const { tellRelease } = await import('./release-notes.ts')
    return tellRelease(input, ctx)
  },
})

export const noteCommands = { notes }
