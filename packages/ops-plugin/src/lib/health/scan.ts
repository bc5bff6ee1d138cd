import type { Check, Finding } from './check.ts'
import { ALL_CHECKS } from './checks/all.ts'
import { byCodeUnit } from './list-files.ts'
import { describeProject } from './project.ts'
import { reportText } from './report.ts'
import type { ScanReport } from './schema.ts'
import { type Judged, scoreOf, statusOf } from './score.ts'
import { takeSnapshot } from './snapshot.ts'

/** Grows whenever a check comes, goes or judges otherwise: scores compare only within one rubric. */
const RUBRIC = 1
const MAX_LISTED = 50

export interface ScanOptions {
  strict?: boolean
  signal?: AbortSignal
  /** @default every check */
  checks?: readonly Check[]
}

/** Looks at a project's files, changes none of them, asks no network; the same tree gives the same report. @throws PROJECT_NOT_FOUND, CANCELLED */
export async function scan(path: string, { strict = false, signal, checks = ALL_CHECKS }: ScanOptions = {}): Promise<ScanReport> {
  const snapshot = await takeSnapshot(path, signal)
  const project = describeProject(snapshot)
  const applying = checks.filter((check) => check.applies(project))

  const inspected = new Map<Check, Finding[]>(applying.map((check) => [check, []]))
  const inspectors = applying.filter((check) => check.inspect !== undefined)
  const notRead = await snapshot.inspect((file) => {
    for (const check of inspectors) inspected.get(check)?.push(...(check.inspect?.(file, project) ?? []))
  }, signal)

  const judged = applying.map((check): Judged => {
    const findings = withoutTwins(check.run(project, inspected.get(check) ?? []).toSorted(byPlace))
    return { check, status: statusOf(findings), findings }
  })
  const { nextBestFix, ...score } = scoreOf(judged, { strict })

  const report: Omit<ScanReport, 'text'> = {
    project: snapshot.name,
    rubric: RUBRIC,
    kinds: [...project.kinds],
    status: score.status,
    score: score.score,
    confidence: score.confidence,
    domains: [...score.domains],
    checks: judged.map(({ check, status, findings }) => ({
      id: check.id,
      domain: check.domain,
      title: check.title,
      status,
      weight: check.weight,
      ...(status !== 'pass' && { mend: check.mend }),
      findings: findings.slice(0, MAX_LISTED),
      total: findings.length,
    })),
    notApplicable: checks.filter((check) => !applying.includes(check)).map(({ id }) => id),
    ...(nextBestFix && { nextBestFix: { check: nextBestFix.check.id, gain: nextBestFix.gain, mend: nextBestFix.check.mend } }),
    files: {
      total: snapshot.files.size,
      bytes: [...snapshot.files.values()].reduce((sum, { bytes }) => sum + bytes, 0),
      source: snapshot.source,
      notRead: notRead.slice(0, MAX_LISTED),
    },
  }
  return { ...report, text: reportText(report) }
}

/** One script behind several hooks is found wrong once. */
function withoutTwins(findings: readonly Finding[]): readonly Finding[] {
  return findings.filter((finding, index) => index === 0 || byPlace(finding, findings[index - 1] as Finding) !== 0)
}

const SEVERITY = { fail: 0, warn: 1, unknown: 2 } as const

function byPlace(a: Finding, b: Finding): number {
  return (
    SEVERITY[a.status] - SEVERITY[b.status] ||
    byCodeUnit(a.file ?? '', b.file ?? '') ||
    (a.line ?? 0) - (b.line ?? 0) ||
    byCodeUnit(a.note, b.note)
  )
}
