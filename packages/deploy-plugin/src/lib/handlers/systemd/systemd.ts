import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isSwitchyardError } from '@switchyard/plugin-kit'
import type { Variables } from '../../apply/variables.ts'
import type { ServiceConfig } from '../../config/config.ts'
import { startFailed, stopFailed, unitInvalid, variableInvalid } from '../errors.ts'
import { desiredFolder, fetchRelease, forgetRelease, hasRelease, readSource } from '../folder-release.ts'
import type { Handler, Spec, Work } from '../handler.ts'
import { runBeside, withPort } from '../run-beside.ts'
import { isSlot, type Slot } from '../slots.ts'

type SystemdConfig = Extract<ServiceConfig, { handler: 'systemd' }>
const configOf = ({ config }: Work): SystemdConfig => config as SystemdConfig

interface SystemdSpec {
  /** The unit file's text. */
  readonly unit: string
}
const specOf = (spec: Spec): SystemdSpec => spec as unknown as SystemdSpec

const nameOf = ({ stack, env, service }: Work, slot: Slot): string => `${stack}-${env}-${service}-${slot}.service`
const fileOf = (work: Work, slot: Slot): string => `${configOf(work).units}/${nameOf(work, slot)}`
const dropInOf = (work: Work, slot: Slot): string => `${fileOf(work, slot)}.d`

const DROP_IN = '50-switchyard.conf'

/** The journal keeps what the slot's release before last said under the same name: only what came after its file counts. */
const LOG = 'since=$(stat -c %.Y "$0") && exec "$@" --since="@$since"'

/** Units of systemd: one a slot, so that the one that serves keeps its own file while the next one is tried. */
export const systemdHandler: Handler = {
  async desired(work) {
    const { source, unit } = configOf(work)
    const text = await readFile(join(work.project, unit), 'utf8').catch(() => {
      throw unitInvalid(unit, 'there is no such file')
    })
    if (!/^\[Service\]\s*$/m.test(text)) throw unitInvalid(unit, 'it has no section [Service]')
    const spec: SystemdSpec = { unit: text }
    return desiredFolder(work, await readSource(work.project, source), { source, spec })
  },
  variables: async ({ variables }) => variables,
  fetch: (work, { release }) => fetchRelease(work, configOf(work).source, release),
  async start(work, { slot, release, spec, port }) {
    const { host, at } = work
    await host.link(at.release(release), at.slot(slot))
    await host.writeFile(at.variables(slot), unitVariables(withPort(work.variables, port)), { mode: 0o600 })
    await host.makeFolder(dropInOf(work, slot))
    await host.writeFile(`${dropInOf(work, slot)}/${DROP_IN}`, dropIn(at.slot(slot), at.variables(slot)))
    await host.writeFile(fileOf(work, slot), specOf(spec).unit)
    await verify(work, slot)
    await control(work, ['daemon-reload'])
    await control(work, ['reset-failed', nameOf(work, slot)], { mayFail: true })
    await control(work, ['restart', nameOf(work, slot)])
  },
  async stop(work, slot, spec) {
    const { host, at } = work
    if ((await host.facts(fileOf(work, slot))) !== undefined) {
      await control(work, ['disable', nameOf(work, slot)], { mayFail: true })
      await this.halt(work, slot, spec)
      // A unit that failed is remembered without its file too, and the host counts as degraded.
      await control(work, ['reset-failed', nameOf(work, slot)], { mayFail: true })
      await host.removeFile(fileOf(work, slot))
      await host.removeFolder(dropInOf(work, slot))
      await control(work, ['daemon-reload'])
    }
    await host.removeFile(at.variables(slot))
    await host.removeFile(at.slot(slot))
  },
  async halt(work, slot) {
    const { exit, stderr } = await control(work, ['stop', nameOf(work, slot)], { mayFail: true })
    if (exit !== 0 && (await this.status(work, slot)).state === 'running') throw stopFailed(work.service, stderr.trim().slice(0, 300))
  },
  async revive(work, slot) {
    await control(work, ['start', nameOf(work, slot)])
  },
  async status(work, slot) {
    if ((await work.host.facts(fileOf(work, slot))) === undefined) return { state: 'missing', restarts: 0, ports: [] }
    const shown = await control(work, ['show', '--property=ActiveState,SubState,NRestarts,Result,ExecMainStatus', nameOf(work, slot)])
    const facts = Object.fromEntries(
      shown.stdout.split('\n').map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
    )
    const state =
      facts.ActiveState === 'active'
        ? 'running'
        : facts.ActiveState === 'activating' || facts.ActiveState === 'reloading'
          ? 'starting'
          : 'stopped'
    return {
      state,
      restarts: Number(facts.NRestarts ?? 0),
      ...(state !== 'running' && { ended: `${facts.Result ?? 'unknown'}, exit ${facts.ExecMainStatus ?? '?'}` }),
      ports: [],
    }
  },
  async slots(work) {
    const { stack, env, service, host } = work
    const prefix = `${stack}-${env}-${service}-`
    const names = (await host.list(configOf(work).units)).filter((name) => name.startsWith(prefix) && name.endsWith('.service'))
    return names.map((name) => name.slice(prefix.length, -'.service'.length)).filter(isSlot)
  },
  async logs(work, slot, lines) {
    const user = configOf(work).user ? ['--user'] : []
    const since = `${dropInOf(work, slot)}/${DROP_IN}`
    const asks = ['-u', nameOf(work, slot), '-n', String(lines), '-o', 'cat', '--no-pager']
    const { stdout } = await work.host.run(['sh', '-c', LOG, since, 'journalctl', ...user, ...asks])
    return stdout.split('\n').filter((line) => line !== '')
  },
  /** Those that serve start with the host, and no others. */
  async announce(work, slots) {
    for (const slot of slots) await control(work, ['enable', nameOf(work, slot)], { mayFail: true })
    for (const other of await this.slots(work))
      if (!slots.includes(other)) await control(work, ['disable', nameOf(work, other)], { mayFail: true })
  },
  exec: runBeside,
  has: hasRelease,
  forget: forgetRelease,
}

