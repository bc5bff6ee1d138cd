import type Docker from 'dockerode'
import { asked } from '../../engine/engine.ts'
import type { Instance, Work } from '../handler.ts'
import { doorsOfOthers, makeAround, remove } from './around.ts'
import { linesOf } from './lines.ts'
import { labelsOf, prefixOf, specOf } from './names.ts'

/** A program in a container that runs. */
export async function execInside(
  engine: Docker,
  name: string,
  argv: readonly string[],
  timeoutMs: number,
): Promise<{ exit: number; told: string }> {
  const exec = await asked(`run ${argv[0]} in ${name}`, () =>
    engine.getContainer(name).exec({ Cmd: [...argv], AttachStdout: true, AttachStderr: true }),
  )
  const stream = await asked(`run ${argv[0]} in ${name}`, () => exec.start({}))
  const raw = await collected(stream, timeoutMs)
  if (raw === undefined) return { exit: -1, told: `no end within ${timeoutMs} ms` }
  const { ExitCode: exit } = await asked(`look at ${argv[0]} in ${name}`, () => exec.inspect())
  return { exit: exit ?? -1, told: linesOf(raw).join('\n') }
}

/** A program in a container of its own, with the release's image, variables, networks and volumes. */
export async function runOnce(
  engine: Docker,
  work: Work,
  { release, spec }: Pick<Instance, 'release' | 'spec'>,
  argv: readonly string[],
  timeoutMs: number,
): Promise<{ exit: number; told: string }> {
  const { container } = specOf(spec)
  const name = `${prefixOf(work)}-${work.service}-once`
  await makeAround(engine, work, container)
  await remove(engine, name)
  const [first, ...others] = container.networks
  const { PortBindings: _, RestartPolicy: __, ...host } = container.host
  const created = await asked(`make the container ${name}`, () =>
    engine.createContainer({
      ...container.create,
      name,
      Image: release,
      Cmd: [...argv],
      Env: Object.entries(work.variables).map(([key, value]) => `${key}=${value}`),
      Labels: { ...labelsOf(work), 'switchyard.once': 'yes' },
      HostConfig: { ...host, ...(first !== undefined && { NetworkMode: first.name }) },
    }),
  )
  try {
    for (const network of [...others.map((one) => one.name), ...(await doorsOfOthers(engine, work, container))])
      await asked(`connect ${name} to ${network}`, () => engine.getNetwork(network).connect({ Container: created.id }))
    await asked(`start the container ${name}`, () => created.start())
    const timer = setTimeout(() => void created.kill().catch(() => {}), timeoutMs)
    const { StatusCode: exit } = (await asked(`wait for ${name}`, () => created.wait())) as { StatusCode: number }
    clearTimeout(timer)
    const raw = await asked(`read the log of ${name}`, () => created.logs({ stdout: true, stderr: true, follow: false, tail: 50 }))
    return { exit, told: linesOf(raw).join('\n') }
  } finally {
    await remove(engine, name)
  }
}

const MAX_TOLD_BYTES = 256 * 1024

function collected(stream: NodeJS.ReadableStream, timeoutMs: number): Promise<Buffer | undefined> {
  const { promise, resolve } = Promise.withResolvers<Buffer | undefined>()
  const chunks: Buffer[] = []
  let bytes = 0
  const timer = setTimeout(() => resolve(undefined), timeoutMs)
  const end = (): void => {
    clearTimeout(timer)
    resolve(Buffer.concat(chunks))
  }
  stream.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes <= MAX_TOLD_BYTES) chunks.push(chunk)
  })
  stream.on('end', end)
  stream.on('close', end)
  stream.on('error', end)
  return promise
}
