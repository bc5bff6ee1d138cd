import { CONFIG_FILE, type DeployConfig } from '../config/config.ts'
import { parseConfig } from '../config/read-config.ts'
import { type GeneratedFile, type Outcome, settle, wasGenerated } from '../files/generated.ts'
import type { Resolution } from '../files/merge.ts'
import { readInside } from '../files/project.ts'
import { createBlueprint } from '../generate/blueprint.ts'
import { envExample } from '../generate/env-example.ts'
import { HEAD } from '../generate/head.ts'
import { knownVariables, sensitiveNames } from '../generate/known-variables.ts'
import { containerPorts } from '../model/compose-service.ts'
import { readStack } from '../model/stack.ts'
import { CHECKLIST_FILE, checklist } from './checklist.ts'
import { type Detected, detect } from './detect/detect.ts'
import { nothingToDeploy } from './errors.ts'
import { type ComposedService, proposeConfig, type Wishes } from './propose.ts'

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
  const composed = composedServices(root, generatedCompose(root, dataDir))
  if (composed.length === 0 && detected.apps.length === 0) throw nothingToDeploy(root)
  const proposed = `${JSON.stringify(proposeConfig(detected, composed, wishes), null, 2)}\n`
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
  const blueprint = createBlueprint(config, detected, knownVariables(root), sensitiveNames(root))
  const files: GeneratedFile[] = [
    ...(blueprint.variables.every(({ listed }) => listed) ? [] : [{ path: '.env.example', text: envExample(blueprint) }]),
    { path: CHECKLIST_FILE, text: checklist(config) },
  ]
  const others = await settle(root, dataDir, files, resolution)
  return { detected, config, outcomes: [...(configured === undefined ? [] : [configured]), ...others] }
}

/** Compose files that the configuration wants from us are none of the project's own. */
function generatedCompose(root: string, dataDir: string): ReadonlySet<string> {
  const path = 'compose.yaml'
  const isOurs = wasGenerated(dataDir, root, path) || readInside(root, path)?.startsWith(`# ${HEAD.split('\n', 1)[0]}`) === true
  return new Set(isOurs ? [path] : [])
}

function composedServices(root: string, ours: ReadonlySet<string>): ComposedService[] {
  return readStack(root)
    .projects.filter(({ files }) => !files.some(({ source }) => ours.has(source.path)))
    .flatMap(({ files, services }) =>
      [...services.values()].map((service): ComposedService => {
        const file = files[0]?.source.path ?? 'compose.yaml'
        const [port] = containerPorts(service)
        return {
          name: service.name,
          file,
          port,
          image: undefined,
          dependsOn: dependsOnOf(service),
          volumes: volumesOf(service),
        }
      }),
    )
}

type Service = ReturnType<typeof readStack>['projects'][number]['services'] extends ReadonlyMap<string, infer service> ? service : never

const dependsOnOf = (service: Service): string[] => service.dependsOn.map(({ name }) => name)
const volumesOf = (service: Service): string[] =>
  service.mounts.flatMap(({ kind, source }) => (kind === 'volume' && source !== undefined ? [source] : []))
