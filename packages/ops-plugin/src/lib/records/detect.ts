import { agentsOf, hookHandlers, mcpServers, skillsOf } from '../health/claude-plugin.ts'
import { isText, type JsonObject, objectAt } from '../health/document.ts'
import { describeProject, type Project } from '../health/project.ts'
import { takeSnapshot } from '../health/snapshot.ts'
import type { Detected } from './project.ts'

/** What a folder holds, as Claude Code would load it. @throws PROJECT_NOT_FOUND, CANCELLED */
export async function detect(path: string, signal: AbortSignal): Promise<Detected> {
  const project = describeProject(await takeSnapshot(path, signal))
  const { snapshot, plugins, kinds } = project
  const has = (of: (plugin: (typeof plugins)[number]) => readonly unknown[]): boolean => plugins.some((plugin) => of(plugin).length > 0)
  const hasSkills = has((plugin) => skillsOf(snapshot, plugin))
  const hasMcp = has((plugin) => mcpServers(snapshot, plugin))
  const manifests = manifestsOf(project)
  const first = (field: string): string | undefined => manifests.map((manifest) => manifest[field]).find(isText)
  const version = first('version')
  return {
    path: snapshot.root,
    name: first('name') ?? snapshot.name,
    type: plugins.length === 0 ? 'other' : hasMcp ? (hasSkills ? 'full' : 'mcp') : 'skill-only',
    ...(version !== undefined && { version }),
    description: first('description') ?? '',
    kinds: [...kinds],
    hasSkills,
    hasMcp,
    hasHooks: has((plugin) => hookHandlers(snapshot, plugin)),
    hasAgents: has((plugin) => agentsOf(snapshot, plugin)),
  }
}

/** The manifests that name the project, the one that counts most first. */
function manifestsOf({ packages, plugins, pyproject, cargo }: Project): readonly JsonObject[] {
  const [python, rust] = [pyproject?.value, cargo?.value]
  return [
    packages.find(({ folder }) => folder === '')?.manifest ?? {},
    plugins.find(({ folder }) => folder === '')?.manifest ?? {},
    objectAt((python ?? {}) as JsonObject, 'project'),
    objectAt((rust ?? {}) as JsonObject, 'package'),
  ]
}
