import { type Finding, fail } from './check.ts'
import { isObject, type JsonObject, objectAt, readToml, readYamlKey } from './document.ts'
import { DEPENDENCY_GROUPS, dependenciesOf, type NodePackage, type Project } from './project.ts'

/** Where a lock file and its manifest disagree, for each lock file that can be read without its package manager. */
export function lockfileDrift(project: Project): readonly Finding[] {
  return [
    ...npmDrift(project),
    ...pnpmDrift(project),
    ...yarnDrift(project),
    ...cargoDrift(project),
    ...goDrift(project),
    ...pythonDrift(project),
  ]
}

function npmDrift({ snapshot, packages }: Project): Finding[] {
  const file = ['npm-shrinkwrap.json', 'package-lock.json'].find((path) => snapshot.has(path))
  if (file === undefined) return []
  const lock = parseQuietly(snapshot.text(file))
  if (lock === undefined) return [fail('is no valid JSON', { file })]
  // The first version of the format does not say what the manifest asked for.
  if (!isObject(lock.packages)) return []
  const locked = lock.packages
  return packages.flatMap(({ folder, document, manifest }): Finding[] => {
    const entry = locked[folder]
    if (!isObject(entry)) return [fail(`does not know the workspace ${folder}`, { file })]
    const findings: Finding[] = []
    const version = entry.version
    if (typeof version === 'string' && typeof manifest.version === 'string' && version !== manifest.version) {
      findings.push(
        fail(`has ${document.path} at ${version}; it is at ${manifest.version}`, {
          file,
          line: lineOf(snapshot.text(file), `"version": "${version}"`),
        }),
      )
    }
    for (const group of DEPENDENCY_GROUPS)
      findings.push(...groupDrift(file, document, group, objectAt(manifest, group), objectAt(entry, group)))
    return findings
  })
}

function groupDrift(file: string, document: NodePackage['document'], group: string, wanted: JsonObject, locked: JsonObject): Finding[] {
  const findings: Finding[] = []
  for (const [name, range] of Object.entries(wanted)) {
    const place = { file: document.path, line: document.lineOf(group, name) }
    if (locked[name] === undefined) findings.push(fail(`wants ${name}, which ${file} does not have`, place))
    else if (locked[name] !== range) findings.push(fail(`wants ${name} ${String(range)}, ${file} has ${String(locked[name])}`, place))
  }
  for (const name of Object.keys(locked)) {
    if (wanted[name] === undefined) findings.push(fail(`has ${name} for ${document.path}, which does not want it (${group})`, { file }))
  }
  return findings
}

function pnpmDrift({ snapshot, packages }: Project): Finding[] {
  const file = 'pnpm-lock.yaml'
  const importers = objectAt({ importers: readYamlKey(snapshot, file, 'importers') }, 'importers')
  if (Object.keys(importers).length === 0) return []
  return packages.flatMap(({ folder, document, manifest }) => {
    const importer = objectAt(importers, folder === '' ? '.' : folder)
    return dependenciesOf(manifest).flatMap(({ group, name, range }): Finding[] => {
      if (group === 'peerDependencies') return []
      const specifier = objectAt(objectAt(importer, group), name).specifier
      const place = { file: document.path, line: document.lineOf(group, name) }
      if (specifier === undefined) return [fail(`wants ${name}, which ${file} does not have`, place)]
      return specifier === range ? [] : [fail(`wants ${name} ${range}, ${file} has ${String(specifier)}`, place)]
    })
  })
}

function yarnDrift({ snapshot, packages }: Project): Finding[] {
  const file = 'yarn.lock'
  const text = snapshot.text(file)
  if (text === undefined) return []
  const siblings = new Set(packages.map(({ name }) => name))
  return packages.flatMap(({ document, manifest }) =>
    dependenciesOf(manifest).flatMap(({ group, name, range }): Finding[] => {
      if (group === 'peerDependencies' || siblings.has(name)) return []
      if (text.includes(`${name}@${range}`) || text.includes(`${name}@npm:${range}`)) return []
      return [fail(`wants ${name} ${range}, which ${file} does not have`, { file: document.path, line: document.lineOf(group, name) })]
    }),
  )
}

