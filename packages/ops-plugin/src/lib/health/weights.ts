import type { PluginType } from './project.ts'

/** What matters more or less in a plugin of a kind than in any other project. */
export const PLUGIN_WEIGHTS: Readonly<Record<string, Readonly<Partial<Record<PluginType, number>>>>> = {
  'structure.manifest': { mcp: 15, full: 10 },
  'structure.tsconfig-strict': { mcp: 10, full: 5 },
  'structure.entry-point': { mcp: 15, full: 10 },
  'docs.readme': { 'skill-only': 10, mcp: 5, full: 5 },
  'docs.license': { 'skill-only': 5 },
  'docs.architecture': { full: 5 },
  'dependencies.outdated': { mcp: 5, full: 5 },
  'quality.build-script': { mcp: 10 },
  'quality.build-succeeds': { mcp: 15, full: 10 },
  'quality.typecheck-passes': { mcp: 10, full: 10 },
  'plugin.manifest': { 'skill-only': 20, mcp: 10, full: 5 },
  'skills.present': { 'skill-only': 20, full: 10 },
  'skills.frontmatter': { 'skill-only': 15, full: 5 },
  'skills.description': { 'skill-only': 10 },
  'skills.tool-names': { 'skill-only': 10 },
  'skills.examples': { 'skill-only': 10, full: 5 },
  'agents.frontmatter': { full: 5 },
  'hooks.shape': { full: 5 },
  'mcp.scripts': { mcp: 15, full: 10 },
  'mcp.sdk': { mcp: 5, full: 5 },
}
