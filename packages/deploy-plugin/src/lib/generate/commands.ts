import { command } from '@switchyard/plugin-kit'
import { z } from 'zod'
import { projectField, projectRoot } from '../files/project.ts'
import { conflictsField, fileOutcomes } from '../files/schema.ts'
import { GENERATE_EXAMPLES } from './examples.ts'
import { FORMATS, USUAL_FORMATS } from './formats.ts'

const generate = command({
  summary:
    'Generate compose, Caddy, systemd, env, Kubernetes or quadlet files from the configuration, and keep what people changed in them',
  description:
    'The last generated version is kept, so that edits of people and of ours are brought together; where both changed the same lines nothing is written. Files that somebody else wrote stay.',
  examples: GENERATE_EXAMPLES,
  effect: 'write',
  input: z.object({
    project: projectField,
    formats: z
      .array(z.enum(FORMATS))
      .min(1)
      .default([...USUAL_FORMATS]),
    services: z
      .array(z.string().min(1))
      .min(1)
      .optional()
      .describe('Of files that belong to one service, only those of these. Absent: all'),
    conflicts: conflictsField,
  }),
  output: z.object({ files: fileOutcomes, change: z.string().optional().describe('What takes it back'), text: z.string() }),
  async plan({ project, ...options }, { workspace, dataDir }) {
    const [{ planGenerate }, { stepsOf }, { settledWarnings }] = await Promise.all([
      import('./generate.ts'),
      import('../files/generated.ts'),
      import('../files/settled-text.ts'),
    ])
    const outcomes = await planGenerate(projectRoot(workspace, project), dataDir, options)
    const steps = await stepsOf(outcomes)
    return {
      summary: steps.length === 0 ? 'Every generated file is as it should be' : `Write ${steps.map(({ target }) => target).join(', ')}`,
      steps,
      warnings: settledWarnings(outcomes),
    }
  },
  undo: ({ change }) => (change === undefined ? undefined : { command: 'deploy.files.restore', input: { change } }),
  async run({ project, ...options }, { workspace, dataDir }) {
    const [{ planGenerate }, { writeSettled }, { settledText }] = await Promise.all([
      import('./generate.ts'),
      import('../files/generated.ts'),
      import('../files/settled-text.ts'),
    ])
    const root = projectRoot(workspace, project)
    const outcomes = await planGenerate(root, dataDir, options)
    const change = writeSettled(root, dataDir, outcomes)
    return {
      files: outcomes.map(({ path, state }) => ({ path, state })),
      ...(change !== undefined && { change }),
      text: `${settledText(outcomes)}\n\nNext: switchyard deploy validate`,
    }
  },
})

export const generateCommands = { generate }
