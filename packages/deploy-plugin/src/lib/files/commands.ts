import { command } from '@switchyard/plugin-kit'
import { z } from 'zod'

const restore = command({
  summary: 'Take a change of files back',
  description: 'Every file is put back as it was, unless somebody touched one since.',
  examples: ['put files back as they were before they were generated'],
  effect: 'write',
  internal: true,
  input: z.object({ change: z.string().min(1).max(40) }),
  output: z.object({ files: z.array(z.string()) }),
  async plan({ change }, { dataDir }) {
    const { describeChange } = await import('./change-set.ts')
    return {
      summary: 'Put files back as they were',
      steps: describeChange(dataDir, change).map(({ path, does }) => ({ does, target: path })),
    }
  },
  async run({ change }, { dataDir }) {
    const { takeBack } = await import('./generated.ts')
    return { files: takeBack(dataDir, change) }
  },
})

export const fileCommands = { 'files.restore': restore }
