import { command } from '@switchyard/plugin-kit'
import { z } from 'zod'
import { describeChange, revert } from './changes.ts'
import { changeNumber, recordUndo } from './undo.ts'

const revertCommand = command({
  summary: 'Take back one change of projects, issues, reports or runbook records by its number',
  description: 'Everything is put back as it was, unless something of it was changed since. Kept for 30 days.',
  examples: [
    'take back change 12',
    'revert change 4 of the records',
    'undo record change number 7',
    'put the records back to before change 31',
    'roll back change 9 in the journal',
    'restore what change 15 deleted',
    'reverse change 2',
    'cancel out change 18',
  ],
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
