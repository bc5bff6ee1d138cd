import type { ServiceConfig } from '../config/config.ts'
import { sourceInvalid } from './errors.ts'
import { desiredFolder, fetchRelease, forgetRelease, hasRelease, readSource } from './folder-release.ts'
import type { Handler, Work } from './handler.ts'
import { SIDES, type Slot } from './slots.ts'

type StaticConfig = Extract<ServiceConfig, { handler: 'static' }>
const configOf = ({ config }: Work): StaticConfig => config as StaticConfig

/** Files that the proxy serves itself: nothing runs, and a release is a folder. */
export const staticHandler: Handler = {
  async desired(work) {
    const { source, index } = configOf(work)
    const found = await readSource(work.project, source, true)
    if (!found.files.some(({ path }) => path === index)) throw sourceInvalid(source, `${index} is not there`)
    return desiredFolder(work, found, { source, spec: { index } })
  },
  variables: async () => ({}),
  fetch: (work, { release }) => fetchRelease(work, configOf(work).source, release, true),
  async start({ host, at }, { slot, release }) {
    await host.link(at.release(release), at.slot(slot))
  },
  async stop({ host, at }, slot) {
    await host.removeFile(at.slot(slot))
  },
  halt: async () => {},
  revive: async () => {},
  async status(work, slot) {
    const { host, at } = work
    const folder = await host.readLink(at.slot(slot))
    if (folder === undefined) return { state: 'missing', restarts: 0, ports: [] }
    const index = await host.facts(`${folder}/${configOf(work).index}`)
    return {
      state: index === undefined ? 'stopped' : 'running',
      restarts: 0,
      ports: [],
      ...(index === undefined && { ended: 'its index is gone' }),
    }
  },
  async slots({ host, at }) {
    const found: Slot[] = []
    for (const side of SIDES) if ((await host.readLink(at.slot(side))) !== undefined) found.push(side)
    return found
  },
  logs: async () => [],
  announce: async () => {},
  exec: ({ host, at }, { release }, argv, timeoutMs) =>
    runThere(host.run(argv as [string, ...string[]], { cwd: at.release(release), timeoutMs })),
  has: hasRelease,
  forget: forgetRelease,
}

const runThere = async (
  ran: Promise<{ exit: number | undefined; stdout: string; stderr: string }>,
): Promise<{ exit: number; told: string }> => {
  const { exit = -1, stdout, stderr } = await ran
  return { exit, told: `${stdout}${stderr}`.trim() }
}
