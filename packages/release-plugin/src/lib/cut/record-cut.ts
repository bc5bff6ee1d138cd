import { join } from 'node:path'
import type { Context } from '@switchyard/plugin-kit'
import { createRecord, findRecord, projectKey, putRecord, type RecordKey } from '../records/record.ts'
import type { Cut } from './journal.ts'

type Release = Cut['plan']['releases'][number]

/** Writes the releases of a cut into the records; one that is there already stays as it is. */
export async function recordCut({ plan, commit }: Cut, ctx: Pick<Context, 'store' | 'workspace' | 'clock'>): Promise<void> {
  await ctx.store.commit(
    () => {
      for (const release of plan.releases) {
        const key = keyOf(plan, release, ctx.workspace)
        if (findRecord(ctx.store, key) !== undefined) continue
        const type = release.bump === 'none' ? undefined : release.bump
        const files = plan.files.map(({ path }) => path)
        createRecord(
          ctx.store,
          { ...key, type, changelog: release.changelog.section, files, tag: release.tag.name, commit: commit ?? null },
          ctx.clock.now(),
        )
      }
    },
    { durable: true },
  )
}

/** Takes out of the records what `recordCut` wrote. */
export async function forgetCut({ plan, commit }: Cut, ctx: Pick<Context, 'store' | 'workspace'>): Promise<void> {
  if (commit === undefined) return
  await ctx.store.commit(
    () => {
      for (const release of plan.releases) {
        const row = findRecord(ctx.store, keyOf(plan, release, ctx.workspace))
        if (row?.commit_sha === commit) putRecord(ctx.store, row.id, null)
      }
    },
    { durable: true },
  )
}

function keyOf({ root, path, mode }: Cut['plan'], { name, to }: Release, workspace: string): RecordKey {
  return { project: projectKey(workspace, join(root, path)), package: mode === 'independent' ? name : '', version: to }
}
