import { command, type Undo } from '@switchyard/plugin-kit'
import { HEALTH_EXAMPLES } from './examples.ts'
import {
  baselineInput,
  baselineOutput,
  fixInput,
  fixOutput,
  reportInput,
  reportOutput,
  restoreInput,
  restoreOutput,
  scanInput,
  scanOutput,
  suppressInput,
  suppressOutput,
  verifyInput,
  verifyOutput,
} from './schema.ts'

/** The way back of everything here that changes files. */
function restoreUndo({ change }: { change?: string | undefined }): Undo | undefined {
  return change === undefined ? undefined : { command: 'ops.health.restore', input: { change } }
}

const scan = command({
  summary: 'Check the health of a project: structure, docs, dependencies, tests, secrets, and all that a Claude Code plugin needs',
  description:
    'Runs every check that applies to the project over a read-only view of its files. Each finding names file and line and how to mend it. ' +
    'The same tree gives the same report. Nothing is changed; no network is used unless "network" asks for it.',
  examples: HEALTH_EXAMPLES['health.scan'],
  input: scanInput,
  output: scanOutput,
  effect: 'read',
  timeoutMs: 60_000,
  run: async (input, ctx) => (await import('./run-commands.ts')).runScan(input, ctx),
})

const report = command({
  summary: 'Scan a project and write the report to a file: HTML page, SARIF, JUnit, Markdown, JSON or text',
  examples: HEALTH_EXAMPLES['health.report'],
  input: reportInput,
  output: reportOutput,
  effect: 'write',
  timeoutMs: 60_000,
  plan: async (input, ctx) => (await import('./run-commands.ts')).planReport(input, ctx),
  undo: restoreUndo,
  run: async (input, ctx) => (await import('./run-commands.ts')).runReport(input, ctx),
})

const fix = command({
  summary: 'Mend what a scan found and needs no judgement, as a diff that is shown first and can be taken back',
  description:
    'Each fix is tried on a view of the project first and kept only where its check then finds less. After writing, the checks are asked ' +
    'again; where one found no less, everything is put back.',
  examples: HEALTH_EXAMPLES['health.fix'],
  input: fixInput,
  output: fixOutput,
  effect: 'write',
  timeoutMs: 60_000,
  plan: async (input, ctx) => (await import('./run-commands.ts')).planFix(input, ctx),
  undo: restoreUndo,
  run: async (input, ctx) => (await import('./run-commands.ts')).runFix(input, ctx),
})

const restore = command({
  summary: 'Take back a change that ops made to a project’s files, by its id',
  description: 'Nothing is put back where one of the files was changed since.',
  examples: HEALTH_EXAMPLES['health.restore'],
  input: restoreInput,
  output: restoreOutput,
  effect: 'write',
  rare: true,
  plan: async (input, ctx) => (await import('./run-commands.ts')).planRestore(input, ctx),
  run: async (input, ctx) => (await import('./run-commands.ts')).runRestore(input, ctx),
})

const baseline = command({
  summary: 'Accept everything that is wrong today as the baseline, so that only what is new fails',
  description: 'Kept in switchyard.health.json, to be committed. ops.health.scan with ratchet fails where something is not in it.',
  examples: HEALTH_EXAMPLES['health.baseline'],
  input: baselineInput,
  output: baselineOutput,
  effect: 'write',
  idempotent: false,
  timeoutMs: 60_000,
  plan: async (input, ctx) => (await import('./run-commands.ts')).planBaseline(input, ctx),
  undo: restoreUndo,
  run: async (input, ctx) => (await import('./run-commands.ts')).runBaseline(input, ctx),
})

const suppress = command({
  summary: 'Accept a finding for a time, with the reason and the last day in a committed file',
  examples: HEALTH_EXAMPLES['health.suppress'],
  input: suppressInput,
  output: suppressOutput,
  effect: 'write',
  timeoutMs: 60_000,
  plan: async (input, ctx) => (await import('./run-commands.ts')).planSuppress(input, ctx),
  undo: restoreUndo,
  run: async (input, ctx) => (await import('./run-commands.ts')).runSuppress(input, ctx),
})

const verify = command({
  summary: 'Run the project’s own build, type-check and tests, and judge its health with what they say',
  description: 'The only health command that runs anything of the project. Red tests hold the score down to 49.',
  examples: HEALTH_EXAMPLES['health.verify'],
  input: verifyInput,
  output: verifyOutput,
  effect: 'write',
  timeoutMs: 3_660_000,
  plan: async (input, ctx) => (await import('./run-commands.ts')).planVerify(input, ctx),
  run: async (input, ctx) => (await import('./run-commands.ts')).runVerify(input, ctx),
})

export const healthCommands = {
  'health.scan': scan,
  'health.report': report,
  'health.fix': fix,
  'health.restore': restore,
  'health.baseline': baseline,
  'health.suppress': suppress,
  'health.verify': verify,
}
