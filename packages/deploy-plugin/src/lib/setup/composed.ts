import { wasGenerated } from '../files/generated.ts'
import { readInside } from '../files/project.ts'
import { HEAD } from '../generate/head.ts'
import { containerPorts } from '../model/compose-service.ts'
import { placeOf } from '../model/source.ts'
import { readStack } from '../model/stack.ts'
import { composeUnreadable } from './errors.ts'

/** A service of a compose file that people wrote; no value of a variable is in it. */
export interface ComposedService {
  readonly name: string
  readonly file: string
  readonly port: number | undefined
  /** Undefined where it is built, or where a variable decides it. */
  readonly image: string | undefined
  readonly dependsOn: readonly string[]
  readonly volumes: readonly { readonly name: string; readonly path: string }[]
  /** Names alone. */
  readonly variables: readonly string[]
}

/** What the project's own compose files run, and which variables they ask people for. */
export interface Composed {
  readonly services: readonly ComposedService[]
  readonly wanted: readonly { readonly name: string; readonly at: string; readonly optional: boolean }[]
}

const OURS = `# ${HEAD.split('\n', 1)[0]}`

/** Reads the project's own compose files; those that we generated are none of them. @throws COMPOSE_UNREADABLE */
export function readComposed(root: string, dataDir: string): Composed {
  const isOurs = (path: string): boolean => wasGenerated(dataDir, root, path) || readInside(root, path)?.startsWith(OURS) === true
  const stack = readStack(root)
  const broken = stack.problems.find(({ rule, spot }) => rule === 'compose.syntax' && !isOurs(spot.source.path))
  if (broken !== undefined) throw composeUnreadable(placeOf(broken.spot))
  const projects = stack.projects.filter(({ files }) => !files.some(({ source }) => isOurs(source.path)))
  const wanted = new Map<string, Composed['wanted'][number]>()
  for (const { name, operator, spot } of projects.flatMap(({ uses }) => uses)) {
    const optional = /[-+]$/.test(operator) && (wanted.get(name)?.optional ?? true)
    const { file, line } = placeOf(spot)
    wanted.set(name, { name, at: wanted.get(name)?.at ?? `${file}:${line}`, optional })
  }
  const services = projects.flatMap(({ files, services: all }) => {
    const file = files[0]?.source.path ?? 'compose.yaml'
    return [...all.values()].map((service): ComposedService => {
      const [port] = containerPorts(service)
      return {
        name: service.name,
        file,
        port,
        image: service.image?.hasHole === true ? undefined : service.image?.name,
        dependsOn: service.dependsOn.map(({ name }) => name),
        volumes: service.mounts.filter(({ kind }) => kind === 'volume').map(({ source, target }) => ({ name: source, path: target })),
        variables: service.environment.map(({ name }) => name),
      }
    })
  })
  return { services, wanted: [...wanted.values()] }
}
