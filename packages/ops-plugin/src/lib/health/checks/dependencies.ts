import major from 'semver/functions/major.js'
import satisfies from 'semver/functions/satisfies.js'
import valid from 'semver/functions/valid.js'
import validRange from 'semver/ranges/valid.js'
import { type Check, type Finding, fail, unknown, warn } from '../check.ts'
import { isObject, isText, objectAt } from '../document.ts'
import { declareRuntime } from '../fixes.ts'
import { lockfileDrift } from '../lockfiles.ts'
import { dependenciesOf, type NodePackage, type Project } from '../project.ts'
import { lockedPackages } from '../registry.ts'

const NODE_LOCKS = ['package-lock.json', 'npm-shrinkwrap.json', 'yarn.lock', 'pnpm-lock.yaml', 'bun.lock', 'bun.lockb']
const PYTHON_LOCKS = ['uv.lock', 'poetry.lock', 'pdm.lock', 'Pipfile.lock', 'pylock.toml']

interface Ecosystem {
  name: string
  needsLock(project: Project): boolean
  /** Its users resolve anew and never see the lock, which then serves its authors alone. */
  isLibrary?(project: Project): boolean
  locks: readonly string[]
  mend: string
}

const ECOSYSTEMS: readonly Ecosystem[] = [
  {
    name: 'Node',
    needsLock: ({ packages }) =>
      packages.some(({ manifest }) => dependenciesOf(manifest).some(({ group }) => group !== 'peerDependencies')),
    locks: NODE_LOCKS,
    mend: 'npm install',
  },
  {
    name: 'Python',
    needsLock: ({ pyproject, snapshot }) => pythonDependencies(pyproject?.value).length > 0 && !isPinned(snapshot.text('requirements.txt')),
    isLibrary: ({ pyproject }) => Object.keys(objectAt(pyproject?.value, 'build-system')).length > 0,
    locks: PYTHON_LOCKS,
    mend: 'uv lock',
  },
  {
    name: 'Rust',
    // A library's users never see its lock; a program's build depends on it.
    needsLock: ({ cargo, snapshot }) => Object.keys(objectAt(cargo?.value, 'dependencies')).length > 0 && snapshot.has('src/main.rs'),
    locks: ['Cargo.lock'],
    mend: 'cargo generate-lockfile',
  },
  {
    name: 'Go',
    needsLock: ({ goMod }) => /^[ \t]*(require[ \t]+)?[a-z0-9.-]{1,200}\/\S+ v\d/m.test(goMod ?? ''),
    locks: ['go.sum'],
    mend: 'go mod tidy',
  },
]

const lockfile: Check = {
  id: 'dependencies.lockfile',
  domain: 'dependencies',
  title: 'A lock file says which versions were tested',
  weight: 8,
  mend: 'make the lock file and keep it in git (npm install, uv lock, cargo generate-lockfile, go mod tidy)',
  applies: (project) => ECOSYSTEMS.some(({ needsLock }) => needsLock(project)),
  run(project) {
    const findings: Finding[] = []
    for (const { name, needsLock, isLibrary, locks, mend } of ECOSYSTEMS) {
      if (!needsLock(project)) continue
      const found = locks.filter((lock) => project.snapshot.has(lock))
      const [first, second] = found
      if (first === undefined) {
        const isPart = !project.snapshot.whole
        const note = `${name} has dependencies and no lock file: ${mend}`
        const isDeclined = name === 'Node' && /^package-lock\s*=\s*false/m.test(project.snapshot.text('.npmrc') ?? '')
        if (isPart) findings.push(unknown('its lock file may lie further up in the repository'))
        else if (isDeclined) findings.push(warn('declines a lock file', { file: '.npmrc' }))
        else findings.push(isLibrary?.(project) ? warn(note) : fail(note))
      } else if (second !== undefined && name === 'Node') {
        findings.push(warn(`lies beside ${second}: two lock files of one ecosystem drift apart`, { file: first }))
      }
    }
    return findings
  },
}

