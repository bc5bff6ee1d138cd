import { command } from '@switchyard/plugin-kit'
import { z } from 'zod'
import { describeChange, revert } from './changes.ts'
import { RECORD_EXAMPLES } from './examples.ts'
import { changeNumber, recordUndo } from './undo.ts'

const revertCommand = command({
  summary: 'Take back one change of projects, issues, reports or runbook records by its number',
  description: 'Everything is put back as it was, unless something of it was changed since. Kept for 30 days.',
  examples: RECORD_EXAMPLES['change.revert'],
  effect: 'write',
  rare: true,
  input: z.object({ change: z.int().min(1).describe('Its number, from the result of what made it') }),
  output: z.object({ doing: z.string().describe('What was taken back'), rows: z.int(), change: changeNumber }),
  plan({ change }, { store, workspace }) {
    const { doing, touches } = describeChange(store, change)
    const files = touches.filter(({ place }) => place === 'file' || place === 'folder')
    return {
      summary: `Take back: ${doing}`,
      steps: [
        { does: 'change', target: 'records', detail: `${touches.length - files.length} records` },
        ...files.map(({ item, undoing }) => ({ does: undoing, target: item.replace(`${workspace}/`, '') })),
      ],
    }
  },
  undo: recordUndo,
  run: ({ change }, ctx) => revert(ctx, change),
})

export const changeCommands = { 'change.revert': revertCommand }
