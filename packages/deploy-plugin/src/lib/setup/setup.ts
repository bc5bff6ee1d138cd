import { CONFIG_FILE, type DeployConfig } from '../config/config.ts'
import { parseConfig } from '../config/read-config.ts'
import { type GeneratedFile, type Outcome, settle } from '../files/generated.ts'
import type { Resolution } from '../files/merge.ts'
import { readInside } from '../files/project.ts'
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
  const known = { detected, composed, known: knownVariables(root), isSecret: sensitiveNames(root) }
  const asked = withWhatWasSaid(wishes, readInside(root, CONFIG_FILE))
  const propose = (hasVariables: boolean): string => inLines(proposeConfig(detected, composed.services, asked, hasVariables))
  const { variables } = createBlueprint(parseConfig(propose(false)), known)
  const proposed = propose(known.known.length > 0 || variables.some(({ listed }) => !listed))
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
  const blueprint = createBlueprint(config, known)
  const files: GeneratedFile[] = [
    ...(blueprint.variables.every(({ listed }) => listed) ? [] : [{ path: '.env.example', text: envExample(blueprint) }]),
    { path: CHECKLIST_FILE, text: checklist(config) },
  ]
  const others = await settle(root, dataDir, files, resolution)
  return { detected, config, outcomes: [...(configured === undefined ? [] : [configured]), ...others] }
}

/** What was wished for in an earlier run holds until something else is. */
function withWhatWasSaid(wishes: Wishes, text: string | undefined): Wishes {
  if (text === undefined) return wishes
  let config: DeployConfig
  try {
    config = parseConfig(text)
  } catch {
    // Told once what is new was brought together with it.
    return wishes
  }
  const { stack, profile, targets, services } = config
  const ssh = Object.values(targets).find(({ kind }) => kind === 'ssh')
  return {
    stack: wishes.stack ?? stack,
    profile: wishes.profile ?? profile,
    domain: wishes.domain,
    ssh:
      wishes.ssh ??
      (ssh?.kind === 'ssh' ? { host: ssh.host, port: ssh.port, user: ssh.user, key: ssh.key, hostKey: ssh.hostKey } : undefined),
    hostnames: Object.fromEntries(Object.entries(services).map(([name, { hostname }]) => [name, hostname])),
  }
}

/** As people write it: lists of texts in one line. */
const inLines = (config: object): string =>
  `${JSON.stringify(config, null, 2).replace(/\[\n\s+("(?:[^"\\]|\\.)*"(?:,\n\s+"(?:[^"\\]|\\.)*")*)\n\s+\]/g, (_, items: string) => `[${items.replace(/,\n\s+/g, ', ')}]`)}\n`
