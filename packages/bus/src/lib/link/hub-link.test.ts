import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createHubLink } from './hub-link.ts'
import { linkContract } from './link-contract.ts'

linkContract('createHubLink()', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'hub-'))
  return {
    createLink: () => createHubLink({ folder }),
    disrupt: () => rmSync(join(folder, 'hub.sock')),
    close: async () => rmSync(folder, { recursive: true }),
  }
})
