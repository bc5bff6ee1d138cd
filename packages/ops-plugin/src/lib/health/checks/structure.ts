import { posix } from 'node:path'
import { type Check, type Finding, fail, HARD_CAP, warn } from '../check.ts'
import { isObject, isText, type JsonObject, objectAt, readJson } from '../document.ts'
import { addIgnoreLines, completeManifest, setStrict } from '../fixes.ts'
import { globTakes, type NodePackage, type Project, pathsLike, workspaceGlobs } from '../project.ts'

const manifest: Check = {
  id: 'structure.manifest',
  domain: 'structure',
  title: 'Each manifest can be read and names what it describes',
  weight: 10,
  cap: HARD_CAP,
  mend: 'complete the manifest with the fields that are named',
  fix: completeManifest,
  applies: ({ packages, cargo, pyproject, goMod }) =>
    packages.length > 0 || cargo !== undefined || pyproject !== undefined || goMod !== undefined,
  run: (project) => [
    ...project.packages.flatMap((one) => packageFindings(one, project.snapshot)),
    ...cargoFindings(project),
    ...pyprojectFindings(project),
    ...(project.goMod !== undefined && !/^module\s+\S+/m.test(project.goMod) ? [fail('names no module', { file: 'go.mod' })] : []),
  ],
}

function packageFindings({ document, manifest, folder }: NodePackage, snapshot: Project['snapshot']): Finding[] {
  const file = document.path
  if (document.mistake !== undefined) return [fail(document.mistake.message, { file, line: document.mistake.line })]
  if (!isObject(document.value)) return [fail('must be an object', { file })]
  const isPublished = manifest.private !== true
  if (isPublished && !isText(manifest.name)) return [fail('has no name, and is not private', { file })]
  if (isPublished && !isText(manifest.version)) return [fail('has no version, and is not private', { file })]
  const isRoot = folder === ''
  const wanted = ['name', 'type', ...(isPublished ? ['description', 'license'] : []), ...(isRoot ? ['scripts'] : [])]
  const missing = wanted.filter((field) => manifest[field] === undefined)
  const doors = ['main', 'module', 'exports', 'bin', 'types', 'browser', 'workspaces']
  if (isPublished && doors.every((field) => manifest[field] === undefined) && !snapshot.has(posix.join(folder, 'index.js')))
    missing.push('main')
  return missing.map((field) => warn(`has no ${field}`, { file }))
}

function cargoFindings({ cargo }: Project): Finding[] {
  if (cargo === undefined) return []
  const file = cargo.path
  if (cargo.mistake !== undefined) return [fail(cargo.mistake.message, { file, line: cargo.mistake.line })]
  const crate = objectAt(cargo.value, 'package')
  if (Object.keys(crate).length === 0)
    return isObject(cargo.value) && 'workspace' in cargo.value ? [] : [fail('has neither a package nor a workspace', { file })]
  if (!isText(crate.name)) return [fail('its package has no name', { file })]
  return crate.edition === undefined
    ? [warn('its package names no edition, which means 2015', { file, line: cargo.lineOf('package') })]
    : []
}

function pyprojectFindings({ pyproject }: Project): Finding[] {
  if (pyproject === undefined) return []
  const file = pyproject.path
  if (pyproject.mistake !== undefined) return [fail(pyproject.mistake.message, { file, line: pyproject.mistake.line })]
  if (!isObject(pyproject.value) || pyproject.value.project === undefined) return []
  const about = objectAt(pyproject.value, 'project')
  const dynamic: unknown = about.dynamic
  const line = pyproject.lineOf('project')
  if (!isText(about.name)) return [fail('its project has no name', { file, line })]
  const hasVersion = isText(about.version) || (Array.isArray(dynamic) && dynamic.includes('version'))
  return hasVersion ? [] : [fail('its project has no version and does not call it dynamic', { file, line })]
}

const tsconfigStrict: Check = {
  id: 'structure.tsconfig-strict',
  domain: 'structure',
  title: 'TypeScript checks strictly',
  weight: 8,
  mend: 'set "strict": true in the compilerOptions of tsconfig.json',
  fix: setStrict,
  applies: ({ kinds }) => kinds.has('typescript'),
  run({ snapshot }) {
    if (!snapshot.has('tsconfig.json')) return [fail('there is no tsconfig.json')]
    return strictFindings(snapshot, 'tsconfig.json', new Set())
  },
}