const inStep: Check = {
  id: 'dependencies.lockfile-in-step',
  domain: 'dependencies',
  title: 'The lock file says what the manifest says',
  weight: 8,
  mend: 'run the package manager once (npm install, pnpm install, uv lock, cargo update --workspace, go mod tidy) and keep what it writes',
  applies: ({ snapshot }) =>
    ['package-lock.json', 'npm-shrinkwrap.json', 'pnpm-lock.yaml', 'yarn.lock', 'Cargo.lock', 'go.sum', 'uv.lock', 'poetry.lock'].some(
      (path) => snapshot.has(path),
    ),
  run: (project) => lockfileDrift(project),
}

const runtimeDeclared: Check = {
  id: 'dependencies.runtime-declared',
  domain: 'dependencies',
  title: 'The manifest says which version of the language it needs',
  weight: 4,
  mend: 'declare it: engines.node, requires-python, rust-version, the go line',
  fix: declareRuntime,
  applies: ({ packages, pyproject, cargo, goMod }) =>
    packages.length > 0 || hasProjectTable(pyproject?.value) || cargo !== undefined || goMod !== undefined,
  run({ packages: [root], pyproject, cargo, goMod, snapshot }) {
    const findings: Finding[] = []
    if (root !== undefined) {
      const range = objectAt(root.manifest, 'engines').node
      const place = { file: root.document.path, line: root.document.lineOf('engines') }
      if (!isText(range)) findings.push(warn('declares no engines.node', place))
      else if (validRange(range) === null) findings.push(fail(`engines.node is no version range: "${range}"`, place))
    }
    if (pyproject !== undefined && hasProjectTable(pyproject.value) && !isText(objectAt(pyproject.value, 'project')['requires-python'])) {
      findings.push(warn('declares no requires-python', { file: pyproject.path, line: pyproject.lineOf('project') }))
    }
    if (cargo !== undefined && !snapshot.has('rust-toolchain.toml') && !snapshot.has('rust-toolchain')) {
      const declared = [objectAt(cargo.value, 'package'), objectAt(objectAt(cargo.value, 'workspace'), 'package')].some(
        (table) => 'rust-version' in table,
      )
      if (!declared) findings.push(warn('declares no rust-version', { file: cargo.path }))
    }
    if (goMod !== undefined && !/^go \d/m.test(goMod)) findings.push(warn('has no go line', { file: 'go.mod' }))
    return findings
  },
}

const versionsInStep: Check = {
  id: 'dependencies.versions-in-step',
  domain: 'dependencies',
  title: 'Workspaces want the same versions, and one another’s present ones',
  weight: 5,
  mend: 'give each dependency one range in all workspaces, and each sibling its present version',
  applies: ({ packages }) => packages.length > 2,
  run({ packages }) {
    const versions = new Map(packages.map(({ name, manifest }) => [name, manifest.version]))
    const first = new Map<string, { range: string; file: string }>()
    const findings: Finding[] = []
    for (const { manifest, document } of packages) {
      for (const { group, name, range } of dependenciesOf(manifest)) {
        const place = { file: document.path, line: document.lineOf(group, name) }
        const sibling = versions.get(name)
        if (typeof sibling === 'string') {
          if (valid(sibling) !== null && validRange(range) !== null && !satisfies(sibling, range, { includePrerelease: true })) {
            findings.push(fail(`wants ${name} ${range}, and it is at ${sibling} here`, place))
          }
          continue
        }
        if (group === 'peerDependencies' || /^(workspace|catalog|file|link|npm):/.test(range)) continue
        const other = first.get(name)
        if (other === undefined) first.set(name, { range, file: document.path })
        else if (other.range !== range) findings.push(warn(`wants ${name} ${range}, ${other.file} wants ${other.range}`, place))
      }
    }
    return findings
  },
}

