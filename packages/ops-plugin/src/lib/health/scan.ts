import type { Check } from './check.ts'
import { ALL_CHECKS } from './checks/all.ts'
import { type Facts, NO_FACTS } from './facts.ts'
import { fingerprints } from './fingerprint.ts'
import { editsFor } from './fix.ts'
import { readGitFacts } from './git-facts.ts'
import { judge } from './judge.ts'
import { describeProject, type Project } from './project.ts'
import { docsOf } from './reference.ts'
import { reportText } from './report.ts'
import type { Report, ScanReport } from './schema.ts'
import { scoreOf } from './score.ts'
import { type Baseline, readSettings } from './settings.ts'
import { takeSnapshot } from './snapshot.ts'

/** Grows whenever a check comes, goes or judges otherwise: scores compare only within one rubric. */
export const RUBRIC = 3
const MAX_LISTED = 50

export interface ScanOptions {
  strict?: boolean
  signal?: AbortSignal | undefined
  /** @default every check */
  checks?: readonly Check[]
  /** What was learned beside the files, or how to learn it of the project. @default nothing */
  facts?: Facts | ((project: Project) => Promise<Facts>)
}

/**
 * Looks at a project's files and changes none of them; asks no network by itself. The same tree gives the same report.
 * @throws PROJECT_NOT_FOUND, CANCELLED
 */
export async function scan(path: string, options: ScanOptions = {}): Promise<ScanReport> {
  const report = (await examine(path, options)).report
  return { ...report, text: reportText(report) }
}

/** A scan with what it was made of, and with every finding's fingerprint, for what goes on working with them. */
export interface Examination {
  readonly report: Report
  readonly project: Project
  /** By check: what is wrong now. */
  readonly prints: Baseline['findings']
}

/** @throws PROJECT_NOT_FOUND, CANCELLED */
export async function examine(path: string, options: ScanOptions = {}): Promise<Examination> {
  const { strict = false, signal, checks = ALL_CHECKS } = options
  const project = await lookAt(path, options)
  const { snapshot, facts } = project
  const { answers, notApplicable, notRead, taken } = await judge(project, checks, signal)
  const { nextBestFix, caps, domains, ...score } = scoreOf(answers, { strict })

  const baseline = facts.settings?.baseline
  const prints: Record<string, readonly string[]> = {}
  const judged = answers.map(({ check, weight, status, findings, suppressed }): Report['checks'][number] => {
    const marks = fingerprints(check.id, findings)
    const wrong = marks.filter((_, index) => findings[index]?.status !== 'unknown')
    if (wrong.length > 0 && check.isOfTheMoment !== true) prints[check.id] = wrong
    const known = new Set(baseline?.findings[check.id])
    return {
      id: check.id,
      domain: check.domain,
      title: check.title,
      status,
      weight,
      ...(status !== 'pass' && {
        mend: check.mend,
        ...(check.fix && editsFor(check, project, findings).length > 0 && { fix: check.fix.id }),
      }),
      docs: docsOf(check.id),
      findings: findings.slice(0, MAX_LISTED).map((finding, index) => {
        const fingerprint = marks[index] ?? ''
        return { ...finding, fingerprint, ...(baseline && check.isOfTheMoment !== true && { isNew: !known.has(fingerprint) }) }
      }),
      total: findings.length,
      suppressed,
    }
  })

  const report: Report = {
    project: snapshot.name,
    rubric: RUBRIC,
    kinds: [...project.kinds],
    ...(project.pluginType && { pluginType: project.pluginType }),
    ...score,
    caps: caps.map(({ check, at }) => ({ check: check.id, at })),
    domains: [...domains],
    checks: judged,
    notApplicable: [...notApplicable],
    ...(nextBestFix && { nextBestFix: { check: nextBestFix.check.id, gain: nextBestFix.gain, mend: nextBestFix.check.mend } }),
    ...(baseline && { baseline: { score: baseline.score, isComparable: baseline.rubric === RUBRIC, ...against(baseline, prints) } }),
    suppressions: (facts.settings?.suppress ?? []).map(({ check, file, reason, until }, index) => ({
      check,
      ...(file !== undefined && { file }),
      reason,
      until,
      findings: taken[index] ?? 0,
    })),
    files: {
      total: snapshot.files.size,
      bytes: [...snapshot.files.values()].reduce((sum, { bytes }) => sum + bytes, 0),
      source: snapshot.source,
      notRead: notRead.slice(0, MAX_LISTED),
    },
  }
  return { report, project, prints: prints as Baseline['findings'] }
}

/** Takes the snapshot and learns what goes with it. @throws PROJECT_NOT_FOUND, CANCELLED */
export async function lookAt(path: string, { signal, facts }: Pick<ScanOptions, 'signal' | 'facts'> = {}): Promise<Project> {
  const snapshot = await takeSnapshot(path, signal)
  const git = snapshot.source === 'git' ? await readGitFacts(snapshot.root, snapshot.untracked, signal) : undefined
  const own: Facts = { git, settings: readSettings(snapshot) }
  const more = typeof facts === 'function' ? await facts(describeProject(snapshot, own)) : (facts ?? NO_FACTS)
  return describeProject(snapshot, { ...own, ...more })
}

function against(baseline: Baseline, prints: Readonly<Record<string, readonly string[]>>): { new: number; gone: number } {
  const flat = (findings: Readonly<Record<string, readonly string[]>>): Set<string> =>
    new Set(Object.entries(findings).flatMap(([check, marks]) => marks.map((mark) => `${check} ${mark}`)))
  const [before, now] = [flat(baseline.findings), flat(prints)]
  const without = (set: Set<string>, other: Set<string>): number => [...set].filter((mark) => !other.has(mark)).length
  return { new: without(now, before), gone: without(before, now) }
}
