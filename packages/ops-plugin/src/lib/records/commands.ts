import { changeCommands } from './change-commands.ts'
import { healthRecordCommands } from './health-commands.ts'
import { projectCommands } from './project-commands.ts'
import { templateCommands } from './templates.ts'

export const recordCommands = { ...projectCommands, ...healthRecordCommands, ...templateCommands, ...changeCommands }
