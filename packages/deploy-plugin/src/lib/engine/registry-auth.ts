import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'

/** With whom an engine is to log in to a registry. Nothing of it is kept, shown or written anywhere. */
export interface RegistryAuth {
  readonly username: string
  readonly password: string
  readonly serveraddress: string
}

const logins = z.object({ auths: z.record(z.string(), z.object({ auth: z.string().optional() })).default({}) })

const DOCKER_HUB = 'https://index.docker.io/v1/'

/** The registry of an image's name, as files of logins call it. */
export function registryOf(image: string): string {
  const [first = '', ...rest] = image.split('/')
  return rest.length > 0 && (/[.:]/.test(first) || first === 'localhost') ? first : DOCKER_HUB
}

/** Where `docker login` and `podman login` of the person who deploys leave what they were told. */
export const loginFiles = (env: Readonly<Record<string, string | undefined>>): readonly string[] => [
  ...(env.REGISTRY_AUTH_FILE ? [env.REGISTRY_AUTH_FILE] : []),
  ...(env.XDG_RUNTIME_DIR ? [join(env.XDG_RUNTIME_DIR, 'containers/auth.json')] : []),
  join(env.DOCKER_CONFIG || join(homedir(), '.docker'), 'config.json'),
]

/** What was left there for an image's registry; undefined where nobody logged in, or a helper of another program keeps it. */
export async function registryAuth(image: string, files: readonly string[]): Promise<RegistryAuth | undefined> {
  const registry = registryOf(image)
  const names = registry === DOCKER_HUB ? [DOCKER_HUB, 'docker.io'] : [registry, `https://${registry}`]
  for (const file of files) {
    const { auths } = await readLogins(file)
    for (const name of names) {
      const told = Buffer.from(auths[name]?.auth ?? '', 'base64').toString('utf8')
      const at = told.indexOf(':')
      if (at > 0) return { username: told.slice(0, at), password: told.slice(at + 1), serveraddress: registry }
    }
  }
  return undefined
}

async function readLogins(file: string): Promise<z.output<typeof logins>> {
  try {
    return logins.parse(JSON.parse(await readFile(file, 'utf8')))
  } catch {
    // Nobody logged in, or another program wrote something else: the registry says whether it minds.
    return { auths: {} }
  }
}
