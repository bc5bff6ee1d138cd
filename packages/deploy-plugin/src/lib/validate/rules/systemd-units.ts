import { settingOf, settingsOf, type Unit, type UnitEntry } from '../../model/unit.ts'
import { type Found, problemRule, type Rule } from '../rule.ts'
import { eolOf } from '../text-edits.ts'
import { closestKey, isKey, isSection } from '../unit-keys.ts'
import { addTo, names, sectionSpot, unitRule } from './unit-rule.ts'

const syntax = problemRule({
  id: 'systemd.syntax',
  part: 'systemd',
  severity: 'critical',
  title: 'Each unit file is made of sections with Key=value lines',
  why: 'systemd passes over the line, whatever it was meant to do.',
  mend: 'mend the line',
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

const MAX_CHAIN = 1_000

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
      if (done.has(name) || path.length > MAX_CHAIN) return
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

const STARTS = ['Requires', 'Wants', 'OnFailure', 'OnSuccess', 'Upholds', 'BindsTo'] as const
const knownStarted = new WeakMap<readonly Unit[], ReadonlySet<string>>()

/** Units that another one starts, by name. */
function startedIn(units: readonly Unit[]): ReadonlySet<string> {
  const known = knownStarted.get(units)
  if (known !== undefined) return known
  const started = new Set<string>()
  for (const unit of units) {
    const asked = STARTS.flatMap((key) => settingsOf(unit, 'Unit', key).flatMap(({ value }) => names(value)))
    const isTrigger = ['timer', 'socket', 'path'].includes(unit.kind)
    const triggered = isTrigger ? [unit.name.replace(/\.\w+$/, '.service'), ...named(unit)] : []
    for (const name of [...asked, ...triggered]) if (name !== unit.name) started.add(name)
  }
  knownStarted.set(units, started)
  return started
}

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
    if (startedIn(units).has(unit.name)) return
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

export const systemdUnitRules: readonly Rule[] = [
  syntax,
  unknownKey,
  badValue,
  networkOnline,
  requiresAfter,
  orderCycle,
  unitName,
  install,
  timer,
]