function strictFindings(snapshot: Project['snapshot'], file: string, seen: Set<string>): Finding[] {
  if (seen.has(file)) return [fail('extends itself in a circle', { file })]
  seen.add(file)
  const document = readJson(snapshot, file, { lenient: true })
  if (document === undefined) return [fail('is named by "extends" and not there', { file })]
  if (document.mistake !== undefined) return [fail(document.mistake.message, { file, line: document.mistake.line })]
  const value = document.value
  const strict = objectAt(value, 'compilerOptions').strict
  if (strict === true) return []
  if (strict === false) return [warn('switches strict off', { file, line: document.lineOf('compilerOptions', 'strict') })]
  const field = isObject(value) ? value.extends : undefined
  // The last of several wins, as for the compiler.
  const base: unknown = Array.isArray(field) ? field.at(-1) : field
  if (typeof base === 'string' && base.startsWith('.')) {
    const path = posix.normalize(posix.join(posix.dirname(file), base))
    return strictFindings(snapshot, snapshot.has(path) || path.endsWith('.json') ? path : `${path}.json`, seen)
  }
  const references = isObject(value) ? value.references : undefined
  if (Array.isArray(references) && references.length > 0) {
    return references.flatMap((reference) => {
      const target = isObject(reference) ? reference.path : undefined
      if (typeof target !== 'string') return []
      const path = posix.normalize(posix.join(posix.dirname(file), target))
      return strictFindings(snapshot, path.endsWith('.json') ? path : posix.join(path, 'tsconfig.json'), seen)
    })
  }
  // A base that is a package lies in node_modules, which is no part of the project.
  if (typeof base === 'string') return []
  return [warn('does not set strict', { file, line: document.lineOf('compilerOptions') })]
}

