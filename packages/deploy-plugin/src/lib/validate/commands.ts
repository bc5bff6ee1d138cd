import { command } from '@switchyard/plugin-kit'
import { VALIDATE_EXAMPLES } from './examples.ts'
import { fixInput, fixOutput, validateInput, validateOutput } from './schema.ts'

const validate = command({
  summary: 'Check a stack before it is deployed: compose files, Caddyfiles, systemd units and env files, and how they fit together',
  description:
    'One model of the whole stack is held against every rule of docs/reference/deploy-rules.md. Each finding names file, line and column ' +
    'and what to do. Nothing is changed and no network is used; values of variables are never shown.',
  examples: VALIDATE_EXAMPLES.validate,
  input: validateInput,
  output: validateOutput,
  effect: 'read',
  timeoutMs: 60_000,
  run: async (input, ctx) => (await import('./run-commands.ts')).runValidate(input, ctx),
})

const fix = command({
  summary: 'Repair what deploy.validate found in compose files, Caddyfiles and units and needs no judgement',
  description: 'Comments and the form of everything else stay. Each repair is kept only where its rule then finds less.',
  examples: VALIDATE_EXAMPLES.fix,
  input: fixInput,
  output: fixOutput,
  effect: 'write',
  idempotent: true,
  timeoutMs: 60_000,
  plan: async (input, ctx) => (await import('./run-commands.ts')).planFix(input, ctx),
  undo: ({ change }) => (change === undefined ? undefined : { command: 'deploy.files.restore', input: { change } }),
  run: async (input, ctx) => (await import('./run-commands.ts')).runFix(input, ctx),
})

export const validateCommands = { validate, fix }
