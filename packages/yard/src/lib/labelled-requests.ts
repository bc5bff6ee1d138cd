import type { LabelledRequest, Plugin } from '@switchyard/plugin-kit'
import type { CommandInfo } from './yard.ts'

/**
 * The requests that routing is measured by in a workspace: what its plugins bring along, as far as anybody may ask for it; requests of
 * several parts whose commands are all here; and requests that no plugin does, half of them near to what one does.
 */
export async function labelledRequests(
  plugins: readonly Plugin[],
  commands: ReadonlyMap<string, CommandInfo>,
): Promise<readonly LabelledRequest[]> {
  const own = (await Promise.all(plugins.map(({ requests }) => requests?.() ?? []))).flat()
  const { default: compound } = await import('./eval/compound.json', { with: { type: 'json' } })
  const { default: outside } = await import('./eval/outside.json', { with: { type: 'json' } })
  const isOffered = (id: string): boolean => commands.get(id) !== undefined && commands.get(id)!.definition.internal !== true
  const inside = [...own, ...(compound as readonly LabelledRequest[])].filter(({ command, parts }) =>
    parts === undefined
      ? command === null || (command !== undefined && isOffered(command))
      : parts.every((part) => isOffered(part.command)),
  )
  const none = [...outside.far, ...outside.near].map((text): LabelledRequest => ({ text, command: null }))
  return [...inside, ...none]
}