const ignoreFile: Check = {
  id: 'structure.ignore-file',
  domain: 'structure',
  title: '.gitignore keeps out what is generated and what is secret',
  weight: 6,
  mend: 'add the lines that are named to .gitignore',
  fix: addIgnoreLines,
  applies: ({ kinds, snapshot }) => kinds.size > 0 && (snapshot.whole || snapshot.source === 'git'),
  run({ snapshot, kinds, packages }) {
    const wanted: [line: string, example: string][] = usesEnvFile(snapshot, packages) ? [['.env', '.env']] : []
    if (packages.length > 0) wanted.push(['node_modules/', 'node_modules/x/index.js'])
    if (kinds.has('python')) wanted.push(['__pycache__/', '__pycache__/x.pyc'], ['.venv/', '.venv/bin/python'])
    if (kinds.has('rust')) wanted.push(['target/', 'target/debug/x'])
    const isBuilt = packages.some(({ manifest }) => isText(objectAt(manifest, 'scripts').build))
    const tracksDist = pathsLike(snapshot, /(^|\/)dist\//).length > 0
    if (isBuilt && !tracksDist && mentionsDist(packages)) wanted.push(['dist/', 'dist/index.js'])
    if (snapshot.whole && !snapshot.has('.gitignore'))
      return [fail(`there is no .gitignore; it needs ${wanted.map(([line]) => line).join(', ')}`)]
    const isKeptOut = (example: string): boolean =>
      snapshot.ignores(example) ||
      (example.startsWith('.venv') && ['venv', 'env'].some((name) => snapshot.ignores(example.replace('.venv', name))))
    return wanted.flatMap(([line, example]) => (isKeptOut(example) ? [] : [warn(`does not keep out ${line}`, { file: '.gitignore' })]))
  },
}

/** A sample beside it, or a library that reads it. */
const usesEnvFile = (snapshot: Project['snapshot'], packages: readonly NodePackage[]): boolean =>
  pathsLike(snapshot, /(^|\/)\.env\.(example|sample|template|dist)$/).length > 0 ||
  packages.some(({ manifest }) =>
    /\bdotenv\b|--env-file/.test(JSON.stringify([manifest.dependencies, manifest.devDependencies, manifest.scripts])),
  )

const mentionsDist = (packages: readonly NodePackage[]): boolean =>
  packages.some(({ manifest }) => JSON.stringify([manifest.main, manifest.exports, manifest.bin, manifest.files]).includes('dist'))

const entryPoint: Check = {
  id: 'structure.entry-point',
  domain: 'structure',
  title: 'What package.json points at is there, or is built',
  weight: 8,
  mend: 'correct the path, or add the script that builds the file',
  applies: ({ packages }) => packages.some(({ manifest }) => entryPaths(manifest).length > 0),
  run: ({ snapshot, packages }) =>
    packages.flatMap((pkg) => {
      const isBuilt = ['build', 'prepare', 'prepack', 'postinstall'].some((name) => isText(objectAt(pkg.manifest, 'scripts')[name]))
      return entryPaths(pkg.manifest).flatMap(({ at, target }): Finding[] => {
        const path = posix.normalize(posix.join(pkg.folder, target))
        const place = { file: pkg.document.path, line: pkg.document.lineOf(...at) }
        if (path.startsWith('../')) return [fail(`${at.join('.')} leaves the project: ${target}`, place)]
        if (['', '.js', '.json', '.node', '/index.js'].some((ending) => snapshot.has(path + ending))) return []
        if (snapshot.ignores(path) && isBuilt) return []
        if (snapshot.ignores(path)) return [fail(`${at.join('.')} names ${target}, which git ignores and no script builds`, place)]
        // What is never published as it lies here may be put together elsewhere, such as below dist.
        const judge = pkg.manifest.private === true && isBuilt ? warn : fail
        return [judge(`${at.join('.')} names ${target}, which is not there`, place)]
      })
    }),
}

interface EntryPath {
  at: string[]
  target: string
}

function entryPaths(manifest: JsonObject): EntryPath[] {
  const found: EntryPath[] = []
  const collect = (value: unknown, at: string[]): void => {
    if (typeof value === 'string') {
      if (!value.includes('*') && (at.length === 1 || value.startsWith('.'))) found.push({ at, target: value })
    } else if (isObject(value)) for (const [key, inner] of Object.entries(value)) collect(inner, [...at, key])
  }
  for (const field of ['main', 'module', 'types', 'exports']) collect(manifest[field], [field])
  const bin = manifest.bin
  if (typeof bin === 'string') found.push({ at: ['bin'], target: bin })
  else if (isObject(bin))
    for (const [name, target] of Object.entries(bin)) if (typeof target === 'string') found.push({ at: ['bin', name], target })
  return found
}

const workspaces: Check = {
  id: 'structure.workspaces',
  domain: 'structure',
  title: 'Every workspace pattern takes in packages, each with a name of its own',
  weight: 6,
  mend: 'correct the pattern, or give each package its own name',
  applies: ({ snapshot, packages }) => packages[0] !== undefined && workspaceGlobs(snapshot, packages[0].manifest).length > 0,
  run({ snapshot, packages }) {
    const [root, ...members] = packages
    if (root === undefined) return []
    const file = snapshot.has('pnpm-workspace.yaml') ? 'pnpm-workspace.yaml' : root.document.path
    const idle = workspaceGlobs(snapshot, root.manifest)
      .filter((glob) => !glob.startsWith('!') && !members.some(({ folder }) => globTakes(glob, folder)))
      .map((glob) => fail(`workspace pattern "${glob}" takes in no package`, { file, line: root.document.lineOf('workspaces') }))
    const owners = new Map<string, NodePackage>()
    const twins: Finding[] = []
    for (const member of members) {
      const owner = owners.get(member.name)
      if (member.name !== '' && owner !== undefined) {
        const place = { file: member.document.path, line: member.document.lineOf('name') }
        twins.push(fail(`has the name "${member.name}" of ${owner.document.path}`, place))
      }
      owners.set(member.name, member)
    }
    return [...idle, ...twins]
  },
}

const MAX_SOURCES_AT_ROOT = 8
const ROOT_SOURCE = /^[^/]+(?<!\.config|\.d|\.setup)\.([cm]?[jt]sx?|py)$/

const layout: Check = {
  id: 'structure.layout',
  domain: 'structure',
  title: 'Sources lie where the language’s tools look for them',
  weight: 3,
  mend: 'move the sources into src/ (Node, Rust, Python) or a folder named as the package (Python)',
  applies: ({ kinds }) => ['node', 'python', 'rust'].some((kind) => [...kinds].includes(kind as never)),
  run({ snapshot, cargo, pyproject }) {
    const findings: Finding[] = []
    const atRoot = pathsLike(snapshot, ROOT_SOURCE)
    if (atRoot.length > MAX_SOURCES_AT_ROOT) findings.push(warn(`${atRoot.length} sources lie at the root`, { file: atRoot[0] }))
    if (cargo !== undefined && needsCrateRoot(snapshot, cargo.value))
      findings.push(fail('its package has neither src/main.rs nor src/lib.rs', { file: cargo.path, line: cargo.lineOf('package') }))
    const name = objectAt(pyproject?.value, 'project').name
    if (pyproject !== undefined && isText(name) && !hasPythonPackage(snapshot, name, pyproject.value))
      findings.push(
        warn(`no package of "${name}" lies in src/ or beside the manifest`, {
          file: pyproject.path,
          line: pyproject.lineOf('project', 'name'),
        }),
      )
    return findings
  },
}

function needsCrateRoot(snapshot: Project['snapshot'], manifest: unknown): boolean {
  const value = isObject(manifest) ? manifest : {}
  if (Object.keys(objectAt(value, 'package')).length === 0) return false
  const isSaid = isText(objectAt(value, 'lib').path) || Array.isArray(value.bin) || Array.isArray(value.example)
  return !isSaid && pathsLike(snapshot, /^src\/(main\.rs|lib\.rs|bin\/.+\.rs)$/).length === 0
}

function hasPythonPackage(snapshot: Project['snapshot'], name: string, manifest: unknown): boolean {
  if (Object.keys(objectAt(objectAt(manifest, 'tool'), 'setuptools')).length > 0) return true
  if (pathsLike(snapshot, /\.py$/).length === 0) return true
  const folder = name.toLowerCase().replace(/[-.]+/g, '_')
  return pathsLike(snapshot, /^(src\/)?[^/]+(\/__init__)?\.pyi?$/).some((path) => {
    const [top = ''] = path.replace(/^src\//, '').split(/\/|\.pyi?$/)
    return top.toLowerCase() === folder || path.startsWith('src/')
  })
}

export const structureChecks: readonly Check[] = [manifest, tsconfigStrict, ignoreFile, layout, entryPoint, workspaces]
