import { readConfig } from '../config/read-config.ts'
import { type GeneratedFile, type Outcome, settle } from '../files/generated.ts'
import type { Resolution } from '../files/merge.ts'
import { detect } from '../setup/detect/detect.ts'
import { type Blueprint, createBlueprint } from './blueprint.ts'
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
  const all = createBlueprint(config, detect(root), knownVariables(root), sensitiveNames(root))
  const blueprint = services === undefined ? all : { ...all, services: all.services.filter(({ name }) => services.includes(name)) }
  const files = formats.flatMap((format) => GENERATORS[format](blueprint).map((file) => ({ ...file, format })))
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

const GENERATORS: Readonly<Record<Format, (blueprint: Blueprint) => { path: string; text: string }[]>> = {
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
