import { createHash } from 'node:crypto'
import { byCodeUnit } from '../model/project-files.ts'
import { placeOf, type Spot } from '../model/source.ts'
import type { Stack, StackOptions } from '../model/stack.ts'
import { readStack } from '../model/stack.ts'
import { schemaIsHere } from './compose-schema.ts'
import { docsOf } from './docs.ts'
import type { Found, Part, Rule, TextEdit } from './rule.ts'
import { ALL_RULES } from './rules/all.ts'
import type { Finding, Report, Target } from './schema.ts'
import { shown } from './secrets.ts'
import { isExpired, readSuppressions, type Suppression, type Suppressions, sourcesOf, suppressor } from './suppressions.ts'
import { askCaddy, askSystemd, type ToolAnswer } from './tools.ts'

export interface ValidateOptions extends StackOptions {
  readonly target?: Target | undefined
  readonly strict?: boolean | undefined
  /** The day that suppressions are held against, such as 2027-01-31. */
  readonly today: string
  /** Whether programs of this machine are asked too. @default false */
  readonly tools?: boolean | undefined
  /** @default all */
  readonly rules?: readonly Rule[] | undefined
  readonly signal?: AbortSignal | undefined
}

/** What repairs go on working with: a report with the findings' edits. */
export interface Examination {
  readonly report: Report
  readonly stack: Stack
  /** How many findings each rule has, also of those that the report does not list. */
  readonly byRule: ReadonlyMap<string, number>
  /** Of every rule that has some: what would mend its findings. */
  readonly edits: ReadonlyMap<Rule, readonly TextEdit[]>
}

const MAX_FINDINGS = 500
const SEVERITY = { critical: 0, warning: 1, info: 2 } as const

/** Judges the stack in a folder by every rule. The same files give the same report, whatever the machine, but for what `tools` asks. */
export async function validate(folder: string, options: ValidateOptions): Promise<Report> {
  return (await examine(folder, options)).report
}

export async function examine(folder: string, options: ValidateOptions): Promise<Examination> {
  const { target = 'all', strict = false, today, tools = false, rules = ALL_RULES, signal } = options
  const stack = readStack(folder, options)
  signal?.throwIfAborted()
  const sources = sourcesOf(stack)
  const isEmpty = sources.size === 0 && stack.problems.length === 0
  const suppressions: Suppressions = isEmpty ? { all: [], mistakes: [] } : readSuppressions(stack, new Set(ALL_RULES.map(({ id }) => id)))
  const asked = rules.filter(({ part }) => isWanted(part, target))
  const answers = tools ? await askTools(stack, target, signal) : []

  const judged = asked.flatMap((rule) =>
    withoutTwins([...rule.look(stack), ...(rule.id === 'stack.suppression' ? suppressions.mistakes : [])]).map((found) =>
      placed(rule, found),
    ),
  )
  judged.push(...saidByTools(answers, asked, judged))
  const taken = suppressions.all.map(() => 0)
  const suppressedBy = suppressor(suppressions.all, today)
  const kept = judged.filter(({ rule, file, line }) => {
    const by = suppressedBy({ rule: rule.id, file, line })
    if (by !== undefined) taken[by] = (taken[by] ?? 0) + 1
    return by === undefined
  })
  kept.sort(byPlace)

  const count = (severity: Finding['severity']): number => kept.filter(({ rule }) => rule.severity === severity).length
  const counts = {
    critical: count('critical'),
    warning: count('warning'),
    info: count('info'),
    suppressed: judged.length - kept.length,
    fixable: kept.filter(({ found }) => found.edits !== undefined).length,
  }
  const report: Report = {
    verdict: isEmpty ? 'empty' : counts.critical > 0 || (strict && counts.warning > 0) ? 'fail' : 'pass',
    counts,
    stack: {
      files: [...sources].map(({ path }) => shown(path)).sort(byCodeUnit),
      services: stack.projects.reduce((sum, { services }) => sum + services.size, 0),
      sites: stack.caddyfiles.reduce((sum, { sites }) => sum + sites.length, 0),
      units: stack.units.length,
      envFiles: stack.envFiles.length,
    },
    findings: withPrints(kept.slice(0, MAX_FINDINGS).map((one) => findingOf(one, stack))),
    suppressions: suppressions.all.map((one, index) => suppressionOf(one, taken[index] ?? 0, today)),
    checkedBy: [
      ...(stack.projects.length > 0 && isWanted('compose', target) ? [schemaAnswer()] : []),
      ...answers.map(({ tool, ran, why }) => ({ tool, ran, ...(why !== undefined && { why }) })),
    ],
  }
  const byRule = Map.groupBy(kept, ({ rule }) => rule)
  return {
    report,
    stack,
    byRule: new Map([...byRule].map(([{ id }, list]) => [id, list.length])),
    edits: new Map([...byRule].map(([rule, list]) => [rule, list.flatMap(({ found }) => found.edits ?? [])])),
  }
}

