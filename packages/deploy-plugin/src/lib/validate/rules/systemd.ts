import { posix } from 'node:path'
import type { Stack } from '../../model/stack.ts'
import { settingOf, settingsOf, type Unit, type UnitEntry } from '../../model/unit.ts'
import { type Found, problemRule, type Rule, type TextEdit } from '../rule.ts'
import { secretIn } from '../secrets.ts'
import { eolOf } from '../text-edits.ts'
import { closestKey, isKey, isSection } from '../unit-keys.ts'

const syntax = problemRule({
  id: 'systemd.syntax',
  part: 'systemd',
  severity: 'critical',
  title: 'Each unit file is made of sections with Key=value lines',
  why: 'systemd passes over the line, whatever it was meant to do.',
  mend: 'mend the line',
})

/** A rule that looks at one unit by itself. */
function unitRule(rule: Omit<Rule, 'look' | 'part'>, look: (unit: Unit, stack: Stack) => Iterable<Found>): Rule {
  return {
    ...rule,
    part: 'systemd',
    *look(stack) {
      for (const unit of stack.units) yield* look(unit, stack)
    },
  }
}

const serviceUnitRule = (rule: Omit<Rule, 'look' | 'part'>, look: (unit: Unit, stack: Stack) => Iterable<Found>): Rule =>
  unitRule(rule, function* (unit, stack) {
    if (unit.kind === 'service') yield* look(unit, stack)
  })

const unknownKey = unitRule(
  {
    id: 'systemd.unknown-key',
    severity: 'warning',
    title: 'Every section and key of a unit is one that systemd knows',
    why: 'systemd passes over it with a line in its log.',
    mend: 'mend its name, or move it to the section it belongs to',
    fix: 'mends the name where it can only have been one',
  },
  function* ({ sections, entries }) {
    for (const { name, spot } of sections) if (!isSection(name)) yield { spot, note: `there is no section [${name}]` }
    for (const { section, key, spot } of entries) {
      if (!isSection(section) || isKey(section, key)) continue
      const meant = closestKey(section, key)
      const keySpot = spot.source.spot(spot.start, spot.start + key.length)
      yield {
        spot,
        note: `[${section}] has no key ${key}${meant === undefined ? '' : `; ${meant} was meant`}`,
        ...(meant !== undefined && { edits: [{ spot: keySpot, text: meant }] }),
      }
    }
  },
)

const typeOf = (unit: Unit): string => settingOf(unit, 'Service', 'Type')?.value ?? 'simple'
const execOf = (unit: Unit): readonly UnitEntry[] => settingsOf(unit, 'Service', 'ExecStart')
const sectionSpot = ({ sections, source }: Unit, name: string): Found['spot'] =>
  sections.find((section) => section.name === name)?.spot ?? source.spot(0)

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

/** A line added at the end of a section. */
function addTo({ sections, source }: Unit, name: string, line: string): { edits?: TextEdit[] } {
  const section = sections.find((one) => one.name === name)
  if (section === undefined) return {}
  return { edits: [{ spot: source.spot(withoutReturn(source.text, section.end)), text: `${eolOf(source.text)}${line}` }] }
}

const withoutReturn = (text: string, end: number): number => (text[end - 1] === '\r' ? end - 1 : end)

const networkOnline = unitRule(
  {
    id: 'systemd.network-online',
    severity: 'warning',
    title: 'What starts after the network is online also asks for it',
    why: 'After= alone only orders: if nobody else wants network-online.target, nothing waits.',
    mend: 'add Wants=network-online.target',
    fix: 'adds Wants=network-online.target',
  },
  function* (unit) {
    const after = settingsOf(unit, 'Unit', 'After').find(({ value }) => names(value).includes('network-online.target'))
    if (after === undefined) return
    const wanted = ['Wants', 'Requires', 'BindsTo'].flatMap((key) => settingsOf(unit, 'Unit', key).flatMap(({ value }) => names(value)))
    if (!wanted.includes('network-online.target'))
      yield {
        spot: after.spot,
        note: `${unit.name} waits for network-online.target and does not ask for it`,
        ...addTo(unit, 'Unit', 'Wants=network-online.target'),
      }
  },
)

const names = (value: string): string[] => value.split(/\s+/).filter((name) => name !== '')

const requiresAfter = unitRule(
  {
    id: 'systemd.requires-after',
    severity: 'warning',
    title: 'What a unit requires is started before it',
    why: 'Requires= without After= starts both at once: the unit fails if it is quicker.',
    mend: 'add After= with the same name',
    fix: 'adds After= with the same name',
  },
  function* (unit) {
    const after = new Set(settingsOf(unit, 'Unit', 'After').flatMap(({ value }) => names(value)))
    for (const { key, value, spot, section } of unit.entries) {
      if (section !== 'Unit' || !/^(Requires|BindsTo|Requisite)$/.test(key)) continue
      for (const name of names(value))
        if (!after.has(name))
          yield { spot, note: `${unit.name} requires ${name} and does not wait for it`, ...addTo(unit, 'Unit', `After=${name}`) }
    }
  },
)

