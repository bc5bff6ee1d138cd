import { examine } from '../lib/examine.ts'
import { EXIT } from '../lib/exit-code.ts'
import type { Define } from '../lib/own-commands.ts'
import { renderFindings } from '../render/doctor.ts'

export const define: Define = (command, session) => {
  command.action(async () => {
    const findings = await examine(session)
    const failed = findings.some(({ state }) => state === 'failed')
    session.answer({ data: findings, text: (look) => renderFindings(findings, look), exit: failed ? EXIT.failed : EXIT.done })
  })
}
