import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { lstat, readdir, readlink } from 'node:fs/promises'
import { join, posix } from 'node:path'
import { PassThrough } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { copyFailed, sourceChanged, sourceInvalid } from './errors.ts'
import type { Desired, Spec, Work } from './handler.ts'

interface SourceFile {
  /** Relative, with "/". */
  readonly path: string
  readonly sha256: string
  readonly executable: boolean
  /** Where a link leads. */
  readonly link?: string
}

/** A folder's content, by which a release is named: the same content is the same release. */
export interface Source {
  readonly release: string
  readonly files: readonly SourceFile[]
}

const MAX_FILES = 100_000
const NEVER_RELEASED = /^\.(git|hg|svn|switchyard|env(\..*)?)$/
/** Whoever knows a name is sent the file: what is hidden in a folder, or says how it is deployed, is for nobody outside. */
const NEVER_SERVED = /^(\.(?!well-known$).*|switchyard\.deploy\.json|Caddyfile)$/

/**
 * Without the history and the values of environments, which are given to a release as it starts; of what is `served`, also without
 * hidden files.
 * @throws SOURCE_INVALID where it holds what cannot be carried over, or links that leave it
 */
export async function readSource(project: string, source: string, served = false): Promise<Source> {
  const root = join(project, source)
  const files: SourceFile[] = []
  async function visit(folder: string): Promise<void> {
    const entries = await readdir(join(root, folder), { withFileTypes: true }).catch(() => {
      throw sourceInvalid(source, folder === '' ? 'there is no such folder' : `${folder} cannot be read`)
    })
    for (const entry of entries.sort((one, other) => (one.name < other.name ? -1 : 1))) {
      if (NEVER_RELEASED.test(entry.name) || (served && NEVER_SERVED.test(entry.name))) continue
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`
      if (/[\n\r\\]/.test(path)) throw sourceInvalid(source, `${JSON.stringify(path)} has a name that not every tool reads alike`)
      if (entry.isDirectory()) await visit(path)
      else if (entry.isSymbolicLink()) {
        const link = await readlink(join(root, path))
        const leadsTo = posix.join(posix.dirname(path), link)
        if (link.startsWith('/') || leadsTo === '..' || leadsTo.startsWith('../'))
          throw sourceInvalid(source, `the link ${path} leads out of it`)
        files.push({ path, sha256: '', executable: false, link })
      } else if (entry.isFile()) {
        const { mode } = await lstat(join(root, path))
        files.push({ path, sha256: await sha256Of(join(root, path)), executable: (mode & 0o100) !== 0 })
      } else throw sourceInvalid(source, `${path} is neither a file nor a link`)
      if (files.length > MAX_FILES) throw sourceInvalid(source, `it has more than ${MAX_FILES} files`)
    }
  }
  await visit('')
  if (files.length === 0) throw sourceInvalid(source, 'it is empty')
  const hash = createHash('sha256')
  for (const { path, sha256, executable, link } of files) hash.update(`${path}\0${executable ? 'x' : '-'}\0${link ?? sha256}\n`)
  return { release: `sha256:${hash.digest('hex')}`, files }
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash)
  return hash.digest('hex')
}

/** Brings a folder to the host as a release, whole or not at all, and reads there what arrived. */
async function sendSource(work: Work, source: string, { release, files }: Source): Promise<void> {
  const { host, at, project, signal } = work
  const folder = at.release(release)
  if ((await host.facts(folder)) !== undefined) return
  const draft = `${folder}.draft`
  await host.removeFolder(draft)
  await host.makeFolder(draft)
  const tar = spawn(
    'tar',
    ['-C', join(project, source), '--null', '--verbatim-files-from', '-T', '-', '--no-recursion', '--owner=0', '--group=0', '-cf', '-'],
    {
      stdio: ['pipe', 'pipe', 'ignore'],
      signal,
    },
  )
  // A program's output is thrown away when it ends before somebody reads.
  const packed = tar.stdout.pipe(new PassThrough())
  tar.on('error', () => packed.destroy(new Error('tar failed')))
  tar.stdin.on('error', () => {})
  tar.stdin.end(files.map(({ path }) => `./${path}\0`).join(''))
  const unpacked = await host.run(['tar', '-C', draft, '--no-same-owner', '-xf', '-'], { stdin: packed, signal, timeoutMs: 1_800_000 })
  if (unpacked.exit !== 0) throw copyFailed(source, host.label, unpacked.stderr.trim().slice(0, 300) || 'tar failed')
  const plain = files.filter(({ link }) => link === undefined)
  const sums = plain.map(({ path, sha256 }) => `${sha256}  ./${path}\n`).join('')
  const checked = await host.run(['sha256sum', '--check', '--quiet', '--strict', '-'], {
    cwd: draft,
    stdin: sums,
    signal,
    timeoutMs: 600_000,
  })
  // What arrived whole and is something else was written to while it was read.
  if (checked.exit !== 0 && plain.length > 0) throw sourceChanged(source)
  await host.rename(draft, folder)
}

/** A folder's content as what is wanted, with what its handler needs to start it. */
export async function desiredFolder(
  work: Work,
  { release }: Source,
  { source, spec, warnings = [] }: { source: string; spec: object; warnings?: readonly string[] },
): Promise<Desired> {
  return {
    release,
    reference: source,
    spec: spec as Spec,
    strategy: work.config.strategy ?? 'beside',
    volumes: {},
    warnings,
    fetch: (await hasRelease(work, release)) ? 'none' : 'copy',
  }
}

export async function hasRelease({ host, at }: Work, release: string): Promise<boolean> {
  return (await host.facts(at.release(release))) !== undefined
}

/** Has a release on the host, from the source as it is now where it is not there yet. Answers which it is. */
export async function fetchRelease(work: Work, source: string, release: string | undefined, served = false): Promise<string> {
  if (release !== undefined && (await hasRelease(work, release))) return release
  const found = await readSource(work.project, source, served)
  await sendSource(work, source, found)
  return found.release
}

export async function forgetRelease({ host, at }: Work, release: string): Promise<void> {
  await host.removeFolder(at.release(release))
}