const sources: Check = {
  id: 'dependencies.sources',
  domain: 'dependencies',
  title: 'Every dependency names a version that cannot change under it',
  weight: 4,
  mend: 'name a version range, or a commit where it comes from git',
  applies: ({ packages }) => packages.some(({ manifest }) => dependenciesOf(manifest).length > 0),
  run: ({ packages }) => packages.flatMap(sourceFindings),
}

function sourceFindings({ manifest, document }: NodePackage): Finding[] {
  return dependenciesOf(manifest).flatMap(({ group, name, range }): Finding[] => {
    const place = { file: document.path, line: document.lineOf(group, name) }
    if (/^http:/.test(range)) return [fail(`fetches ${name} over an unprotected connection`, place)]
    if (/^(git(\+\w+)?:|github:|gitlab:|bitbucket:|[\w.-]+\/[\w.-]+(#|$))/.test(range)) {
      return /#([0-9a-f]{7,64}|semver:.+)$/.test(range) ? [] : [warn(`takes ${name} from git without a commit`, place)]
    }
    if (group !== 'peerDependencies' && /^(\*|latest|next|x|)$/.test(range))
      return [warn(`takes any version of ${name}: "${range}"`, place)]
    return []
  })
}

function hasProjectTable(value: unknown): boolean {
  return isObject(value) && value.project !== undefined
}

function pythonDependencies(value: unknown): readonly unknown[] {
  const listed = objectAt(value, 'project').dependencies
  const poetry = Object.keys(objectAt(objectAt(objectAt(value, 'tool'), 'poetry'), 'dependencies')).filter((name) => name !== 'python')
  return [...(Array.isArray(listed) ? listed : []), ...poetry]
}

function isPinned(requirements: string | undefined): boolean {
  const lines = (requirements ?? '').split('\n').filter((line) => /^[A-Za-z]/.test(line))
  return lines.length > 0 && lines.every((line) => line.includes('=='))
}

const vulnerabilities: Check = {
  id: 'dependencies.vulnerabilities',
  domain: 'dependencies',
  title: 'No locked version has a known vulnerability',
  weight: 8,
  mend: 'npm audit fix, or move to a version that the advisory calls patched',
  applies: (project) => project.facts.registry !== undefined && lockedPackages(project.snapshot).size > 0,
  run({ facts: { registry }, snapshot }) {
    if (registry === undefined || typeof registry.advisories === 'string') return [unknown(`not known: ${registry?.advisories ?? ''}`)]
    const locked = lockedPackages(snapshot)
    return registry.advisories.flatMap(({ name, version, severity, title }) => {
      const judgeIt = severity === 'critical' || severity === 'high' ? fail : severity === 'moderate' ? warn : undefined
      return judgeIt === undefined ? [] : [judgeIt(`${name} ${version}: ${severity}, ${title}`, { file: locked.get(name)?.file })]
    })
  },
}

const outdated: Check = {
  id: 'dependencies.outdated',
  domain: 'dependencies',
  title: 'No dependency is a major version behind',
  weight: 3,
  mend: 'read its changelog and move to the newest major version, one dependency at a time',
  applies: (project) => project.facts.registry !== undefined && lockedPackages(project.snapshot).size > 0,
  run({ facts: { registry }, packages, snapshot }) {
    if (registry === undefined || typeof registry.latest === 'string') return [unknown(`not known: ${String(registry?.latest ?? '')}`)]
    const { latest } = registry
    const locked = lockedPackages(snapshot)
    return packages.flatMap(({ manifest, document }) =>
      dependenciesOf(manifest).flatMap(({ group, name }): Finding[] => {
        const newest = latest.get(name)
        const present = locked.get(name)?.versions.at(-1)
        if (newest === undefined || present === undefined || valid(newest) === null || valid(present) === null) return []
        const behind = major(newest) - major(present)
        return behind < 1
          ? []
          : [warn(`${name} is at ${present}, the newest is ${newest}`, { file: document.path, line: document.lineOf(group, name) })]
      }),
    )
  },
}

export const dependencyChecks: readonly Check[] = [lockfile, inStep, runtimeDeclared, versionsInStep, sources, vulnerabilities, outdated]
