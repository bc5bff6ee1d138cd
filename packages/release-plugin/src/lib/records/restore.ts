import { resolve } from 'node:path'
import { command, type Undo } from '@switchyard/plugin-kit'
import { z } from 'zod'
import { exportChanged } from '../errors.ts'
import { projectField } from '../plan/input.ts'
import { fileInside, restoreFile } from './export.ts'
import { assertUnchanged, findRecord, putRecord, type RecordRow, recordRow } from './record.ts'

const oneRecord = z.object({ id: z.int(), before: recordRow.nullable(), after: z.string() })

/** The way back of a command that wrote one record. */
export function recordUndo({ release, before, after }: { release: { id: number }; before: RecordRow | null; after: string }): Undo {
  return { command: 'release.restore', input: { records: [{ id: release.id, before, after }] } }
}

/** Takes back what was done to records and to the file that they were exported to. */
export const restore = command({
  summary: 'Take back what a command did to the release records, as long as nobody changed them since',
  description: 'The way back of release.create, release.update and release.export, which give its input. It is of little use by hand.',
  examples: [
    'take back the last change to the release records',
    'undo the export of the changelog',
    'restore the release record as it was',
    'put the old changelog file back after the export',
    'revert the change to a release record',
    'undo recording that release',
    'bring back the release record from before the update',
    'forget the release record that was just created',
  ],
  effect: 'destroy',
  rare: true,
  input: z.object({
    records: z.array(oneRecord),
    file: z
      .object({ project: projectField, file: z.string(), before: z.string().nullable(), after: z.string() })
      .optional()
      .describe('What the records were exported to'),
  }),
  output: z.object({ restored: z.array(z.string()) }),
  plan({ records, file }, { workspace }) {
    const steps = records.map(({ id, before }) => ({
      does: before === null ? ('remove' as const) : ('change' as const),
      target: `release record ${id}`,
    }))
    if (file === undefined) return { summary: 'Put a release record back as it was', steps }
    const target = fileInside(resolve(workspace, file.project), file.file)
    return { summary: `Put ${file.file} back as it was`, steps: [{ does: file.before === null ? 'remove' : 'change', target }, ...steps] }
  },
  async run({ records, file }, { store, workspace }) {
    const restored: string[] = []
    if (file !== undefined && file.before !== file.after) {
      const kept = store.prepare('SELECT text FROM release_file_before WHERE sha256 = ?').get<{ text: string }>(file.before ?? '')
      if (file.before !== null && kept === undefined) throw exportChanged(file.file)
      restoreFile(fileInside(resolve(workspace, file.project), file.file), file.after, kept?.text)
      restored.push(file.file)
    }
    await store.commit(
      () => {
        for (const { id, before, after } of records) {
          assertUnchanged(findRecord(store, id), after, id)
          putRecord(store, id, before)
        }
        if (file !== undefined) store.prepare('DELETE FROM release_file_before WHERE sha256 = ?').run(file.before ?? '')
      },
      { durable: true },
    )
    return { restored: [...restored, ...records.map(({ id }) => `release record ${id}`)] }
  },
})
