import { existsSync } from 'node:fs'
import { extname, relative, resolve } from 'node:path'
import type { Context, Plan, PlanStep } from '@switchyard/plugin-kit'
import { redactShapes } from '@switchyard/plugin-kit/redact'
import type { z } from 'zod'
import { baselineMissing, belowMinimum, checkUnknown, fixFailed, healthWorsened, reportExists } from '../errors.ts'
import { applyChange, readChange, revertChange } from './change.ts'
import { ALL_CHECKS } from './checks/all.ts'
import { unifiedDiff } from './diff.ts'
import type { Facts } from './facts.ts'
import { type Edit, type FixPlan, planFixes } from './fix.ts'
import type { Format } from './formats.ts'
import { askRegistry } from './registry.ts'
import { renderReport } from './render.ts'
import { newsText, plural, worstText } from './report.ts'
import { commandLineOf, runScript, scriptsOf } from './runs.ts'
import { examine, lookAt, RUBRIC } from './scan.ts'
import type {
  baselineInput,
  baselineOutput,
  fixInput,
  fixOutput,
  Report,
  reportInput,
  reportOutput,
  restoreInput,
  restoreOutput,
  ScanReport,
  scanInput,
  suppressInput,
  suppressOutput,
  verifyInput,
} from './schema.ts'
import { SETTINGS_FILE, suppresses } from './settings.ts'
import { changedSettings } from './settings-change.ts'
import type { Snapshot } from './snapshot.ts'

// What the commands of health do. It is loaded when the first of them runs, so that definitions stay quick to load.

type In<schema extends z.ZodType> = z.output<schema>
type Out<schema extends z.ZodType> = z.input<schema>

const todayOf = ({ clock }: Context): string => new Date(clock.now()).toISOString().slice(0, 10)

/** The day, and the registry where it was asked for. */
function factsOf({ network, registry }: { network?: boolean; registry?: string | undefined }, ctx: Context) {
  return async (project: Parameters<typeof askRegistry>[0]): Promise<Facts> => {
    const today = todayOf(ctx)
    if (network !== true) return { today }
    return { today, registry: await askRegistry(project, { dataDir: ctx.dataDir, nowMs: ctx.clock.now(), registry, signal: ctx.signal }) }
  }
}

export async function runScan(input: In<typeof scanInput>, ctx: Context): Promise<ScanReport> {
  const { project, strict, format } = input
  const { report } = await examine(resolve(ctx.workspace, project), { strict, signal: ctx.signal, facts: factsOf(input, ctx) })
  enforce(report, input)
  return { ...report, text: renderReport(report, format) }
}

/** @throws HEALTH_BELOW_MINIMUM, HEALTH_WORSENED, BASELINE_MISSING */
function enforce(report: Report, { minimum, ratchet }: { minimum?: number | undefined; ratchet: boolean }): void {
  if (ratchet && report.baseline === undefined) throw baselineMissing(SETTINGS_FILE)
  if (ratchet && report.baseline !== undefined && report.baseline.new > 0) throw healthWorsened(report.baseline.new, newsText(report))
  if (minimum !== undefined && report.score < minimum) throw belowMinimum(report.score, minimum, worstText(report))
}

const FORMAT_BY_ENDING: Readonly<Record<string, Format>> = {
  '.html': 'html',
  '.sarif': 'sarif',
  '.json': 'json',
  '.md': 'markdown',
  '.xml': 'junit',
}

const formatOf = ({ format, output }: In<typeof reportInput>): Format => format ?? FORMAT_BY_ENDING[extname(output).toLowerCase()] ?? 'text'

/** @throws REPORT_EXISTS */
function outputOf({ output, overwrite }: In<typeof reportInput>, { workspace }: Context): { file: string; exists: boolean } {
  const path = resolve(workspace, output)
  const exists = existsSync(path)
  if (exists && !overwrite) throw reportExists(output)
  return { file: relative(workspace, path), exists }
}

export function planReport(input: In<typeof reportInput>, ctx: Context): Plan {
  const { file, exists } = outputOf(input, ctx)
  return {
    summary: `Write the health of ${input.project} to ${file} as ${formatOf(input)}`,
    steps: [{ does: exists ? 'change' : 'create', target: file }],
  }
}

export async function runReport(input: In<typeof reportInput>, ctx: Context): Promise<Out<typeof reportOutput>> {
  const { file } = outputOf(input, ctx)
  const { project, strict } = input
  const { report } = await examine(resolve(ctx.workspace, project), { strict, signal: ctx.signal, facts: factsOf(input, ctx) })
  const format = formatOf(input)
  const change = applyChange(ctx.workspace, [{ path: file, text: renderReport(report, format) }], ctx.dataDir)
  return { file, format, score: report.score, status: report.status, change }
}