const ORDERS = ['After', 'Before'] as const

const orderCycle: Rule = {
  id: 'systemd.order-cycle',
  part: 'systemd',
  severity: 'critical',
  title: 'No unit waits for itself, be it through others',
  why: 'systemd breaks the circle by leaving one of them out.',
  mend: 'take one of the orders out',
  *look({ units }) {
    const before = new Map<string, { name: string; entry: UnitEntry }[]>()
    const known = new Set(units.map(({ name }) => name))
    for (const unit of units) {
      for (const key of ORDERS) {
        for (const entry of settingsOf(unit, 'Unit', key)) {
          for (const name of names(entry.value)) {
            const [first, second] = key === 'After' ? [name, unit.name] : [unit.name, name]
            if (known.has(first) && known.has(second)) before.set(second, [...(before.get(second) ?? []), { name: first, entry }])
          }
        }
      }
    }
    const done = new Set<string>()
    for (const { name } of units) yield* walk(name, [])
    function* walk(name: string, path: readonly string[]): Generator<Found> {
      if (done.has(name) || path.length > known.size) return
      for (const { name: next, entry } of before.get(name) ?? []) {
        const at = [...path, name].indexOf(next)
        if (at !== -1)
          yield { spot: entry.spot, note: `units wait for one another in a circle: ${[...path, name].slice(at).join(' → ')} → ${next}` }
        else yield* walk(next, [...path, name])
      }
      done.add(name)
    }
  },
}

const UNIT_NAME = /^[\w:.@\\-]+\.(service|socket|target|timer|mount|path|slice|device|swap|automount|scope)$/

