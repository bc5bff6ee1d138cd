// Adds the foreign-platform binaries that a registry did not offer to package-lock.json, so that `npm ci` accepts the lock
// everywhere. `--check` changes nothing and fails when one is missing.
import { readFileSync, writeFileSync } from 'node:fs'

interface LockEntry {
  version?: string
  optional?: boolean
  dev?: boolean
  os?: string[]
  cpu?: string[]
  libc?: string[]
  optionalDependencies?: Record<string, string>
}

const LOCK = new URL('../package-lock.json', import.meta.url)
const OS_NAMES = ['darwin', 'linux', 'win32', 'windows', 'freebsd', 'openbsd', 'netbsd', 'android', 'aix', 'sunos', 'openharmony']
const CPU_NAMES = [
  'arm64',
  'aarch64',
  'x64',
  '64',
  'x86',
  'ia32',
  'arm',
  'armv7',
  's390x',
  'ppc64',
  'ppc64le',
  'riscv64',
  'loong64',
  'wasm32',
  'mips64el',
]
const CPU_ALIASES: Record<string, string> = { aarch64: 'arm64', '64': 'x64', x86: 'ia32', armv7: 'arm' }

const lock = JSON.parse(readFileSync(LOCK, 'utf8')) as { packages: Record<string, LockEntry> }
const missing: [string, LockEntry][] = []
for (const [path, entry] of Object.entries(lock.packages)) {
  for (const [name, range] of Object.entries(entry.optionalDependencies ?? {})) {
    const version = range.replace(/^[~^]/, '')
    const locked = lockedVersion(path, name)
    if (locked === version || (locked !== undefined && range !== version)) continue
    missing.push([`${homeOf(path)}node_modules/${name}`, { version, ...(entry.dev && { dev: true }), optional: true, ...platformOf(name) }])
  }
}

if (missing.length === 0) process.exit(0)
if (process.argv.includes('--check')) {
  console.error(
    `Cannot accept package-lock.json as ${missing.length} platform binaries are missing: ${missing.map(([path]) => path).join(', ')}`,
  )
  console.error('Run: npm run lock')
  process.exit(1)
}
for (const [path, entry] of missing) lock.packages[path] = entry
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)))
writeFileSync(LOCK, `${JSON.stringify(lock, null, 2)}\n`)
console.log(`Added ${missing.length} entries`)

/** What a package sees under a name: looked for in its own folder, then in every folder above it. */
function lockedVersion(path: string, name: string): string | undefined {
  for (let folder = `${path}/`; ; folder = homeOf(folder.slice(0, -1))) {
    const entry = lock.packages[`${folder}node_modules/${name}`]
    if (entry !== undefined || folder === '') return entry?.version
  }
}

/** The folder whose node_modules holds a package: `node_modules/vite/` for `node_modules/vite/node_modules/rolldown`. */
function homeOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('node_modules/')))
}

function platformOf(name: string): Pick<LockEntry, 'os' | 'cpu'> {
  const words = name.split(/[^a-z0-9]+/)
  const os = words.find((word) => OS_NAMES.includes(word))
  const cpu = words.findLast((word) => CPU_NAMES.includes(word))
  return {
    ...(os !== undefined && { os: [os === 'windows' ? 'win32' : os] }),
    ...(cpu !== undefined && { cpu: [CPU_ALIASES[cpu] ?? cpu] }),
  }
}
