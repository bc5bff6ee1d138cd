import { type Command, type Context, command } from '@switchyard/plugin-kit'
import { z } from 'zod'
import { carriedOut } from '../apply/carried-out.ts'
import type { Planned } from '../apply/carry-out.ts'
import { confirmField, envField, LONGEST_MS, projectField } from '../apply/commands.ts'
import { runView } from '../apply/view.ts'
import { SCALE_EXAMPLES } from './examples.ts'

const scaleInput = z.object({
  project: projectField,
  env: envField,
  service: z.string().min(1).describe('Name of the service'),
  replicas: z.int().min(1).max(50).describe('How many of it are to run'),
  why: z.string().min(1).max(500).default('as asked').describe('Reason, for the history'),
  confirm: confirmField,
})

async function planFor(input: z.output<typeof scaleInput>, ctx: Context): Promise<Planned> {
  const [{ planned }, { planScale }] = await Promise.all([import('../apply/carry-out.ts'), import('./plan-scale.ts')])
  return planned(input, ctx, (session, { config }) => planScale(session, { ...input, config }, ctx))
}

const scale = command({
  summary: 'Run more or fewer replicas of a service that is deployed',
  description:
    'Starts what is missing beside what serves, the same in everything, and watches it until it is well before anybody is led to it; what is ' +
    'too many answers what it was asked, and ends. The number stays with later deployments, until the configuration says another one.',
  examples: SCALE_EXAMPLES,
  effect: 'write',
  idempotent: 'key',
  rare: true,
  timeoutMs: LONGEST_MS,
  input: scaleInput,
  output: runView,
  ...carriedOut(planFor),
})

export const scaleCommands = { scale } as const satisfies Readonly<Record<string, Command>>
