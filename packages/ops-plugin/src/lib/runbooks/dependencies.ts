import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { type Context, command } from '@switchyard/plugin-kit'
import { z } from 'zod'
import { change } from '../records/changes.ts'
import { noFolder } from '../records/errors.ts'
import { findProject, folderOf, needProject, projectRef } from '../records/project.ts'
import { changeNumber, recordUndo } from '../records/undo.ts'
import { updateFailed, updateUnsupported } from './errors.ts'
import { RUNBOOK_EXAMPLES } from './examples.ts'

const FILES = ['package.json', 'package-lock.json'] as const
const UPDATE = ['npm', 'update', '--ignore-scripts', '--no-audit', '--no-fund'] as const

const update = command({
  summary: 'Update the npm dependencies of a project within the ranges that its package.json names',
  description:
    'Scripts of packages are not run. Undone, package.json and package-lock.json are as they were; npm ci brings node_modules back.',
  examples: RUNBOOK_EXAMPLES['dependency.update'],
  effect: 'write',
  rare: true,
  timeoutMs: 600_000,
  input: z.object({
    project: projectRef.default('.'),
    level: z.enum(['minor']).default('minor').describe('Within the ranges; a new major version is a decision for a person'),
  }),
  output: z.object({
    updated: z.array(z.object({ name: z.string(), from: z.string(), to: z.string() })),
    change: changeNumber,
  }),
  plan({ project }, ctx) {
    const root = rootOf(ctx, project)
    return {
      summary: `Update the dependencies of ${project} within their ranges`,
      steps: [
        { does: 'run', target: UPDATE.join(' ') },
        ...[...FILES, 'node_modules'].map((file) => ({ does: 'change' as const, target: relative(ctx.workspace, join(root, file)) })),
      ],
      warnings: ['after an undo, npm ci brings node_modules back in step'],
    }
  },
  undo: recordUndo,
  async run({ project }, ctx) {
    const { runProgram } = await import('../services/program.ts')
    const root = rootOf(ctx, project)
    const before = FILES.map((file) => readFileSync(join(root, file), 'utf8'))
    const { exit, missing, stderr } = await runProgram(UPDATE, { cwd: root, signal: ctx.signal })
    if (exit !== 0) {
      for (const [index, file] of FILES.entries()) writeFileSync(join(root, file), before[index] ?? '')
      throw updateFailed(project, missing ?? lastLines(stderr))
    }
    return change(ctx, `update the dependencies of ${project}`, (writes) => {
      for (const [index, file] of FILES.entries()) writes.changedFile(join(root, file), before[index] ?? '')
      return { updated: updatedIn(before[1] ?? '{}', readFileSync(join(root, FILES[1]), 'utf8')) }
    })
  },
})

/** @throws PROJECT_UNKNOWN, UPDATE_UNSUPPORTED */
function rootOf(ctx: Pick<Context, 'store' | 'workspace'>, project: string): string {
  const root = findProject(ctx, project)?.path ?? folderOf(ctx.workspace, project) ?? needProject(ctx, project).path
  if (root === null) throw noFolder(project, 'update the dependencies')
  const missing = FILES.find((file) => !existsSync(join(root, file)))
  if (missing !== undefined) throw updateUnsupported(project, missing)
  return root
}

function updatedIn(before: string, after: string): { name: string; from: string; to: string }[] {
  const versions = (text: string): Readonly<Record<string, { version?: string }>> =>
    (JSON.parse(text) as { packages?: Record<string, { version?: string }> }).packages ?? {}
  const [old, now] = [versions(before), versions(after)]
  return Object.entries(now).flatMap(([path, { version: to }]) => {
    const from = old[path]?.version
    return path === '' || from === undefined || to === undefined || from === to
      ? []
      : [{ name: path.replace(/^.*node_modules\//, ''), from, to }]
  })
}

const lastLines = (text: string): string => text.trim().split('\n').slice(-3).join(' ').slice(0, 400)

export const dependencyCommands = { 'dependency.update': update }
