import { posix } from 'node:path'
import { settingOf, settingsOf, type Unit, type UnitEntry } from '../../model/unit.ts'
import type { Rule } from '../rule.ts'
import { secretIn } from '../secrets.ts'
import { eolOf } from '../text-edits.ts'
import { addTo, names, sectionSpot, serviceUnitRule } from './unit-rule.ts'

const typeOf = (unit: Unit): string => settingOf(unit, 'Service', 'Type')?.value ?? 'simple'

const execOf = (unit: Unit): readonly UnitEntry[] => settingsOf(unit, 'Service', 'ExecStart')

const exec = serviceUnitRule(
  {
    id: 'systemd.exec',
    severity: 'critical',
    title: 'Every service says by an absolute path what it runs',
    why: 'systemd refuses the unit.',
    mend: 'write ExecStart=/path/to/program and its arguments; a unit that runs several needs Type=oneshot',
  },
  function* (unit) {
    const starts = execOf(unit)
    const hasStop = settingsOf(unit, 'Service', 'ExecStop').length > 0 || settingOf(unit, 'Unit', 'SuccessAction') !== undefined
    if (starts.length === 0 && !(hasStop && settingOf(unit, 'Service', 'RemainAfterExit')?.value === 'yes'))
      yield { spot: sectionSpot(unit, 'Service'), note: `${unit.name} runs nothing: it has no ExecStart=` }
    if (starts.length > 1 && typeOf(unit) !== 'oneshot')
      yield { spot: starts[1]?.spot ?? unit.source.spot(0), note: `${unit.name} has more than one ExecStart=` }
    for (const { key, value, valueSpot, section } of unit.entries) {
      if (section !== 'Service' || !/^Exec(Start|StartPre|StartPost|Stop|StopPost|Reload|Condition)$/.test(key) || value === '') continue
      const program =
        value
          .replace(/^[-@:+!|]+/, '')
          .split(/\s/)[0]
          ?.replace(/^"|"$/g, '') ?? ''
      if (!program.startsWith('/') && !program.startsWith('%'))
        yield { spot: valueSpot, note: `${key}= names ${program}, which is no absolute path` }
    }
  },
)

const user = serviceUnitRule(
  {
    id: 'systemd.user',
    severity: 'warning',
    title: 'Every service runs as a user of its own',
    why: 'Without User= it runs as root: a break-in into it is one into the host.',
    mend: 'add User= and Group=, or DynamicUser=yes',
  },
  function* (unit) {
    if (isForUsers(unit)) return
    const named = settingOf(unit, 'Service', 'User')
    const isDynamic = isYes(settingOf(unit, 'Service', 'DynamicUser')?.value)
    if (named === undefined && !isDynamic) yield { spot: sectionSpot(unit, 'Service'), note: `${unit.name} runs as root: it has no User=` }
    else if (named !== undefined && /^(root|0)$/.test(named.value)) yield { spot: named.spot, note: `${unit.name} runs as root` }
  },
)

/** Units of a user's own manager run as that user. */
const isForUsers = ({ source, entries }: Unit): boolean =>
  /(^|\/)user\//.test(source.path) || entries.some(({ key, value }) => key === 'WantedBy' && value === 'default.target')

const isYes = (value: string | undefined): boolean => value !== undefined && /^(yes|true|on|1)$/i.test(value)

const restart = serviceUnitRule(
  {
    id: 'systemd.restart',
    severity: 'warning',
    title: 'Every service that runs on comes back by itself',
    why: 'After a crash the service stays down until somebody notices.',
    mend: 'add Restart=on-failure',
    fix: 'adds Restart=on-failure',
  },
  function* (unit) {
    if (typeOf(unit) === 'oneshot' || execOf(unit).length === 0) return
    const own = settingOf(unit, 'Service', 'Restart')
    if (own === undefined) {
      yield { spot: sectionSpot(unit, 'Service'), note: `${unit.name} has no Restart=`, ...addTo(unit, 'Service', 'Restart=on-failure') }
    } else if (own.value === 'no') yield { spot: own.spot, note: `${unit.name} is never restarted` }
  },
)

