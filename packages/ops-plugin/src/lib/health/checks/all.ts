import type { Check } from '../check.ts'
import { PLUGIN_WEIGHTS } from '../weights.ts'
import { dependencyChecks } from './dependencies.ts'
import { docsChecks } from './docs.ts'
import { filesChecks } from './files.ts'
import { hookChecks } from './hooks.ts'
import { mcpChecks } from './mcp.ts'
import { pluginChecks } from './plugin.ts'
import { qualityChecks } from './quality.ts'
import { securityChecks } from './security.ts'
import { agentChecks, skillChecks } from './skills.ts'
import { structureChecks } from './structure.ts'

const CHECKS: readonly Check[] = [
  ...structureChecks,
  ...docsChecks,
  ...dependencyChecks,
  ...qualityChecks,
  ...filesChecks,
  ...securityChecks,
  ...pluginChecks,
  ...skillChecks,
  ...agentChecks,
  ...hookChecks,
  ...mcpChecks,
]

/** Every check, in the order of reports. */
export const ALL_CHECKS: readonly Check[] = CHECKS.map((check) => {
  const weights = PLUGIN_WEIGHTS[check.id]
  return weights === undefined ? check : { ...check, weights }
})
