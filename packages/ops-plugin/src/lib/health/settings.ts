import { z } from 'zod'
import { readJson } from './document.ts'
import { compileGlob } from './glob.ts'
import type { Snapshot } from './snapshot.ts'

/** Committed beside the project, so that accepting something is a change that others see. */
export const SETTINGS_FILE = 'switchyard.health.json'

const day = z.string().regex(/^\d{4}-\d{2}-\d{2}$/, 'must be a day such as 2027-01-31')

const suppressionSchema = z.strictObject({
  check: z.string().min(1).describe('Id of the check'),
  file: z.string().optional().describe('Glob of the files; every finding of the check where it is absent'),
  reason: z.string().min(10).describe('Why this is accepted, in ten characters at least'),
  until: day.describe('Last day; from then on the findings count again'),
  owner: z.string().optional().describe('Who accepted it'),
})

const settingsSchema = z.strictObject({
  suppress: z.array(suppressionSchema).default([]),
  baseline: z
    .strictObject({
      rubric: z.int(),
      score: z.int(),
      /** By check: the fingerprints of what was there already. */
      findings: z.record(z.string(), z.array(z.string())),
    })
    .optional(),
})

export type Suppression = z.output<typeof suppressionSchema>
export type Baseline = NonNullable<z.output<typeof settingsSchema>['baseline']>

export interface Settings {
  readonly suppress: readonly Suppression[]
  readonly baseline?: Baseline | undefined
  /** What is wrong with the file; then nothing in it counts. */
  readonly mistakes: readonly { readonly note: string; readonly line: number }[]
}

/** Undefined where the project has no such file. */
export function readSettings(snapshot: Snapshot): Settings | undefined {
  const document = readJson(snapshot, SETTINGS_FILE)
  if (document === undefined) return undefined
  if (document.mistake !== undefined) return { suppress: [], mistakes: [{ note: document.mistake.message, line: document.mistake.line }] }
  const parsed = settingsSchema.safeParse(document.value)
  if (parsed.success) return { ...parsed.data, mistakes: [] }
  return {
    suppress: [],
    mistakes: parsed.error.issues.map(({ path, message }) => ({
      note: `${path.join('.') || 'the file'}: ${message}`,
      line: document.lineOf(...path.map((key) => (typeof key === 'symbol' ? String(key) : key))),
    })),
  }
}

/** Whether a suppression still holds and takes in this finding. */
export function suppresses(
  { check, file, until }: Suppression,
  finding: { readonly check: string; readonly file?: string | undefined },
  today: string | undefined,
): boolean {
  if (check !== finding.check || (today !== undefined && until < today)) return false
  return file === undefined || (finding.file !== undefined && compileGlob(file)(finding.file))
}

/** The file's text with a change made to it; one key a line, so that two people's changes merge. */
export function settingsText({ suppress, baseline }: Pick<Settings, 'suppress' | 'baseline'>): string {
  return `${JSON.stringify({ ...(suppress.length > 0 && { suppress }), ...(baseline && { baseline }) }, null, 2)}\n`
}
