import { command } from '@switchyard/plugin-kit'
import { z } from 'zod'
import { projectField } from '../plan/input.ts'
import { VERSION_EXAMPLES } from './examples.ts'

const placeSchema = z.object({
  file: z.string().describe('Relative to the root of the repository'),
  line: z.int().min(1),
  where: z.string().describe('Which place in the file, such as version or dependencies.NAME'),
  package: z.string().describe('Name of the package whose version it says'),
  role: z.enum(['version', 'range', 'pin']).describe('Its own version, or what somebody asks for of it'),
  found: z.string(),
})

const checkOutput = z.object({
  inStep: z.boolean(),
  mode: z.enum(['single', 'fixed', 'independent']).describe('Whether packages share one version'),
  packages: z.array(
    z.object({
      name: z.string(),
      path: z.string(),
      version: z.string().nullable().describe('What it should say everywhere; null where no file says any'),
      released: z.string().nullable().describe('The highest version that is tagged'),
    }),
  ),
  drift: z.array(placeSchema.extend({ expected: z.string() })),
  places: z.array(placeSchema).describe('Every place that says a version'),
  text: z.string().describe('The report for people, 80 columns wide'),
})

export type CheckReport = z.output<typeof checkOutput>

const check = command({
  summary: 'Check that every file says the same version: manifests, lock files, workspaces, marketplace, charts, images, code',
  description:
    'Finds every place of a project that says a version and compares them: package.json and its lock file, what workspaces ask for of each ' +
    'other, plugin.json, marketplace.json, pyproject.toml, Cargo.toml, Chart.yaml, image tags in compose files, and versions in code. What ' +
    'is out of step is named with file and line.',
  examples: VERSION_EXAMPLES.check,
  input: z.object({ project: projectField }),
  output: checkOutput,
  effect: 'read',
  timeoutMs: 60_000,
  async run({ project }, ctx) {
    const { checkVersions } = await import('./check.ts')
    return checkVersions(project, ctx)
  },
})

export const mapCommands = { check }
