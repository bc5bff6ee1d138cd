import { type Check, type Finding, weightOf } from './check.ts'
import { byCodeUnit } from './list-files.ts'
import type { Project } from './project.ts'
import { type Judged, statusOf } from './score.ts'
import { suppresses } from './settings.ts'
import type { Snapshot } from './snapshot.ts'

/** A check's answer, less what was accepted for a time. */
interface Answer extends Judged {
  readonly suppressed: number
}

interface Verdict {
  readonly answers: readonly Answer[]
  readonly notApplicable: readonly string[]
  readonly notRead: Awaited<ReturnType<Snapshot['inspect']>>
  /** How many findings each suppression of the settings took out, in their order. */
  readonly taken: readonly number[]
}

/** Asks every check that applies; each file is read once for all of them. @throws CANCELLED */
export async function judge(project: Project, checks: readonly Check[], signal?: AbortSignal): Promise<Verdict> {
  const applying = checks.filter((check) => check.applies(project))
  const inspected = new Map<Check, Finding[]>(applying.map((check) => [check, []]))
  const inspectors = applying.filter((check) => check.inspect !== undefined)
  const notRead = await project.snapshot.inspect((file) => {
    for (const check of inspectors) inspected.get(check)?.push(...(check.inspect?.(file, project) ?? []))
  }, signal)

  const suppress = project.facts.settings?.suppress ?? []
  const taken = suppress.map(() => 0)
  const answers = applying.map((check): Answer => {
    const found = withoutTwins(check.run(project, inspected.get(check) ?? []).toSorted(byPlace))
    const findings = found.filter((finding) => {
      const by = suppress.findIndex((one) => suppresses(one, { check: check.id, file: finding.file }, project.facts.today))
      if (by !== -1) taken[by] = (taken[by] ?? 0) + 1
      return by === -1
    })
    return { check, weight: weightOf(check, project), status: statusOf(findings), findings, suppressed: found.length - findings.length }
  })
  const asked = new Set(applying)
  return { answers, notApplicable: checks.filter((check) => !asked.has(check)).map(({ id }) => id), notRead, taken }
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