const unitName = unitRule(
  {
    id: 'systemd.unit-name',
    severity: 'critical',
    title: 'Every unit that another names has a type in its name',
    why: 'systemd passes over a name such as "postgresql": it must be postgresql.service.',
    mend: 'add .service, or the type that it is',
    fix: 'adds .service',
  },
  function* ({ entries }) {
    for (const { section, key, value, spot, valueSpot } of entries) {
      const isReference =
        section === 'Unit'
          ? /^(After|Before|Requires|Wants|BindsTo|PartOf|Conflicts|Requisite|OnFailure)$/.test(key)
          : /^(WantedBy|RequiredBy)$/.test(key)
      if (!isReference) continue
      for (const name of names(value)) {
        if (UNIT_NAME.test(name) || name.includes('%')) continue
        const at = valueSpot.source.text.indexOf(name, valueSpot.start)
        const isPlain = /^[\w-]+$/.test(name) && section === 'Unit' && at !== -1 && at < valueSpot.end
        yield {
          spot,
          note: `${key}= names ${name}, which is no name of a unit`,
          ...(isPlain && { edits: [{ spot: valueSpot.source.spot(at + name.length), text: '.service' }] }),
        }
      }
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

const install = unitRule(
  {
    id: 'systemd.install',
    severity: 'warning',
    title: 'Every unit that is to start with the machine can be enabled',
    why: 'systemctl enable does nothing: after a reboot the service is not there.',
    mend: 'add [Install] with WantedBy=multi-user.target',
    fix: 'adds [Install] with what is usual for its kind',
  },
  function* (unit, { units }) {
    const target = { service: 'multi-user.target', timer: 'timers.target', socket: 'sockets.target', path: 'multi-user.target' }[unit.kind]
    if (target === undefined || unit.entries.some(({ section }) => section === 'Install')) return
    // What another unit starts need not start by itself.
    const stem = unit.name.replace(/\.service$/, '')
    const isStarted = units.some(
      (other) =>
        other !== unit &&
        ((['timer', 'socket', 'path'].includes(other.kind) && (other.name.startsWith(`${stem}.`) || named(other).includes(unit.name))) ||
          ['Requires', 'Wants', 'OnFailure', 'OnSuccess', 'Upholds', 'BindsTo'].some((key) =>
            settingsOf(other, 'Unit', key).some(({ value }) => names(value).includes(unit.name)),
          )),
    )
    if (isStarted) return
    const { text } = unit.source
    const eol = eolOf(text)
    const gap = text.endsWith('\n') ? eol : eol + eol
    const hasEmpty = unit.sections.some(({ name }) => name === 'Install')
    yield {
      spot: unit.source.spot(0),
      note: `${unit.name} cannot be enabled: it has no [Install]`,
      ...(!hasEmpty && { edits: [{ spot: unit.source.spot(text.length), text: `${gap}[Install]${eol}WantedBy=${target}${eol}` }] }),
    }
  },
)

const named = (unit: Unit): readonly string[] =>
  ['Timer', 'Socket', 'Path'].flatMap((section) => settingsOf(unit, section, 'Unit').map(({ value }) => value))

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

const CLOSED: Readonly<Record<string, readonly string[]>> = {
  Type: ['simple', 'exec', 'forking', 'oneshot', 'dbus', 'notify', 'notify-reload', 'idle'],
  Restart: ['no', 'on-success', 'on-failure', 'on-abnormal', 'on-watchdog', 'on-abort', 'always'],
  KillMode: ['control-group', 'mixed', 'process', 'none'],
  ProtectSystem: ['yes', 'no', 'true', 'false', '1', '0', 'on', 'off', 'full', 'strict'],
  ProtectHome: ['yes', 'no', 'true', 'false', '1', '0', 'on', 'off', 'read-only', 'tmpfs'],
  NotifyAccess: ['none', 'main', 'exec', 'all'],
}
const TIME_UNITS: ReadonlySet<string> = new Set(
  'us usec µs ms msec s sec second seconds m min minute minutes h hr hour hours d day days w week weeks M month months y year years'.split(
    ' ',
  ),
)

/** A time such as `30`, `5min` or `1h 30min`. */
function isSpan(value: string): boolean {
  if (value === 'infinity') return true
  if (!/^\d+(\.\d+)?(\s*[A-Za-zµ]+\s*\d+(\.\d+)?)*\s*[A-Za-zµ]*$/.test(value)) return false
  return (value.match(/[A-Za-zµ]+/g) ?? []).every((unit) => TIME_UNITS.has(unit))
}
const SIZE = /^(infinity|\d+(\.\d+)?[KMGTPE]?|\d+(\.\d+)?%)$/

const badValue = unitRule(
  {
    id: 'systemd.value',
    severity: 'warning',
    title: 'Every value of a unit is one that its key takes',
    why: 'systemd passes over it, and the default holds.',
    mend: 'mend the value',
  },
  function* ({ entries }) {
    for (const { section, key, value, valueSpot } of entries) {
      if (value === '' || value.includes('%')) {
        if (!SIZE.test(value)) continue
      }
      const allowed = section === 'Service' ? CLOSED[key] : undefined
      if (allowed !== undefined && !allowed.includes(value)) yield { spot: valueSpot, note: `${key}= must be one of ${allowed.join(', ')}` }
      else if (
        /^(Restart|Timeout(Start|Stop|Abort)?|RuntimeMax|Watchdog|StartLimitInterval|OnBoot|OnActive|OnUnitActive|OnUnitInactive|OnStartup|RandomizedDelay|Accuracy)Sec$/.test(
          key,
        ) &&
        !isSpan(value)
      )
        yield { spot: valueSpot, note: `${key}= must be a time such as 30s or 5min` }
      else if (/^Memory(Min|Low|High|Max|SwapMax)$/.test(key) && !SIZE.test(value))
        yield { spot: valueSpot, note: `${key}= must be a size such as 512M` }
      else if (
        /^(NoNewPrivileges|PrivateTmp|PrivateDevices|DynamicUser|RemainAfterExit|Persistent|ProtectKernelTunables|ProtectKernelModules|ProtectControlGroups|RestrictSUIDSGID|LockPersonality|RestrictRealtime)$/.test(
          key,
        ) &&
        !/^(yes|no|true|false|on|off|1|0|y|n|t|f)$/i.test(value)
      )
        yield { spot: valueSpot, note: `${key}= must be yes or no` }
    }
  },
)

const timer = unitRule(
  {
    id: 'systemd.timer',
    severity: 'critical',
    title: 'Every timer says when, and what it starts is there',
    why: 'systemd refuses a timer without a time, and one that starts nothing fails each time.',
    mend: 'add OnCalendar= or OnBootSec=, and the service of the same name',
  },
  function* (unit, { units }) {
    if (unit.kind !== 'timer') return
    if (!unit.entries.some(({ section, key }) => section === 'Timer' && /^On(Calendar|.*Sec|ClockChange|TimezoneChange)$/.test(key)))
      yield { spot: sectionSpot(unit, 'Timer'), note: `${unit.name} never goes off: it says no time` }
    const own = settingOf(unit, 'Timer', 'Unit')
    const started = own?.value ?? unit.name.replace(/\.timer$/, '.service')
    if (own === undefined && !units.some(({ name }) => name === started))
      yield { spot: unit.source.spot(0), note: `${unit.name} starts ${started}, which is not there` }
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

export const systemdRules: readonly Rule[] = [
  syntax,
  unknownKey,
  badValue,
  exec,
  user,
  restart,
  networkOnline,
  requiresAfter,
  orderCycle,
  unitName,
  engineOrder,
  environmentFile,
  install,
  timer,
  hardening,
  secret,
]
