import { type ChainDefinition, type Chains, createChains } from '@switchyard/chain'
import { openStore, type Store } from '@switchyard/store'

/** Three calls one after another, each with the result of the one before. */
export const threeSteps: ChainDefinition = {
  name: 'three-steps',
  steps: [
    { id: 'one', call: 'bench.work', input: { n: 1 } },
    { id: 'two', call: 'bench.work', input: { n: '${{ steps.one.output.n }}' } },
    { id: 'three', call: 'bench.work', input: { n: '${{ steps.two.output.n }}' } },
  ],
}

/** Chains on a file, whose one command returns its input plus one. */
export function openOurs(path: string): { chains: Chains; store: Store; close(): Promise<void> } {
  const store = openStore({ path })
  const chains = createChains({
    store,
    command: () => ({ plugin: 'bench', effect: 'write', idempotent: true, undo: () => ({ command: 'bench.undo', input: {} }) }),
    call: async (_, input) => ({ n: (input as { n: number }).n + 1 }),
  })
  return {
    chains,
    store,
    async close() {
      await chains.close()
      store.close()
    },
  }
}
