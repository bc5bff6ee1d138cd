import type { ServiceConfig } from '../../config/config.ts'
import { startFailed, stopFailed } from '../errors.ts'
import { desiredFolder, fetchRelease, forgetRelease, hasRelease, readSource } from '../folder-release.ts'
import type { Handler, Spec, Work } from '../handler.ts'
import { quoted, runBeside, shellVariables, withPort } from '../run-beside.ts'
import { isSlot, type Slot } from '../slots.ts'
import { START, STATUS, STOP, SUPERVISE } from './supervise.ts'

type ProcessConfig = Extract<ServiceConfig, { handler: 'process' }>
const configOf = ({ config }: Work): ProcessConfig => config as ProcessConfig

interface ProcessSpec {
  readonly command: readonly string[]
  readonly stopSignal: string
  readonly stopAfterSeconds: number
}
const specOf = (spec: Spec): ProcessSpec => spec as unknown as ProcessSpec

/** The longest that a program may take to end, where nobody remembers what it was told. */
const LONGEST_STOP_SECONDS = 600

const ENDS_WITH_HOST = 'the host starts it again when it ends, not when the host itself starts: for that, use "systemd"'

/** Programs without a container, each release in a folder of its own, kept running by a script that needs nothing of ours. */
export const processHandler: Handler = {
  async desired(work) {
    const { source, command, stopSignal, stopAfterSeconds } = configOf(work)
    const spec: ProcessSpec = { command, stopSignal, stopAfterSeconds }
    const warnings = work.host.kind === 'ssh' ? [ENDS_WITH_HOST] : []
    return desiredFolder(work, await readSource(work.project, source), { source, spec, warnings })
  },
  variables: async ({ variables }) => variables,
  fetch: (work, { release }) => fetchRelease(work, configOf(work).source, release),
  async start(work, { slot, release, spec, port }) {
    const { host, at } = work
    await this.stop(work, slot, spec)
    const { command } = specOf(spec)
    await host.writeFile(`${at.base}/supervise.sh`, SUPERVISE, { mode: 0o755 })
    await host.writeFile(at.variables(slot), shellVariables(withPort(work.variables, port)), { mode: 0o600 })
    await host.writeFile(
      `${at.base}/${slot}.start`,
      `. ./${slot}.env\ncd ${quoted(at.release(release))} || exit 1\nexec ${command.map(quoted).join(' ')}\n`,
      { mode: 0o600 },
    )
    await host.writeFile(`${at.base}/${slot}.log`, '', { mode: 0o600 })
    await host.link(at.release(release), at.slot(slot))
    await supervise(work, slot, specOf(spec))
  },
  async stop(work, slot, spec) {
    const { host, at } = work
    await this.halt(work, slot, spec)
    for (const file of [`${at.base}/${slot}.start`, at.variables(slot), at.slot(slot)]) await host.removeFile(file)
  },
  async halt({ host, at, service }, slot, spec) {
    const seconds = spec === undefined ? LONGEST_STOP_SECONDS : specOf(spec).stopAfterSeconds
    const { exit, stderr } = await host.run(['sh', '-c', STOP, 'sh', at.base, slot, String(Math.ceil(seconds))], {
      timeoutMs: (seconds + 30) * 1000,
    })
    if (exit !== 0) throw stopFailed(service, stderr.trim().slice(0, 300))
  },
  async revive(work, slot, spec) {
    if ((await this.status(work, slot)).state === 'missing') await supervise(work, slot, specOf(spec))
  },
  async status({ host, at }, slot) {
    const { stdout } = await host.run(['sh', '-c', STATUS, 'sh', at.base, slot])
    const [state = 'missing', counts = '0'] = stdout.split('\n')
    const [restarts = '0', code] = counts.split(' ')
    if (state === 'missing') return { state: 'missing', restarts: 0, ports: [] }
    const port = /^export PORT='(\d+)'$/m.exec((await host.readFile(at.variables(slot)))?.toString('utf8') ?? '')?.[1]
    return {
      state: state === 'running' ? 'running' : 'starting',
      restarts: Number(restarts),
      ...(code !== undefined && { ended: `exit ${code}` }),
      ports: port === undefined ? [] : [`127.0.0.1:${port}`],
    }
  },
  async slots({ host, at }) {
    const names = (await host.list(at.base)).map((name) => /^(.+)\.(?:start|supervisor)$/.exec(name)?.[1] ?? '')
    return [...new Set(names)].filter(isSlot)
  },
  async logs({ host, at }, slot, lines) {
    if ((await host.facts(`${at.base}/${slot}.log`)) === undefined) return []
    const { stdout } = await host.run(['tail', '-n', String(lines), `${at.base}/${slot}.log`])
    return stdout.split('\n').filter((line) => line !== '')
  },
  announce: async () => {},
  exec: runBeside,
  has: hasRelease,
  forget: forgetRelease,
}

async function supervise({ host, at, service, signal }: Work, slot: Slot, { stopSignal, stopAfterSeconds }: ProcessSpec): Promise<void> {
  const { exit, stderr } = await host.run(['sh', '-c', START, 'sh', at.base, slot, stopSignal, String(stopAfterSeconds)], { signal })
  if (exit !== 0) throw startFailed(service, stderr.trim().slice(0, 300) || 'its supervisor did not come up')
}
