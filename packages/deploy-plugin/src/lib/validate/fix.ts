import type { FileChange } from '../files/change-set.ts'
import { unifiedDiff } from '../files/diff.ts'
import { hideSecrets } from '../files/hide-secrets.ts'
import { isUnread } from '../model/project-files.ts'
import type { Stack } from '../model/stack.ts'
import type { TextEdit } from './rule.ts'
import { ALL_RULES } from './rules/all.ts'
import type { Report } from './schema.ts'
import { applyEdits } from './text-edits.ts'
import { examine, type ValidateOptions } from './validate.ts'

interface PlannedFix {
  readonly rule: string
  /** How many findings it mends. */
  readonly findings: number
  readonly does: string
  readonly files: readonly string[]
}

export interface FixPlan {
  readonly fixes: readonly PlannedFix[]
  readonly changes: readonly FileChange[]
  /** Without secrets, for showing. */
  readonly diff: string
  /** What would be found after it. */
  readonly after: Report
}

/**
 * Plans every repair that helps. Each rule's is tried on the files as those before it leave them, and kept only where the rule then
 * finds less and nothing critical comes of it. Nothing is written; comments and the form of all other lines stay.
 */
export async function planFixes(folder: string, options: ValidateOptions, only: readonly string[] = []): Promise<FixPlan> {
  const asked = { ...options, tools: false }
  let view = await examine(folder, asked)
  const start = view.stack
  let overlay = new Map<string, string>()
  const fixes: PlannedFix[] = []
  for (const rule of ALL_RULES) {
    if (rule.fix === undefined || (only.length > 0 && !only.includes(rule.id))) continue
    const edits = view.edits.get(rule)
    if (edits === undefined || edits.length === 0) continue
    const edited = editFiles(view.stack, edits)
    const next = new Map([...overlay, ...edited])
    const after = await examine(folder, { ...asked, overlay: next })
    const mended = (view.byRule.get(rule.id) ?? 0) - (after.byRule.get(rule.id) ?? 0)
    if (mended <= 0 || after.report.counts.critical > view.report.counts.critical) continue
    fixes.push({ rule: rule.id, findings: mended, does: rule.fix, files: [...edited.keys()].sort() })
    overlay = next
    view = after
  }
  const changes = [...overlay].sort(([a], [b]) => (a < b ? -1 : 1)).map(([path, after]) => ({ path, before: textAt(start, path), after }))
  const diffs = await Promise.all(
    changes.map(
      async ({ path, before = '', after }) => `--- ${path}\n${onlyChanged(await unifiedDiff(hideSecrets(before), hideSecrets(after)))}\n`,
    ),
  )
  return { fixes, changes, diff: diffs.join(''), after: view.report }
}

/** Without the lines around what changes: they are of no help here, and may hold anything. */
function onlyChanged(diff: string): string {
  const lines: string[] = []
  let number = 0
  let isHeadDue = true
  for (const line of diff.split('\n')) {
    const head = /^@@ line (\d+) @@$/.exec(line)
    if (head !== null) [number, isHeadDue] = [Number(head[1]), true]
    else if (line.startsWith(' ')) [number, isHeadDue] = [number + 1, true]
    else {
      if (isHeadDue && /^[+-]/.test(line)) lines.push(`@@ line ${Math.max(1, number)} @@`)
      isHeadDue = false
      if (line.startsWith('-')) number++
      lines.push(line)
    }
  }
  return lines.join('\n')
}

function editFiles(stack: Stack, edits: readonly TextEdit[]): Map<string, string> {
  const byPath = Map.groupBy(edits, ({ spot }) => spot.source.path)
  return new Map([...byPath].map(([path, list]) => [path, applyEdits(textAt(stack, path) ?? '', list)]))
}

function textAt({ files }: Stack, path: string): string | undefined {
  const source = files.read(path)
  return isUnread(source) ? undefined : source.text
}
