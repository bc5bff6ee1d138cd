import type { Check, Finding } from './check.ts'
import { ALL_CHECKS } from './checks/all.ts'
import { unifiedDiff } from './diff.ts'
import { judge } from './judge.ts'
import { overlay } from './overlay.ts'
import { describeProject, type Project } from './project.ts'
import type { CheckStatus } from './score.ts'

/** A mend that needs nobody's judgement. */
export interface Fix {
  /** What it does, such as `gitignore-lines`; stable. */
  readonly id: string
  /** What it does, in words that follow its name. */
  readonly summary: string
  /** The files as they should be; a finding that it cannot mend is left alone. */
  edits(project: Project, findings: readonly Finding[]): readonly Edit[]
}

/** A file as it should be. */
export interface Edit {
  readonly path: string
  /** Undefined takes the file away. */
  readonly text: string | undefined
  /** @default as it was */
  readonly executable?: boolean
}

interface PlannedFix {
  readonly check: string
  readonly fix: string
  readonly before: CheckStatus
  /** What the check says of the project with the edits made. */
  readonly after: CheckStatus
  readonly paths: readonly string[]
}

export interface FixPlan {
  readonly fixes: readonly PlannedFix[]
  /** Each file once, as it is after all fixes. */
  readonly edits: readonly Edit[]
  readonly diff: string
  /** Checks that found something and have no fix, or one that cannot mend this. */
  readonly left: readonly string[]
}

/**
 * Plans every fix that helps. Each is tried on a view of the project in which the ones before are made, and kept only where its
 * check then finds less. Nothing is written.
 */
export async function planFixes(project: Project, only: readonly string[] = [], signal?: AbortSignal): Promise<FixPlan> {
  const { facts, snapshot: start } = project
  const fixes: PlannedFix[] = []
  const edits = new Map<string, Edit>()
  const left: string[] = []
  let view = project
  for (const check of ALL_CHECKS.filter(({ id }) => only.length === 0 || only.includes(id))) {
    const before = await ask(check, view, signal)
    if (before === undefined || before.findings.length === 0) continue
    const made = editsFor(check, view, before.findings)
    const next = made.length === 0 ? undefined : describeProject(overlay(view.snapshot, made), facts)
    const after = next && (await ask(check, next, signal))
    const isBetter = next !== undefined && (after === undefined || after.findings.length < before.findings.length)
    if (!isBetter || check.fix === undefined) {
      left.push(check.id)
      continue
    }
    view = next
    for (const edit of made) edits.set(edit.path, { ...edits.get(edit.path), ...edit })
    const status = after?.status ?? 'pass'
    fixes.push({ check: check.id, fix: check.fix.id, before: before.status, after: status, paths: made.map(({ path }) => path) })
    if (status !== 'pass') left.push(check.id)
  }
  const all = [...edits.values()].sort((a, b) => (a.path < b.path ? -1 : 1))
  const diff = all.map((edit) => unifiedDiff(edit.path, start.text(edit.path), edit.text, edit.executable)).join('')
  return { fixes, edits: all, diff, left }
}

async function ask(check: Check, project: Project, signal: AbortSignal | undefined) {
  return (await judge(project, [check], signal)).answers[0]
}

/** What a check's fix would change; nothing where it cannot mend what was found. */
export function editsFor({ fix }: Check, project: Project, findings: readonly Finding[]): readonly Edit[] {
  const edits = fix?.edits(project, findings).filter((edit) => isChange(project, edit)) ?? []
  // The mark stands for bytes that were no UTF-8, and is all that would be left of them.
  return edits.filter(({ text }) => text?.includes('\uFFFD') !== true)
}

function isChange({ snapshot }: Project, { path, text, executable }: Edit): boolean {
  const file = snapshot.files.get(path)
  return snapshot.text(path) !== text || (executable !== undefined && executable !== file?.executable)
}
