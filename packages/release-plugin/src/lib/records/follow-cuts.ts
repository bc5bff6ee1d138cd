import { type ListenContext, type Listener, on, type PayloadOf } from '@switchyard/plugin-kit'
import * as events from '../cut/events.ts'
import type { RecordKey } from './record.ts'

type Tagged = PayloadOf<typeof events.tagged>
type Undone = PayloadOf<typeof events.undone>

/** Keeps the records in step with what is cut and taken back. Both may be heard more than once. */
export const recordListeners: readonly Listener[] = [
  on(events.tagged, recordTagged, { name: 'record' }),
  on(events.undone, forgetUndone, { name: 'forget' }),
]

/** What is on record of a release is read from its tag and commit: they are what was made. */
async function recordTagged(payload: Tagged, ctx: ListenContext): Promise<void> {
  const { createRecord, findRecord } = await import('./record.ts')
  const { key, git } = await keyOf(payload, ctx)
  const { version, tag, commit } = payload
  const message = await git.text(['for-each-ref', '--format=%(contents)', `refs/tags/${tag}`])
  const files = await git.list(['diff-tree', '-z', '--no-commit-id', '--name-only', '-r', '--end-of-options', commit])
  // The first line is the title; the section of the changelog follows.
  const changelog = message.split('\n').slice(1).join('\n').trim()
  await ctx.store.commit(
    () => {
      if (findRecord(ctx.store, key) === undefined)
        createRecord(ctx.store, { ...key, version, changelog, files, tag, commit }, ctx.clock.now())
    },
    { durable: true },
  )
}

async function forgetUndone(payload: Undone, ctx: ListenContext): Promise<void> {
  const { findRecord, putRecord } = await import('./record.ts')
  const { key } = await keyOf(payload, ctx)
  await ctx.store.commit(
    () => {
      const row = findRecord(ctx.store, key)
      if (row?.git_tag === payload.tag) putRecord(ctx.store, row.id, null)
    },
    { durable: true },
  )
}

async function keyOf(
  { project, name, version }: Undone,
  ctx: ListenContext,
): Promise<{ key: RecordKey; git: import('../git/git.ts').Git }> {
  const { openRepository } = await import('../plan/repository.ts')
  const { modeOf } = await import('../plan/units.ts')
  const { projectKey } = await import('./record.ts')
  const repository = await openRepository(project, ctx)
  const key = { project: projectKey(ctx.workspace, project), package: modeOf(repository) === 'independent' ? name : '', version }
  return { key, git: repository.git }
}
