import type Docker from 'dockerode'
import { asked, askedFor, reasonOf } from '../../engine/engine.ts'
import { imageMissing } from '../../engine/errors.ts'
import { loginFiles, registryAuth } from '../../engine/registry-auth.ts'
import type { Work } from '../handler.ts'
import type { ContainerSpec } from './container-spec.ts'

/** What is built has no release before it is built; what is pulled has one where it is on the host already. */
export async function localImage(work: Work, { image, build }: ContainerSpec): Promise<{ Id: string } | undefined> {
  if (build !== undefined) return undefined
  const engine = await work.engine()
  return askedFor(`look at the image ${image}`, () => engine.getImage(image).inspect())
}

/** As whom the person who deploys has logged in, where that is known. @throws IMAGE_MISSING */
export async function pull(engine: Docker, image: string, work: Work, onNote: (message: string) => void): Promise<void> {
  const auth = await registryAuth(image, loginFiles(process.env))
  // Without a tag an engine pulls all there are.
  const one = /[:@][^/]*$/.test(image) ? image : `${image}:latest`
  let stream: NodeJS.ReadableStream
  try {
    stream = await engine.pull(one, { abortSignal: work.signal, ...(auth !== undefined && { authconfig: auth }) })
  } catch (error) {
    throw imageMissing(image, reasonOf(error))
  }
  await followed(engine, stream, onNote, (why) => imageMissing(image, why))
}

export async function build(
  engine: Docker,
  { image, build: asks }: ContainerSpec,
  work: Work,
  onNote: (message: string) => void,
): Promise<void> {
  if (asks === undefined) return
  const { pack } = await import('./pack.ts')
  const stream = await asked(`build ${image}`, () =>
    engine.buildImage(pack(asks.context), { ...asks.options, t: image, abortSignal: work.signal, rm: true }),
  )
  await followed(engine, stream, onNote, (why) => imageMissing(image, `it could not be built: ${why}`))
}

/** An engine tells of a failure in the middle of its answer. */
function followed(
  engine: Docker,
  stream: NodeJS.ReadableStream,
  onNote: (message: string) => void,
  failed: (why: string) => Error,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  engine.modem.followProgress(
    stream,
    (error, all: readonly { error?: string }[] | undefined) => {
      const told = all?.find((line) => line.error !== undefined)?.error
      if (error || told !== undefined) reject(failed(told ?? reasonOf(error)))
      else resolve()
    },
    ({ status, stream: line }: { status?: string; stream?: string }) => {
      const told = (status ?? line ?? '').trim()
      if (told !== '') onNote(told.slice(0, 200))
    },
  )
  return promise
}
