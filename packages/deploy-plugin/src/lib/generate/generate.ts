import { readConfig } from '../config/read-config.ts'
import { type GeneratedFile, type Outcome, settle } from '../files/generated.ts'
import type { Resolution } from '../files/merge.ts'
import { serviceUnknown } from '../guard/errors.ts'
import { readComposed } from '../setup/composed.ts'
import { detect } from '../setup/detect/detect.ts'
import { type Blueprint, createBlueprint, type MadeFile } from './blueprint.ts'
import { caddyfile } from './caddyfile.ts'
import { composeFiles } from './compose.ts'
import { envExample, envSchema } from './env-example.ts'
import { nothingToGenerate } from './errors.ts'
import type { Format } from './formats.ts'
import { knownVariables, sensitiveNames } from './known-variables.ts'
import { kubernetesFiles } from './kubernetes.ts'
import { quadletFiles } from './quadlet.ts'
import { unitFiles } from './unit.ts'

/** What would be generated and what would become of each file. Changes nothing. @throws DEPLOY_CONFIG_MISSING, DEPLOY_CONFIG_INVALID, NOTHING_TO_GENERATE */
export async function planGenerate(
  root: string,
  dataDir: string,
  { formats, services, conflicts }: { formats: readonly Format[]; services?: readonly string[] | undefined; conflicts: Resolution },
): Promise<Outcome[]> {
  const config = await readConfig(root)
  const blueprint = createBlueprint(config, {
    detected: detect(root),
    composed: readComposed(root, dataDir),
    known: knownVariables(root),
    isSecret: sensitiveNames(root),
  })
  const unknown = services?.find((name) => !Object.hasOwn(config.services, name))
  if (unknown !== undefined) throw serviceUnknown(unknown, Object.keys(config.services))
  const files = formats
    .flatMap((format) => GENERATORS[format](blueprint).map((file) => ({ ...file, format })))
    .filter(({ service }) => service === undefined || services === undefined || services.includes(service))
  if (files.length === 0) throw nothingToGenerate(formats)
  return settle(
    root,
    dataDir,
    files.map(
      ({ path, text, format }): GeneratedFile => ({
        path,
        text,
        ...(format === 'compose' || format === 'kubernetes' ? { check: checkYaml } : {}),
      }),
    ),
    conflicts,
  )
}

const GENERATORS: Readonly<Record<Format, (blueprint: Blueprint) => MadeFile[]>> = {
  compose: composeFiles,
  caddy(blueprint) {
    const text = caddyfile(blueprint)
    return text === undefined ? [] : [{ path: 'Caddyfile', text }]
  },
  systemd: unitFiles,
  env: (blueprint) =>
    blueprint.variables.every(({ listed }) => listed)
      ? []
      : [
          { path: '.env.example', text: envExample(blueprint) },
          { path: '.env.schema', text: envSchema(blueprint) },
        ],
  kubernetes: kubernetesFiles,
  quadlet: quadletFiles,
}

/** Two halves that are right by themselves can name one key twice. */
async function checkYaml(text: string): Promise<string | undefined> {
  const { parseAllDocuments } = await import('yaml')
  for (const document of parseAllDocuments(text, { uniqueKeys: true })) {
    if (!('errors' in document)) continue
    const [error] = document.errors
    if (error !== undefined) return error.message.split('\n', 1)[0]
  }
  return undefined
}
