import { posix } from 'node:path'
import { folderOf } from '../../model/compose.ts'
import { readDockerfile } from '../../model/dockerfile.ts'
import { isUnread, openProjectFiles, type ProjectFiles } from '../../model/project-files.ts'
import { type Language, readLanguage } from './languages.ts'
import { type Need, needsOfDependencies, needsOfVariables } from './needs.ts'
import { readSources, type SourceFacts } from './sources.ts'

/** A part of the project that can run by itself, or be served as it is. */
export interface App {
  /** Of its folder; of the project where it is the root. */
  readonly name: string
  /** Relative to the project; '' is its root. */
  readonly folder: string
  readonly language: Language
  readonly dockerfile: string | undefined
  /** Whether the Dockerfile says how to ask it for its health, and as whom it runs. */
  readonly image: { readonly hasHealthcheck: boolean; readonly user: string | undefined; readonly from: string | undefined } | undefined
  /** Undefined where nothing says so. */
  readonly port: number | undefined
  /** The program and its arguments; undefined where nothing says so, or where nothing runs. */
  readonly start: readonly string[] | undefined
  /** For files that are served: the folder that a build leaves them in. */
  readonly output: string | undefined
  /** A path in its code that sounds as if it answered for its health. */
  readonly healthPath: string | undefined
  readonly variables: readonly string[]
  readonly needs: readonly Need[]
}

/** What a project holds that matters for its deployment. */
export interface Detected {
  readonly name: string
  readonly compose: readonly string[]
  readonly dockerfiles: readonly string[]
  readonly caddyfiles: readonly string[]
  readonly units: readonly string[]
  readonly envFiles: readonly string[]
  readonly apps: readonly App[]
  /** Of all apps. */
  readonly needs: readonly Need[]
  /** Whether there were more files or apps than are looked at. */
  readonly isCut: boolean
}

const MARKERS = new Set([
  'package.json',
  'requirements.txt',
  'pyproject.toml',
  'go.mod',
  'Cargo.toml',
  'Gemfile',
  'composer.json',
  'pom.xml',
  'build.gradle',
  'build.gradle.kts',
  'mix.exs',
  'index.html',
  'Dockerfile',
  'Containerfile',
])
const COMPOSE = /^(docker-)?compose(\.[\w-]+)?\.ya?ml$/

/** Looks at a project's files without running any of them; files that we generate stay out of it. */
export function detect(root: string): Detected {
  const files = openProjectFiles(root)
  const named = (fits: (name: string) => boolean): string[] => files.paths.filter((path) => fits(posix.basename(path)))
  const folders = appFolders(files)
  const apps = folders.slice(0, MAX_APPS).flatMap((folder) => readApp(files, folder) ?? [])
  return {
    name: slug(posix.basename(files.root)),
    compose: named((name) => COMPOSE.test(name)),
    dockerfiles: named((name) => name === 'Dockerfile' || name === 'Containerfile' || name.endsWith('.Dockerfile')),
    caddyfiles: named((name) => name === 'Caddyfile' || name.endsWith('.caddyfile')),
    units: files.paths.filter((path) => /\.(service|timer|socket)$/.test(path)),
    envFiles: files.paths.filter((path) => /^\.env(\.[\w-]+)*$/.test(path)),
    apps: uniquelyNamed(apps),
    needs: [...new Set(apps.flatMap(({ needs }) => needs))].sort(),
    isCut: files.isCut || folders.length > MAX_APPS,
  }
}

/** Lower-case words joined by "-", as names of containers and units have to be. */
export function slug(name: string): string {
  const clean = name
    .toLowerCase()
    .replace(/^@[^/]*\//, '')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+/, '')
    .slice(0, 40)
    .replace(/-+$/, '')
  return clean === '' ? 'app' : clean
}

/** Far more than one stack has. */
const MAX_APPS = 100

/** Folders with something that runs: an app beneath another one counts only where it stands for itself. */
function appFolders(files: ProjectFiles): string[] {
  const marked = new Set<string>()
  const running = new Set<string>()
  for (const path of files.paths) {
    const name = posix.basename(path)
    if (!MARKERS.has(name)) continue
    marked.add(folderOf(path))
    if (name !== 'index.html') running.add(folderOf(path))
  }
  // A page inside of an app is part of it.
  return [...marked].sort().filter((folder) => running.has(folder) || !foldersAbove(folder).some((other) => marked.has(other)))
}

function foldersAbove(folder: string): string[] {
  return folder === '' ? [] : [folderOf(folder), ...foldersAbove(folderOf(folder))]
}

function readApp(files: ProjectFiles, folder: string): App | undefined {
  const read = (name: string): string | undefined => {
    const source = files.read(posix.join(folder, name))
    return isUnread(source) ? undefined : source.text
  }
  const has = (name: string): boolean => files.paths.includes(posix.join(folder, name))
  const language = readLanguage(read, has, (suffix) =>
    files.paths.filter((path) => path.endsWith(suffix) && (folder === '' || path.startsWith(`${folder}/`))),
  )
  const dockerfile = ['Dockerfile', 'Containerfile'].find(has)
  if (language === undefined && dockerfile === undefined) return undefined
  const source = dockerfile === undefined ? undefined : files.read(posix.join(folder, dockerfile))
  const image = source === undefined || isUnread(source) ? undefined : readDockerfile(source)
  const facts: SourceFacts = readSources(files, folder)
  const example = read('.env.example') ?? ''
  const variables = [...new Set(facts.variables)].sort()
  const isServed = language?.name === 'static'
  return {
    name: slug(folder === '' ? (language?.packageName ?? posix.basename(files.root)) : posix.basename(folder)),
    folder,
    language: language?.name ?? 'other',
    dockerfile: dockerfile === undefined ? undefined : posix.join(folder, dockerfile),
    image: image && { hasHealthcheck: image.hasHealthcheck, user: image.user, from: image.from },
    port: isServed && image === undefined ? undefined : (image?.exposes[0] ?? facts.port ?? language?.port),
    start: language?.start,
    output: language?.output,
    healthPath: facts.healthPath,
    variables: isServed ? [] : variables,
    needs: [...new Set([...needsOfDependencies(language?.dependencies ?? []), ...needsOfVariables(variables, example)])].sort(),
  }
}

function uniquelyNamed(apps: readonly App[]): App[] {
  const seen = new Map<string, number>()
  return apps.map((app) => {
    const count = (seen.get(app.name) ?? 0) + 1
    seen.set(app.name, count)
    return count === 1 ? app : { ...app, name: `${app.name.slice(0, 36)}-${count}` }
  })
}
