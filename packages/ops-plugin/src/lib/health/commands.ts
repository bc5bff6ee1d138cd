import { command, type Undo } from '@switchyard/plugin-kit'
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
  examples: [
    'check the health of this project',
    'how healthy is this repository',
    'scan the project for problems',
    'run a health check',
    'what is the health score of this codebase',
    'are there secrets committed in this repo',
    'is my plugin set up correctly',
    'find broken hooks and missing files in the plugin',
    'give me a quality report for this project',
    'what should I fix first in this repository',
    'is the lock file in sync with package.json',
    'audit the structure of this workspace',
    'are any dependencies vulnerable or outdated',
    'did the project get worse than its baseline',
    'assess this codebase and tell me what is wrong with it',
    'what drags our score down and what gains the most points',
    'do the hook scripts that the plugin names exist',
    'pass only if the score is at least 80',
    'is anything broken or missing in packages/web',
    'look for leaked credentials, keys and tokens in the files',
  ],
  input: scanInput,
  output: scanOutput,
  effect: 'read',
  timeoutMs: 60_000,
  run: async (input, ctx) => (await import('./run-commands.ts')).runScan(input, ctx),
})

const report = command({
  summary: 'Scan a project and write the report to a file: HTML page, SARIF, JUnit, Markdown, JSON or text',
  examples: [
    'write a health report as html',
    'save the scan as sarif',
    'make a junit file of the health checks',
    'create an html page with the project health',
    'scan and write the findings to health.md',
    'produce a sarif file for code scanning',
    'put the health of this repo on a page I can share',
    'output the health check as json to a file',
    'write all findings to a file',
    'junit xml of the scan for ci',
    'generate health.html',
  ],
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
  examples: [
    'fix the health problems of this project',
    'mend what the scan found',
    'apply the automatic fixes',
    'repair the plugin manifest and hook paths',
    'add the missing lines to gitignore',
    'autofix this repository',
    'sync the version everywhere',
    'turn on strict in tsconfig',
    'make the health checks pass where you can',
    'write the missing readme',
    'let the tool correct what it can by itself',
    'fix the simple findings in packages/web',
    'patch whatever the checks complain about automatically',
  ],
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
  examples: [
    'take back the health fix 3f2a9c1b7d4e5f60',
    'restore the files from before the fix',
    'undo health change 9b1c2d3e4f506172',
    'put the files back as they were before autofix',
    'revert the automatic fixes',
    'roll the fixed files back',
    'give me back the files from before the health fix',
    'cancel the baseline that was just written',
  ],
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
  examples: [
    'take a health baseline',
    'accept the present findings as baseline',
    'set the baseline for the ratchet',
    'record today as the health baseline',
    'freeze the known problems so that only new ones fail',
    'update the baseline of this project',
    'start ratcheting from here',
    'grandfather in all existing findings',
    'treat the current debt as given and block only regressions',
  ],
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
  examples: [
    'suppress files.large for assets until 2027-01-31 because they are test data',
    'accept the finding docs.license until the end of the year',
    'ignore this health check for now',
    'silence the warning about large files',
    'mute docs.links in old/** until march',
    'waive the check quality.ci until 2027-06-30',
    'accept this risk with a reason and an expiry',
    'stop reporting todo notes until next quarter',
    'tolerate a failing check for some time',
  ],
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
  examples: [
    'run the build and the tests and check the health',
    'verify that the project builds and its tests pass',
    'does this repository build',
    'are the tests green',
    'check the health including tests',
    'run typecheck build and tests',
    'make sure everything compiles and passes',
    'full health check with build',
    'really run everything and see if it is green',
  ],
  input: verifyInput,
  output: scanOutput,
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
