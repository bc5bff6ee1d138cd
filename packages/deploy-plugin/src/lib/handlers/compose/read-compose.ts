import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Variables } from '../../apply/variables.ts'
import { readVariables } from '../../apply/variables.ts'
import { composeInvalid } from './errors.ts'
import { interpolateAll } from './interpolate.ts'

const MAX_BYTES = 2 * 1024 * 1024
const MAX_ALIASES = 100

export type Loose = Readonly<Record<string, unknown>>

/** One service of a compose file, as it is written there with its references filled in. */
export interface ComposeService {
  readonly file: string
  readonly service: Loose
  /** The values of its `environment` and `env_file`. */
  readonly environment: Record<string, string>
  readonly volumes: Readonly<Record<string, Loose | null>>
  readonly networks: Readonly<Record<string, Loose | null>>
}

/** Reads one service; only its own part is filled in, so that another one's missing variable stops nothing. @throws COMPOSE_INVALID, VARIABLE_MISSING */
export async function readCompose(project: string, file: string, name: string, variables: Variables): Promise<ComposeService> {
  const path = join(project, file)
  const found = await stat(path).catch(() => undefined)
  if (found?.isFile() !== true) throw composeInvalid(file, ['there is no such file'])
  if (found.size > MAX_BYTES) throw composeInvalid(file, [`it has more than ${MAX_BYTES} bytes`])
  const { parseDocument } = await import('yaml')
  const document = parseDocument(await readFile(path, 'utf8'), { merge: true })
  if (document.errors.length > 0)
    throw composeInvalid(
      file,
      document.errors.map(({ message }) => message.split('\n', 1)[0] ?? message),
    )
  let value: unknown
  try {
    value = document.toJS({ maxAliasCount: MAX_ALIASES })
  } catch (error) {
    throw composeInvalid(file, [(error as Error).message])
  }
  const { services = {}, volumes, networks } = recordOf(value) as { services?: unknown; volumes?: unknown; networks?: unknown }
  const raw = recordOf(services)[name]
  if (raw === undefined) throw composeInvalid(file, [`it has no service "${name}": ${Object.keys(recordOf(services)).join(', ')}`])
  const service = recordOf(interpolateAll(raw, variables, file))
  return {
    file,
    service,
    environment: await environmentOf(project, file, service),
    volumes: recordOf(interpolateAll(volumes ?? {}, variables, file)) as ComposeService['volumes'],
    networks: recordOf(interpolateAll(networks ?? {}, variables, file)) as ComposeService['networks'],
  }
}

async function environmentOf(project: string, file: string, { env_file: named, environment }: Loose): Promise<Record<string, string>> {
  const files: string[] = []
  for (const one of named === undefined ? [] : Array.isArray(named) ? named : [named]) {
    const { path, required = true } = (typeof one === 'string' ? { path: one } : recordOf(one)) as { path?: unknown; required?: unknown }
    if (typeof path !== 'string' || path.startsWith('/') || path.split('/').includes('..'))
      throw composeInvalid(file, ['env_file must name a file inside the project'])
    const isThere = (await stat(join(project, path)).catch(() => undefined)) !== undefined
    if (isThere || required !== false) files.push(path)
  }
  const own: Record<string, string> = { ...(await readVariables(project, files)) }
  if (Array.isArray(environment)) {
    for (const line of environment.map(String)) {
      const at = line.indexOf('=')
      // A name alone means "as where it is deployed from", which nobody could plan with.
      if (at < 0) throw composeInvalid(file, [`environment: ${line} must have a value`])
      own[line.slice(0, at)] = line.slice(at + 1)
    }
  } else {
    for (const [key, value] of Object.entries(recordOf(environment ?? {}))) {
      if (value === null) throw composeInvalid(file, [`environment: ${key} must have a value`])
      own[key] = String(value)
    }
  }
  return own
}

export const recordOf = (value: unknown): Loose =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Loose) : {}