const isWanted = (part: Part, target: Target): boolean => target === 'all' || part === target || part === 'stack'

async function askTools(stack: Stack, target: Target, signal: AbortSignal | undefined): Promise<readonly ToolAnswer[]> {
  const answers = await Promise.all([
    isWanted('caddy', target) ? askCaddy(stack, signal) : undefined,
    isWanted('systemd', target) ? askSystemd(stack, signal) : undefined,
  ])
  signal?.throwIfAborted()
  return answers.filter((answer) => answer !== undefined)
}

function schemaAnswer(): Report['checkedBy'][number] {
  return schemaIsHere()
    ? { tool: 'compose schema', ran: true }
    : { tool: 'compose schema', ran: false, why: 'the package dclint, which brings it, is not installed here' }
}

interface Judged {
  readonly rule: Rule
  readonly found: Found
  readonly file: string
  readonly line: number
  readonly column: number
}

const placed = (rule: Rule, found: Found): Judged => ({ rule, found, ...placeOf(found.spot) })

/** What the programs found and our own rules did not: of one line, or of a whole file that cannot be read, one voice is enough. */
function saidByTools(answers: readonly ToolAnswer[], rules: readonly Rule[], own: readonly Judged[]): Judged[] {
  return answers.flatMap(({ found }) =>
    found.flatMap((one) => {
      const rule = rules.find(({ id }) => id === one.rule)
      if (rule === undefined) return []
      const said = placed(rule, one)
      const isKnown = own.some(
        ({ rule: { part, severity }, file, line }) =>
          part === rule.part && file === said.file && (one.isWhole ? severity === 'critical' : line === said.line && severity !== 'info'),
      )
      return isKnown ? [] : [said]
    }),
  )
}

function findingOf({ rule, found, file, line, column }: Judged, stack: Stack): Finding {
  const { spot, note, mend = rule.mend, edits } = found
  const to = spot.source.placeOf(Math.max(spot.start, spot.end))
  return {
    rule: rule.id,
    severity: rule.severity,
    note: shown(withoutValues(note, spot, stack)),
    file: shown(file),
    line,
    column,
    endLine: to.line,
    endColumn: to.column,
    mend,
    fixable: edits !== undefined,
    docs: docsOf(rule.id),
    fingerprint: '',
  }
}

/** A note with `${NAME}` in the place of every value that a variable put into what it is about. */
function withoutValues(note: string, { source, start, end }: Spot, { envFiles }: Stack): string {
  const about = source.text.slice(start, Math.min(end, start + MAX_ABOUT))
  if (!about.includes('$')) return note
  const names = new Set(Array.from(about.matchAll(/\$\{?([A-Za-z_]\w*)/g), ([, name = '']) => name))
  let clean = note
  for (const name of names) {
    for (const { values } of envFiles) {
      const value = values.get(name) ?? ''
      if (value.length >= MIN_HIDDEN_CHARS && !/^\d{1,5}$/.test(value)) clean = clean.replaceAll(value, `\${${name}}`)
    }
  }
  return clean
}
const MAX_ABOUT = 1_000
const MIN_HIDDEN_CHARS = 3

/** What several services take from one anchor is found wrong once. */
function withoutTwins(found: readonly Found[]): readonly Found[] {
  const seen = new Set<string>()
  return found.filter(({ spot, note }) => {
    const id = `${spot.source.path}:${spot.start}:${note}`
    return seen.has(id) ? false : seen.add(id) !== undefined
  })
}

/** Made of rule, file and words, so that they hold while lines move and numbers change; what reads the same is told apart by its order. */
function withPrints(findings: readonly Finding[]): Finding[] {
  const seen = new Map<string, number>()
  return findings.map((finding) => {
    const subject = [finding.rule, finding.file, finding.note.replace(/\d+(\.\d+)*/g, '#')].join('\0')
    const nth = (seen.get(subject) ?? 0) + 1
    seen.set(subject, nth)
    return { ...finding, fingerprint: createHash('sha256').update(`${subject}\0${nth}`).digest('hex').slice(0, 16) }
  })
}

function byPlace(a: Judged, b: Judged): number {
  return (
    SEVERITY[a.rule.severity] - SEVERITY[b.rule.severity] ||
    byCodeUnit(a.file, b.file) ||
    a.line - b.line ||
    a.column - b.column ||
    byCodeUnit(a.rule.id, b.rule.id) ||
    byCodeUnit(a.found.note, b.found.note)
  )
}

function suppressionOf(one: Suppression, findings: number, today: string): Report['suppressions'][number] {
  const { rule, reason, until, spot } = one
  const { file, line, column } = spot.source.placeOf(spot.start)
  return {
    rule,
    file,
    line,
    column,
    reason: shown(reason),
    ...(until !== undefined && { until }),
    expired: isExpired(one, today),
    findings,
  }
}