async function control(
  work: Work,
  args: readonly string[],
  { mayFail = false } = {},
): Promise<{ exit: number | undefined; stdout: string; stderr: string }> {
  const user = configOf(work).user ? ['--user'] : []
  const ran = await work.host.run(['systemctl', ...user, ...args], { timeoutMs: 300_000, signal: work.signal })
  if (ran.exit !== 0 && !mayFail)
    throw startFailed(work.service, `systemctl ${args.join(' ')}: ${ran.stderr.trim().slice(0, 300) || `exit ${ran.exit}`}`)
  return ran
}

/** A host without systemd-analyze lets systemctl itself be the judge. */
async function verify(work: Work, slot: Slot): Promise<void> {
  try {
    const { exit, stderr } = await work.host.run(['systemd-analyze', 'verify', '--man=no', '--recursive-errors=no', fileOf(work, slot)], {
      signal: work.signal,
    })
    const own = stderr.split('\n').filter((line) => line.includes(nameOf(work, slot)))
    if (exit !== 0) throw unitInvalid(configOf(work).unit, own.join('; ').slice(0, 500) || stderr.trim().slice(0, 500))
  } catch (error) {
    if (!isSwitchyardError(error, 'PROGRAM_MISSING')) throw error
  }
}

const dropIn = (folder: string, variables: string): string => `# Written at each deployment: where the release and its variables are.
[Service]
WorkingDirectory=${folder.replaceAll('%', '%%')}
EnvironmentFile=${variables.replaceAll('%', '%%')}
`

/** An EnvironmentFile's lines; systemd reads what is between double quotes with a shell's escapes. */
function unitVariables(variables: Variables): string {
  return Object.entries(variables)
    .map(([name, value]) => {
      if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) throw variableInvalid(name)
      return `${name}="${value.replace(/[\\"$`]/g, '\\$&')}"\n`
    })
    .join('')
}