/** @throws CHECK_UNKNOWN */
function assertChecks(ids: readonly string[]): void {
  for (const id of ids) {
    if (ALL_CHECKS.some((check) => check.id === id)) continue
    const last = id.split('.').at(-1) ?? id
    throw checkUnknown(id, ALL_CHECKS.find((check) => check.id.includes(last))?.id)
  }
}

async function fixesFor({ project, checks }: In<typeof fixInput>, ctx: Context): Promise<FixPlan & { snapshot: Snapshot }> {
  assertChecks(checks)
  const described = await lookAt(resolve(ctx.workspace, project), { signal: ctx.signal, facts: { today: todayOf(ctx) } })
  const plan = await planFixes(described, checks, ctx.signal)
  return { ...plan, diff: redactShapes(plan.diff), snapshot: described.snapshot }
}

export async function planFix(input: In<typeof fixInput>, ctx: Context): Promise<Plan> {
  const { snapshot, fixes, edits, left } = await fixesFor(input, ctx)
  const warnings = left.length === 0 ? {} : { warnings: [`a person is needed for ${left.join(', ')}`] }
  if (fixes.length === 0) return { summary: 'Fix nothing: nothing is wrong that has a fix', steps: [nothingToDo], ...warnings }
  const files = edits.map(({ path }) => path)
  return {
    summary: `Fix ${fixes.map(({ check }) => check).join(', ')} in ${plural(files.length, 'file')}`,
    steps: edits.map((edit) => stepOf(edit, snapshot.text(edit.path), snapshot.has(edit.path), targetOf(snapshot.root, edit.path, ctx))),
    ...warnings,
  }
}

const nothingToDo: PlanStep = { does: 'run', target: 'ops.health.scan', detail: 'looks again and changes nothing' }

function stepOf(edit: Edit, before: string | undefined, exists: boolean, target: string): PlanStep {
  const does = edit.text === undefined ? 'remove' : exists ? 'change' : 'create'
  return { does, target, detail: redactShapes(unifiedDiff(edit.path, before, edit.text, edit.executable)) }
}

/** As the person who approves finds it: from the workspace where it lies in there. */
function targetOf(root: string, path: string, { workspace }: Context): string {
  const absolute = resolve(root, path)
  const inside = relative(workspace, absolute)
  return inside.startsWith('..') ? absolute : inside
}

export async function runFix(input: In<typeof fixInput>, ctx: Context): Promise<Out<typeof fixOutput>> {
  const facts = { today: todayOf(ctx) }
  const { snapshot, fixes, edits, left, diff } = await fixesFor(input, ctx)
  const { root } = snapshot
  const before = (await examine(root, { signal: ctx.signal, facts })).report
  if (edits.length === 0) {
    return {
      before: before.score,
      after: before.score,
      fixes: [],
      left: [...left],
      diff,
      text: textOfFix(before.score, before.score, [], left),
    }
  }
  const change = applyChange(root, edits, ctx.dataDir, snapshot)
  try {
    const { report } = await examine(root, { signal: ctx.signal, facts })
    const verified = fixes.map((one) => ({
      ...one,
      paths: [...one.paths],
      after: report.checks.find(({ id }) => id === one.check)?.status ?? ('pass' as const),
    }))
    const total = ({ checks }: Report, id: string): number => checks.find((check) => check.id === id)?.total ?? 0
    const failed = fixes.filter(({ check }) => total(report, check) >= total(before, check) && total(report, check) > 0)
    if (failed.length > 0) throw fixFailed(failed.map(({ check }) => check))
    const text = `${diff}${textOfFix(before.score, report.score, verified, left)}`
    return { before: before.score, after: report.score, fixes: verified, left: [...left], diff, change, text }
  } catch (error) {
    revertChange(ctx.dataDir, change)
    throw error
  }
}

function textOfFix(before: number, after: number, fixes: readonly { check: string; after: string }[], left: readonly string[]): string {
  const lines = fixes.map(({ check, after: state }) => `${state === 'pass' ? 'mended ' : 'better '} ${check}`)
  if (lines.length === 0) lines.push('Nothing was wrong that has a fix.')
  lines.push(`score ${before} → ${after}`)
  if (left.length > 0) lines.push(`a person is needed for ${left.join(', ')}`)
  return `${lines.join('\n')}\n`
}

export function planRestore({ change }: In<typeof restoreInput>, ctx: Context): Plan {
  const { root, paths } = readChange(ctx.dataDir, change)
  return {
    summary: `Put ${plural(paths.length, 'file')} back as before change ${change}`,
    steps: paths.map((path) => ({ does: 'change', target: targetOf(root, path, ctx) })),
  }
}

export function runRestore({ change }: In<typeof restoreInput>, ctx: Context): Out<typeof restoreOutput> {
  return { files: [...revertChange(ctx.dataDir, change)] }
}