const engineOrder = serviceUnitRule(
  {
    id: 'systemd.engine-order',
    severity: 'warning',
    title: 'A unit that talks to the container engine starts after it and asks for it',
    why: 'After a reboot it runs before the engine is up, and fails.',
    mend: 'add Requires=docker.service and After=docker.service',
    fix: 'adds Requires= and After= for docker.service',
  },
  function* (unit) {
    const starts = unit.entries.find(
      ({ section, key, value }) => section === 'Service' && /^ExecStart(Pre)?$/.test(key) && /(^|\/)docker(-compose)?(\s|$)/.test(value),
    )
    if (starts === undefined) return
    const asked = new Set(
      ['Requires', 'Wants', 'BindsTo'].flatMap((key) => settingsOf(unit, 'Unit', key).flatMap(({ value }) => names(value))),
    )
    const after = new Set(settingsOf(unit, 'Unit', 'After').flatMap(({ value }) => names(value)))
    const isEngine = (name: string): boolean => name === 'docker.service' || name === 'docker.socket'
    const missing = [...([...asked].some(isEngine) ? [] : ['Requires']), ...([...after].some(isEngine) ? [] : ['After'])]
    if (missing.length === 0) return
    const lines = missing.map((key) => `${key}=docker.service`).join(eolOf(unit.source.text))
    yield {
      spot: starts.spot,
      note: `${unit.name} runs docker without ${missing.join('= and ')}=docker.service`,
      ...addTo(unit, 'Unit', lines),
    }
  },
)

const environmentFile = serviceUnitRule(
  {
    id: 'systemd.environment-file',
    severity: 'critical',
    title: 'Every env file that a unit reads has an absolute path, and is in the project where its folder is deployed',
    why: 'The service does not start: "Failed to load environment files".',
    mend: 'mend the path, or begin it with - where the file may be absent',
  },
  function* (unit, { files }) {
    const folder = settingOf(unit, 'Service', 'WorkingDirectory')?.value.replace(/^[-~]/, '')
    for (const { value, valueSpot } of settingsOf(unit, 'Service', 'EnvironmentFile')) {
      const isOptional = value.startsWith('-')
      const path = value.replace(/^-/, '').replace(/^"(.*)"$/, '$1')
      if (!path.startsWith('/') && !path.startsWith('%'))
        yield { spot: valueSpot, note: `EnvironmentFile= names ${path}, which is no absolute path` }
      else if (!isOptional && folder !== undefined && folder.length > 1 && path.startsWith(`${folder.replace(/\/$/, '')}/`)) {
        const own = posix.relative(folder, path)
        if (files.kindOf(own) === 'missing')
          yield { spot: valueSpot, note: `EnvironmentFile= names ${path}, and the project has no ${own}` }
      }
    }
  },
)

const HARDENING = ['NoNewPrivileges', 'ProtectSystem', 'ProtectHome', 'PrivateTmp'] as const

const hardening = serviceUnitRule(
  {
    id: 'systemd.hardening',
    severity: 'info',
    title: 'Every service is shut off from what it does not need',
    why: 'Whoever breaks into it reads home folders, writes the system and gains rights by other programs.',
    mend: 'add NoNewPrivileges=yes, ProtectSystem=strict, ProtectHome=yes and PrivateTmp=yes, and look at systemd-analyze security',
  },
  function* (unit) {
    const missing = HARDENING.filter((key) => {
      const value = settingOf(unit, 'Service', key)?.value
      return value === undefined || /^(no|false|off|0)$/i.test(value)
    })
    const isDynamic = isYes(settingOf(unit, 'Service', 'DynamicUser')?.value)
    // DynamicUser brings most of them along.
    const left = isDynamic ? missing.filter((key) => key === 'ProtectHome' && settingOf(unit, 'Service', key) !== undefined) : missing
    if (left.length > 0) yield { spot: sectionSpot(unit, 'Service'), note: `${unit.name} does not set ${left.join(', ')}` }
  },
)

const secret = serviceUnitRule(
  {
    id: 'systemd.literal-secret',
    severity: 'critical',
    title: 'No secret stands in a unit file',
    why: 'Every user of the machine can read it: systemctl show.',
    mend: 'revoke it, then use LoadCredential= or an EnvironmentFile= with mode 0600',
  },
  function* ({ entries }) {
    for (const { key, value, valueSpot } of entries) {
      const pairs = key === 'Environment' ? pairsOf(value) : [[key, value] as const]
      for (const [name, text] of pairs) {
        const what = key === 'Environment' ? secretIn(name, text) : /^Exec/.test(key) ? secretIn('', text) : undefined
        if (what !== undefined) yield { spot: valueSpot, note: key === 'Environment' ? `${name} holds ${what}` : `${key}= holds ${what}` }
      }
    }
  },
)

/** `A=b "C=d e"` as names and values. */
function pairsOf(value: string): (readonly [string, string])[] {
  return [...value.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].flatMap(([, double, single, bare]) => {
    const text = double ?? single ?? bare ?? ''
    const at = text.indexOf('=')
    return at === -1 ? [] : [[text.slice(0, at), text.slice(at + 1)] as const]
  })
}

export const systemdServiceRules: readonly Rule[] = [exec, user, restart, engineOrder, environmentFile, hardening, secret]
