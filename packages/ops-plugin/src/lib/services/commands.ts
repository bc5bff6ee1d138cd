import { auditCommands } from './audit-commands.ts'
import { incidentCommands } from './incident-commands.ts'
import { insightCommands } from './insight-commands.ts'
import { logCommands } from './log-commands.ts'
import { monitorCommands } from './monitor-commands.ts'
import { remediateCommands } from './remediate-commands.ts'
import { serviceCommands } from './service-commands.ts'

export const runningServiceCommands = {
  ...serviceCommands,
  ...monitorCommands,
  ...logCommands,
  ...insightCommands,
  ...remediateCommands,
  ...auditCommands,
  ...incidentCommands,
}
