import type { Command } from 'commander'
import type { Define, OwnName } from './own-commands.ts'
import { addCommonFlags } from './program.ts'
import type { Session } from './session.ts'

/** Each imported only when its command is used. */
const LOADERS: Readonly<Record<OwnName, () => Promise<{ define: Define }>>> = {
  ask: () => import('../commands/ask.ts'),
  route: () => import('../commands/route.ts'),
  plans: () => import('../commands/plans.ts'),
  approve: () => import('../commands/approve.ts'),
  discard: () => import('../commands/discard.ts'),
  undo: () => import('../commands/undo.ts'),
  plugins: () => import('../commands/plugins.ts'),
  registry: () => import('../commands/registry.ts'),
  agents: () => import('../commands/agents.ts'),
  chain: () => import('../commands/chain.ts'),
  state: () => import('../commands/state.ts'),
  trace: () => import('../commands/trace.ts'),
  logs: () => import('../commands/logs.ts'),
  metrics: () => import('../commands/metrics.ts'),
  alerts: () => import('../commands/alerts.ts'),
  mcp: () => import('../commands/mcp.ts'),
  config: () => import('../commands/config.ts'),
  doctor: () => import('../commands/doctor.ts'),
  init: () => import('../commands/init.ts'),
  new: () => import('../commands/new.ts'),
  completion: () => import('../commands/completion.ts'),
}

/** Gives one of the program's own commands its arguments. */
export async function loadOwnCommand(program: Command, name: OwnName, session: Session): Promise<void> {
  const command = program.commands.find((one) => one.name() === name)!
  const { define } = await LOADERS[name]()
  define(command, session)
  addCommonFlags(command)
}
