import { linkContract } from './link-contract.ts'
import { createMemoryNetwork } from './memory.ts'

linkContract('createMemoryNetwork()', async () => {
  const network = createMemoryNetwork()
  return { createLink: network.createLink, disrupt: network.disrupt, close: async () => undefined }
})
