import { initWorkspace } from '../lib/init.ts'
import type { Define } from '../lib/own-commands.ts'

export const define: Define = (command, session) => {
  command.action(() => {
    const { host, dirNamed } = session
    const written = initWorkspace(dirNamed ? session.dir : host.cwd)
    session.answer({ data: written, text: written.map(({ path, did }) => `${did} ${path}`).join('\n') })
  })
}