async function baselineFor({ project }: In<typeof baselineInput>, ctx: Context) {
  const {
    report,
    prints,
    project: described,
  } = await examine(resolve(ctx.workspace, project), {
    signal: ctx.signal,
    facts: { today: todayOf(ctx) },
  })
  const edit = changedSettings(described.snapshot, { baseline: { rubric: RUBRIC, score: report.score, findings: prints } })
  return { root: described.snapshot.root, score: report.score, findings: Object.values(prints).flat().length, edit, described }
}

export async function planBaseline(input: In<typeof baselineInput>, ctx: Context): Promise<Plan> {
  const { root, score, findings, edit, described } = await baselineFor(input, ctx)
  const { snapshot } = described
  return {
    summary: `Take ${plural(findings, 'finding')} and a score of ${score} as the baseline`,
    steps: [stepOf(edit, snapshot.text(edit.path), snapshot.has(edit.path), targetOf(root, edit.path, ctx))],
    warnings: ['ops.health.scan with ratchet then lets these pass, and nothing new'],
  }
}

export async function runBaseline(input: In<typeof baselineInput>, ctx: Context): Promise<Out<typeof baselineOutput>> {
  const { root, score, findings, edit, described } = await baselineFor(input, ctx)
  return { file: targetOf(root, edit.path, ctx), score, findings, change: applyChange(root, [edit], ctx.dataDir, described.snapshot) }
}

async function suppressionFor({ project, check, file, reason, until, owner }: In<typeof suppressInput>, ctx: Context) {
  assertChecks([check])
  const today = todayOf(ctx)
  const { report, project: described } = await examine(resolve(ctx.workspace, project), { signal: ctx.signal, facts: { today } })
  const suppression = { check, ...(file !== undefined && { file }), reason, until, ...(owner !== undefined && { owner }) }
  const others = (described.facts.settings?.suppress ?? []).filter((one) => one.check !== check || one.file !== file)
  const edit = changedSettings(described.snapshot, { suppress: [...others, suppression] })
  const found = report.checks.find(({ id }) => id === check)?.findings ?? []
  const findings = found.filter((finding) => suppresses(suppression, { check, file: finding.file }, today)).length
  return { root: described.snapshot.root, snapshot: described.snapshot, edit, findings }
}

export async function planSuppress(input: In<typeof suppressInput>, ctx: Context): Promise<Plan> {
  const { root, snapshot, edit, findings } = await suppressionFor(input, ctx)
  const { check, file, until, reason } = input
  return {
    summary: `Accept ${check}${file === undefined ? '' : ` in ${file}`} until ${until}: ${reason}`,
    steps: [stepOf(edit, snapshot.text(edit.path), snapshot.has(edit.path), targetOf(root, edit.path, ctx))],
    ...(findings === 0 && { warnings: ['it takes in nothing that is found now'] }),
  }
}

export async function runSuppress(input: In<typeof suppressInput>, ctx: Context): Promise<Out<typeof suppressOutput>> {
  const { root, snapshot, edit, findings } = await suppressionFor(input, ctx)
  return { file: targetOf(root, edit.path, ctx), findings, change: applyChange(root, [edit], ctx.dataDir, snapshot) }
}

export async function planVerify({ project, steps }: In<typeof verifyInput>, ctx: Context): Promise<Plan> {
  const scripts = scriptsOf(await lookAt(resolve(ctx.workspace, project), { signal: ctx.signal }), steps)
  if (scripts.length === 0) return { summary: `Scan ${project}: it has none of ${steps.join(', ')}`, steps: [nothingToDo] }
  return {
    summary: `Run ${scripts.map(commandLineOf).join(', ')} in ${project}, and judge its health with what they say`,
    steps: scripts.map((script) => ({ does: 'run', target: commandLineOf(script), detail: `in ${project}` })),
    warnings: ['these are the project’s own programs: they can do whatever you can'],
  }
}

export async function runVerify(input: In<typeof verifyInput>, ctx: Context): Promise<ScanReport & { passed: boolean }> {
  const { project, strict, steps, minutes } = input
  const path = resolve(ctx.workspace, project)
  const endMs = performance.now() + minutes * 60_000
  const described = await lookAt(path, { signal: ctx.signal })
  const scripts = scriptsOf(described, steps)
  const runs: Awaited<ReturnType<typeof runScript>>[] = []
  for (const [index, script] of scripts.entries()) {
    ctx.signal.throwIfAborted()
    ctx.progress({ message: commandLineOf(script), done: index, total: scripts.length })
    runs.push(await runScript(described.snapshot.root, script, { limitMs: endMs - performance.now(), signal: ctx.signal }))
  }
  const learn = factsOf(input, ctx)
  const facts = async (one: typeof described): Promise<Facts> => ({ ...(await learn(one)), runs })
  const { report } = await examine(path, { strict, signal: ctx.signal, facts })
  enforce(report, input)
  const passed = runs.length > 0 && runs.every(({ outcome }) => outcome === 'passed')
  return { ...report, passed, text: renderReport(report, 'text') }
}
