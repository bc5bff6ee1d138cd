import { CONFIG_FILE, type DeployConfig } from '../config/config.ts'
import { parseConfig } from '../config/read-config.ts'
import { type GeneratedFile, type Outcome, settle } from '../files/generated.ts'
import type { Resolution } from '../files/merge.ts'
import { createBlueprint } from '../generate/blueprint.ts'
import { envExample } from '../generate/env-example.ts'
import { knownVariables, sensitiveNames } from '../generate/known-variables.ts'
import { CHECKLIST_FILE, checklist } from './checklist.ts'
import { readComposed } from './composed.ts'
import { type Detected, detect } from './detect/detect.ts'
import { nothingToDeploy } from './errors.ts'
import { proposeConfig, type Wishes } from './propose.ts'

export interface Setup {
  readonly detected: Detected
  readonly config: DeployConfig
  readonly outcomes: readonly Outcome[]
}

/**
 * What a project's deployment would be set up with. The configuration is brought together with what people made of it, so a second
 * run changes nothing. Changes nothing yet.
 * @throws NOTHING_TO_DEPLOY, DEPLOY_CONFIG_INVALID where the configuration that is there, or what was wished for, is wrong
 */
export async function planSetup(root: string, dataDir: string, wishes: Wishes, resolution: Resolution): Promise<Setup> {
  const detected = detect(root)
  const composed = readComposed(root, dataDir)
  if (composed.services.length === 0 && detected.apps.length === 0) throw nothingToDeploy(root)
  const proposed = inLines(proposeConfig(detected, composed.services, wishes))
  parseConfig(proposed)
  const check = async (text: string): Promise<string | undefined> => {
    try {
      parseConfig(text)
      return undefined
    } catch (error) {
      return error instanceof Error ? error.message : String(error)
    }
  }
  const [configured] = await settle(root, dataDir, [{ path: CONFIG_FILE, text: proposed, check }], resolution)
  const config = parseConfig(configured?.after ?? proposed)
  const blueprint = createBlueprint(config, { detected, composed, known: knownVariables(root), isSecret: sensitiveNames(root) })
  const files: GeneratedFile[] = [
    ...(blueprint.variables.every(({ listed }) => listed) ? [] : [{ path: '.env.example', text: envExample(blueprint) }]),
    { path: CHECKLIST_FILE, text: checklist(config) },
  ]
  const others = await settle(root, dataDir, files, resolution)
  return { detected, config, outcomes: [...(configured === undefined ? [] : [configured]), ...others] }
}

/** As people write it: lists of texts in one line. */
const inLines = (config: object): string =>
  `${JSON.stringify(config, null, 2).replace(/\[\n\s+("(?:[^"\\]|\\.)*"(?:,\n\s+"(?:[^"\\]|\\.)*")*)\n\s+\]/g, (_, items: string) => `[${items.replace(/,\n\s+/g, ', ')}]`)}\n`