function cargoDrift({ snapshot, cargo }: Project): Finding[] {
  const file = 'Cargo.lock'
  const lock = readToml(snapshot, file)
  if (lock === undefined || cargo === undefined) return []
  const versions = lockedVersions(lock.value)
  const crate = objectAt(cargo.value, 'package')
  const findings: Finding[] = []
  const own = versions.get(String(crate.name))
  if (typeof crate.name === 'string' && typeof crate.version === 'string' && own !== undefined && !own.has(crate.version)) {
    findings.push(fail(`has ${crate.name} at ${[...own].join(', ')}; it is at ${crate.version}`, { file }))
  }
  for (const group of ['dependencies', 'dev-dependencies', 'build-dependencies']) {
    for (const [name, value] of Object.entries(objectAt(cargo.value, group))) {
      const renamed = isObject(value) && typeof value.package === 'string' ? value.package : name
      if (!versions.has(renamed))
        findings.push(fail(`wants ${renamed}, which ${file} does not have`, { file: cargo.path, line: cargo.lineOf(group, name) }))
    }
  }
  return findings
}

function goDrift({ snapshot, goMod }: Project): Finding[] {
  const sums = snapshot.text('go.sum')
  if (sums === undefined || goMod === undefined) return []
  const known = new Set(
    sums.split('\n').map((line) =>
      line
        .split(' ')
        .slice(0, 2)
        .join(' ')
        .replace(/\/go\.mod$/, ''),
    ),
  )
  const replaced = new Set([...goMod.matchAll(/^[ \t]*(?:replace[ \t]+)?(\S+)(?: v\S+)? => /gm)].map((match) => match[1]))
  return goMod.split('\n').flatMap((line, index): Finding[] => {
    const [, name = '', version = ''] = /^\s*(?:require\s+)?([a-z0-9.-]+\.[a-z]+\/\S+|[a-z0-9-]+\.[a-z]+) (v\S+)/.exec(line) ?? []
    if (
      name === '' ||
      line.includes('=>') ||
      /^\s*(exclude|retract|replace)\b/.test(line) ||
      replaced.has(name) ||
      known.has(`${name} ${version}`)
    )
      return []
    return [fail(`wants ${name} ${version}, which go.sum does not have`, { file: 'go.mod', line: index + 1 })]
  })
}

function pythonDrift({ snapshot, pyproject }: Project): Finding[] {
  const file = ['uv.lock', 'poetry.lock'].find((path) => snapshot.has(path))
  if (file === undefined || pyproject === undefined) return []
  const locked = new Set([...lockedVersions(readToml(snapshot, file)?.value).keys()].map(pythonName))
  const listed = objectAt(pyproject.value, 'project').dependencies
  const names = (Array.isArray(listed) ? listed : []).flatMap((line) => /^[A-Za-z0-9._-]+/.exec(String(line))?.[0] ?? [])
  const line = pyproject.lineOf('project', 'dependencies')
  return names.flatMap((name) =>
    locked.has(pythonName(name)) ? [] : [fail(`wants ${name}, which ${file} does not have`, { file: pyproject.path, line })],
  )
}

/** Python treats these as one name: `Foo.Bar`, `foo_bar`, `foo-bar`. */
const pythonName = (name: string): string => name.toLowerCase().replace(/[-_.]+/g, '-')

function lockedVersions(value: unknown): Map<string, Set<string>> {
  const versions = new Map<string, Set<string>>()
  const entries: unknown = isObject(value) ? value.package : undefined
  for (const entry of Array.isArray(entries) ? entries : []) {
    if (!isObject(entry) || typeof entry.name !== 'string') continue
    const known = versions.get(entry.name) ?? new Set()
    versions.set(entry.name, known.add(String(entry.version)))
  }
  return versions
}

function parseQuietly(text: string | undefined): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text ?? '')
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

function lineOf(text: string | undefined, part: string): number {
  return (text ?? '').slice(0, Math.max(0, (text ?? '').indexOf(part))).split('\n').length
}
