import { PassThrough } from 'node:stream'
import { createGzip } from 'node:zlib'
import { asked, askedFor } from '../engine/engine.ts'
import type { Work } from '../handlers/handler.ts'
import { backupFailed, backupUnknown, restoreFailed } from './errors.ts'

const INSIDE = '/switchyard-volume'
/** What is in the volume and not the folder around it: engines differ in what they call that in an archive, and whether they write it back. */
const CONTENT = `${INSIDE}/.`

const helperOf = ({ stack, env, service }: Work): string => `${stack}-${env}-${service}-volume`

/** One that a process left that was killed keeps its volume in use. */
async function removeHelper(work: Work): Promise<void> {
  const engine = await work.engine()
  const name = helperOf(work)
  await askedFor(`remove ${name}`, () => engine.getContainer(name).remove({ force: true }))
}

/** A container that is never started, through which the engine reads and writes a volume. */
async function throughContainer<value>(work: Work, image: string, volume: string, use: (id: string) => Promise<value>): Promise<value> {
  const engine = await work.engine()
  const name = helperOf(work)
  await removeHelper(work)
  const container = await asked(`look into the volume ${volume}`, () =>
    engine.createContainer({
      name,
      Image: image,
      Cmd: ['true'],
      Labels: { 'switchyard.stack': work.stack, 'switchyard.env': work.env },
      HostConfig: { Mounts: [{ Type: 'volume', Source: volume, Target: INSIDE }] },
    }),
  )
  try {
    return await use(container.id)
  } finally {
    await removeHelper(work)
  }
}

/** Writes a volume's content to a file on the host, readable by its owner alone, whole or not at all. @throws BACKUP_FAILED */
export async function backUpVolume(work: Work, { image, volume, file }: { image: string; volume: string; file: string }): Promise<void> {
  const { host, signal } = work
  const engine = await work.engine()
  await host.makeFolder(file.slice(0, file.lastIndexOf('/')), 0o700)
  await throughContainer(work, image, volume, async (id) => {
    const archive = await asked(`read the volume ${volume}`, () => engine.getContainer(id).getArchive({ path: CONTENT }))
    const zipped = createGzip({ level: 1 })
    archive.on('error', (error) => zipped.destroy(error))
    archive.pipe(zipped)
    const keep = 'umask 077; cat >"$1.draft" && sync "$1.draft" && mv "$1.draft" "$1"'
    const { exit, stderr } = await host.run(['sh', '-c', keep, 'sh', file], { stdin: zipped, signal, timeoutMs: 3_600_000 })
    if (exit !== 0) throw backupFailed(volume, stderr.trim().slice(0, 200))
  })
  const { exit } = await host.run(['gzip', '-t', file], { signal, timeoutMs: 3_600_000 })
  if (exit !== 0) throw backupFailed(volume, 'what was written cannot be read')
}

/** Puts a volume back as a backup has it; nothing may use it meanwhile. @throws BACKUP_MISSING, RESTORE_FAILED */
export async function restoreVolume(work: Work, { image, volume, file }: { image: string; volume: string; file: string }): Promise<void> {
  const { host } = work
  const engine = await work.engine()
  if ((await host.facts(file)) === undefined) throw backupUnknown(volume)
  await removeHelper(work)
  await askedFor(`empty the volume ${volume}`, () => engine.getVolume(volume).remove())
  await asked(`make the volume ${volume}`, () =>
    engine.createVolume({ Name: volume, Labels: { 'switchyard.stack': work.stack, 'switchyard.env': work.env } }),
  )
  await throughContainer(work, image, volume, async (id) => {
    await fill(work, id, { volume, file })
    // An engine that puts it elsewhere says that all is well.
    const archive = await asked(`read the volume ${volume}`, () => engine.getContainer(id).getArchive({ path: CONTENT }))
    const [is, must] = [await filesIn(host, archive, 'tar -tf -'), await filesIn(host, '', 'tar -tzf "$0"', file)]
    if (is !== must) throw restoreFailed(volume, must, is)
  })
}

/** Sends a backup to the engine as fast as it takes it; whichever of the two sides fails ends the other. */
async function fill(work: Work, id: string, { volume, file }: { volume: string; file: string }): Promise<void> {
  const { host, signal } = work
  const engine = await work.engine()
  const tar = new PassThrough()
  tar.on('error', () => {})
  const given = new AbortController()
  const read = async (): Promise<void> => {
    try {
      const { exit } = await host.run(['gzip', '-dc', file], { signal, timeoutMs: 3_600_000, stdout: tar })
      if (exit !== 0) throw backupFailed(volume, 'its backup cannot be read')
      tar.end()
    } catch (error) {
      given.abort(error)
      throw error
    }
  }
  const write = async (): Promise<void> => {
    try {
      await asked(`write the volume ${volume}`, () => engine.getContainer(id).putArchive(tar, { path: INSIDE, abortSignal: given.signal }))
    } catch (error) {
      tar.destroy()
      throw error
    }
  }
  const both = [write(), read()]
  try {
    await Promise.all(both)
  } finally {
    await Promise.allSettled(both)
  }
}

async function filesIn(host: Work['host'], stdin: string | NodeJS.ReadableStream, list: string, file = 'sh'): Promise<number> {
  const { stdout } = await host.run(['sh', '-c', `${list} | wc -l`, file], { stdin, timeoutMs: 3_600_000 })
  return Number(stdout)
}
