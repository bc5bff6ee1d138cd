import { posix } from 'node:path'
import { type Caddyfile, readCaddyfile } from './caddyfile.ts'
import { type ComposeProject, folderOf, readCompose } from './compose.ts'
import type { ComposeService } from './compose-service.ts'
import { type EnvFile, readEnvFile } from './env-file.ts'
import type { Problem } from './problem.ts'
import { isUnread, openProjectFiles, type ProjectFiles } from './project-files.ts'
import { createSource, type Source } from './source.ts'
import { readUnit, UNIT_FILE, type Unit } from './unit.ts'

export interface StackOptions {
  /** The environment whose files are laid over the common ones: `.env.NAME`, `compose.NAME.yaml`. */
  readonly env?: string | undefined
  /** Compose files in the order in which they are laid over one another. @default those that Compose itself would take in each folder */
  readonly compose?: readonly string[] | undefined
  /** Files as they would be after a change. */
  readonly overlay?: ReadonlyMap<string, string> | undefined
}

/** One model of everything that is deployed together, each part with its place in a file. */
export interface Stack {
  readonly files: ProjectFiles
  readonly env: string | undefined
  readonly projects: readonly ComposeProject[]
  readonly caddyfiles: readonly Caddyfile[]
  readonly units: readonly Unit[]
  /** `.env` and its kind, with those that services name. */
  readonly envFiles: readonly EnvFile[]
  readonly gitignore: Source | undefined
  /** What could not be read, of every part. */
  readonly problems: readonly Problem[]
}

/** Of one file; what comes after so many has the same cause. */
const MAX_PROBLEMS = 200

const COMPOSE_BASES = ['compose.yaml', 'compose.yml', 'docker-compose.yml', 'docker-compose.yaml']
const CADDYFILE = /^(Caddyfile(\.[\w-]+)?|.+\.[Cc]addyfile)$/
const ENV_FILE = /^\.env(\.[\w.-]+)?$/
/** Those of editors and tools, and what is encrypted. */
const NO_ENV_FILE = /\.(age|enc|gpg|sops|schema|swp|bak|orig)$|~$/

/** Reads the stack of a folder. Nothing outside of the folder is read, whatever a file names, and the shell's variables count for nothing. */
export function readStack(folder: string, { env, compose, overlay }: StackOptions = {}): Stack {
  const files = openProjectFiles(folder, overlay)
  const problems: Problem[] = []
  const open = (path: string): Source | undefined => {
    const read = files.read(path)
    if (!isUnread(read)) return read
    const here = createSource(path, '').spot(0)
    if (read === 'outside')
      problems.push({ rule: 'stack.path-escape', note: 'is a link that leads out of the project, so it was not read', spot: here })
    else if (read !== 'missing') problems.push({ rule: 'stack.unreadable', note: `was not read: ${WHY[read]}`, spot: here })
    return undefined
  }
  if (files.isCut) {
    problems.push({
      rule: 'stack.unreadable',
      note: 'has too many files, so some were not looked for',
      spot: createSource('.', '').spot(0),
    })
  }

  const envFiles = new Map<string, EnvFile>()
  const loadEnv = (path: string): EnvFile | undefined => {
    const known = envFiles.get(path)
    if (known !== undefined) return known
    const source = open(path)
    if (source === undefined) return undefined
    const read = readEnvFile(source)
    envFiles.set(path, read)
    return read
  }
  for (const path of files.paths) {
    const name = posix.basename(path)
    if (ENV_FILE.test(name) && !NO_ENV_FILE.test(name)) loadEnv(path)
  }
  const variablesFor = (at: string): Map<string, string> => {
    const names = env === undefined ? ['.env'] : ['.env', `.env.${env}`]
    return new Map(names.flatMap((name) => [...(envFiles.get(posix.join(at, name))?.values ?? [])]))
  }

  const groups =
    compose !== undefined && compose.length > 0 ? [compose.map((path) => posix.normalize(path))] : composeGroups(files.paths, env)
  const projects = groups.flatMap((paths) => {
    const readable = paths.filter((path) => {
      const source = open(path)
      if (source === undefined && files.kindOf(path) === 'missing')
        problems.push({ rule: 'compose.file-missing', note: 'was asked for and is not there', spot: createSource(path, '').spot(0) })
      return source !== undefined
    })
    return readable.length === 0 ? [] : [readCompose(files, readable, variablesFor(folderOf(readable[0] ?? '')))]
  })
  for (const { services } of projects) {
    for (const { envFiles: named } of services.values()) for (const { path } of named) if (files.kindOf(path) === 'file') loadEnv(path)
  }

  const caddyfiles = files.paths
    .filter((path) => CADDYFILE.test(posix.basename(path)))
    .flatMap((path) => {
      const source = open(path)
      return source === undefined ? [] : [readCaddyfile(source, files, new Map([...variablesFor(''), ...variablesFor(folderOf(path))]))]
    })
  const byFolder = Map.groupBy(files.paths, (path) => posix.dirname(path))
  const units = files.paths
    .filter((path) => UNIT_FILE.test(path))
    .flatMap((path) => {
      const source = open(path)
      if (source === undefined) return []
      const dropIns = (byFolder.get(`${path}.d`) ?? []).filter((other) => other.endsWith('.conf')).flatMap((other) => open(other) ?? [])
      return [readUnit(source, dropIns)]
    })
  const gitignore = files.paths.includes('.gitignore') ? open('.gitignore') : undefined
  return {
    files,
    env,
    projects,
    caddyfiles,
    units,
    envFiles: [...envFiles.values()],
    gitignore,
    problems: [
      ...problems,
      ...[...projects, ...caddyfiles, ...units, ...envFiles.values()].flatMap((part) => part.problems.slice(0, MAX_PROBLEMS)),
    ],
  }
}

const WHY = {
  'too large': 'it is larger than 1 MB',
  'not text': 'it is not UTF-8 text',
  'no file': 'it is no ordinary file',
  'not allowed': 'this user may not read it',
  outside: '',
  missing: '',
} as const

/** What Compose would run in each folder: the first of its names, with the overrides of that name and of the environment. */
function composeGroups(paths: readonly string[], env: string | undefined): string[][] {
  const known = new Set(paths)
  const folders = new Set(paths.filter((path) => COMPOSE_BASES.includes(posix.basename(path))).map(folderOf))
  return [...folders].map((folder) => {
    const inFolder = (name: string): string => posix.join(folder, name)
    const base = COMPOSE_BASES.find((name) => known.has(inFolder(name))) ?? ''
    const names = ['override', ...(env === undefined ? [] : [env])].flatMap((word) =>
      ['.yml', '.yaml'].flatMap((ending) => ['compose', 'docker-compose'].map((stem) => `${stem}.${word}${ending}`)),
    )
    return [base, ...names.filter((name) => known.has(inFolder(name)))].map(inFolder)
  })
}

/** A service and the project it belongs to. */
export interface PlacedService {
  readonly project: ComposeProject
  readonly service: ComposeService
}

const knownServices = new WeakMap<Stack, readonly PlacedService[]>()

/** Every service of every project, with the project it belongs to. */
export function allServices(stack: Stack): readonly PlacedService[] {
  let all = knownServices.get(stack)
  if (all === undefined) {
    all = stack.projects.flatMap((project) => Array.from(project.services.values(), (service) => ({ project, service })))
    knownServices.set(stack, all)
  }
  return all
}
