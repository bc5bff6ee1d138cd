import type { Context, Plan } from '@switchyard/plugin-kit'
import type { z } from 'zod'
import { projectRoot } from '../files/project.ts'
import { count } from '../files/table.ts'
import { ruleUnknown, stackInvalid } from './errors.ts'
import { type FixPlan, planFixes } from './fix.ts'
import { renderReport } from './report.ts'
import { ALL_RULES } from './rules/all.ts'
import type { fixInput, fixOutput, Report, validateInput, validateOutput } from './schema.ts'
import { examine, type ValidateOptions } from './validate.ts'

// What the commands of validation do. It is loaded when the first of them runs, so that definitions stay quick to load.

type In<schema extends z.ZodType> = z.output<schema>
type Out<schema extends z.ZodType> = z.input<schema>

const todayOf = ({ clock }: Context): string => new Date(clock.now()).toISOString().slice(0, 10)

function optionsOf({ env, compose, target }: Pick<In<typeof fixInput>, 'env' | 'compose' | 'target'>, ctx: Context): ValidateOptions {
  return { env, compose, target, today: todayOf(ctx), signal: ctx.signal }
}

/** @throws PROJECT_MISSING, STACK_INVALID */
export async function runValidate(input: In<typeof validateInput>, ctx: Context): Promise<Out<typeof validateOutput>> {
  const { project, strict, fix, gate, tools, format } = input
  const root = projectRoot(ctx.workspace, project)
  const { report } = await examine(root, { ...optionsOf(input, ctx), strict, tools })
  if (gate && report.verdict === 'fail') throw stackInvalid(report.counts.critical, report.counts.warning, strict, worstOf(report, strict))
  const text = renderReport(report, format)
  if (!fix) return { ...report, text }
  const { diff } = await planFixes(root, optionsOf(input, ctx))
  const shownDiff = diff === '' ? '\nNothing here can be mended without a person.\n' : `\nswitchyard deploy fix would change:\n\n${diff}`
  return { ...report, diff, text: format === 'text' ? `${text}${shownDiff}` : text }
}

const MAX_WORST = 10

function worstOf({ findings }: Report, strict: boolean): string {
  return findings
    .filter(({ severity }) => severity === 'critical' || (strict && severity === 'warning'))
    .slice(0, MAX_WORST)
    .map(({ file, line, column, note, rule }) => `${file}:${line}:${column} ${note} [${rule}]`)
    .join('\n')
}

/** @throws RULE_UNKNOWN */
function assertRules(ids: readonly string[]): void {
  for (const id of ids) {
    if (ALL_RULES.some((rule) => rule.id === id)) continue
    const last = id.split('.').at(-1) ?? id
    throw ruleUnknown(id, ALL_RULES.find((rule) => rule.id.includes(last))?.id)
  }
}

async function fixesFor(input: In<typeof fixInput>, ctx: Context): Promise<FixPlan & { root: string }> {
  assertRules(input.rules)
  const root = projectRoot(ctx.workspace, input.project)
  return { ...(await planFixes(root, optionsOf(input, ctx), input.rules)), root }
}

export async function planFix(input: In<typeof fixInput>, ctx: Context): Promise<Plan> {
  const { fixes, changes, diff, after } = await fixesFor(input, ctx)
  const left = after.findings.length
  const warnings = left === 0 ? {} : { warnings: [`${count(left, 'finding')} will still need a person`] }
  if (changes.length === 0) return { summary: 'Repair nothing: nothing was found that needs no judgement', steps: [], ...warnings }
  return {
    summary: `Repair ${count(
      fixes.reduce((sum, { findings }) => sum + findings, 0),
      'finding',
    )}: ${fixes.map(({ does }) => does).join('; ')}`,
    steps: changes.map(({ path, before }) => ({
      does: before === undefined ? ('create' as const) : ('change' as const),
      target: path,
      detail: diff.split('--- ').find((part) => part.startsWith(`${path}\n`)) ?? '',
    })),
    ...warnings,
  }
}

/** @throws RULE_UNKNOWN, PROJECT_MISSING, FILES_CHANGED_SINCE */
export async function runFix(input: In<typeof fixInput>, ctx: Context): Promise<Out<typeof fixOutput>> {
  const { applyChanges } = await import('../files/change-set.ts')
  const { root, fixes, changes, diff, after } = await fixesFor(input, ctx)
  const change = applyChanges(root, changes, ctx.dataDir)
  const left = after.findings.length
  return {
    fixes: fixes.map((fix) => ({ ...fix, files: [...fix.files] })),
    verdict: after.verdict,
    left,
    diff,
    ...(change !== undefined && { change }),
    text: fixText(fixes, left, after),
  }
}

function fixText(fixes: FixPlan['fixes'], left: number, { verdict }: Report): string {
  const lines = fixes.map(({ rule, findings, does, files }) => `${rule}: ${does} (${findings}, in ${files.join(', ')})`)
  const rest = left === 0 ? 'Nothing is left.' : `${count(left, 'finding')} left for a person.`
  return `${[...(lines.length === 0 ? ['Nothing was repaired.'] : lines), `${verdict.toUpperCase()}: ${rest}`].join('\n')}\n`
}
