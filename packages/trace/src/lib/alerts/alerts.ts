import type { Clock } from '@switchyard/contracts'
import { createRedactor, type Redactor } from '@switchyard/contracts/redact'
import type { Store } from '@switchyard/store'
import { unknownRule } from '../errors.ts'
import type { MetricPoint } from '../metrics/point.ts'
import { createHistory, sampleOf } from './history.ts'
import { type AlertRule, type RuleSettings, type Severity, withSettings } from './rule.ts'
import { builtInRules, type RuleOptions, WATCHED } from './rules.ts'
import { type AlertState, type News, type Standing, step } from './step.ts'

const MIGRATIONS = [
  `CREATE TABLE alert_sample (at_ms INTEGER PRIMARY KEY, counts TEXT NOT NULL) STRICT;
  CREATE TABLE alert_standing (
    rule TEXT NOT NULL,
    subject TEXT NOT NULL,
    state TEXT NOT NULL,
    since_ms INTEGER NOT NULL,
    fired_ms INTEGER,
    told_ms INTEGER,
    value REAL NOT NULL,
    says TEXT NOT NULL,
    PRIMARY KEY (rule, subject)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE alert_mute (rule TEXT NOT NULL, subject TEXT NOT NULL, until_ms INTEGER, why TEXT, PRIMARY KEY (rule, subject)) STRICT, WITHOUT ROWID;
  CREATE TABLE alert_news (id INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, notice TEXT NOT NULL) STRICT`,
]

const KEPT_NEWS = 1_000

/** What a sink is given: all of it may be shown to anybody. */
export interface AlertNotice {
  readonly news: News | 'test'
  readonly atMs: number
  readonly rule: string
  readonly title: string
  readonly subject: string
  readonly severity: Severity
  readonly says: string
  readonly value: number
  readonly above: number
  readonly firedMs: number
  readonly first: string
  readonly runbook: string
}

/** Where alerts go. A rejection is noted in the log and harms no other sink. */
export type AlertSink = (notice: AlertNotice) => void | Promise<void>

export interface AlertsOptions {
  readonly store: Store
  readonly clock: Clock
  /** Metrics of all processes, as they are now. */
  readonly read: () => readonly MetricPoint[]
  /** By what a person calls them. */
  readonly sinks: Readonly<Record<string, AlertSink>>
  /** By the id of the rule. */
  readonly settings?: Readonly<Record<string, RuleSettings>>
  readonly budgetUsdPerDay?: RuleOptions['budgetUsdPerDay']
  /** What goes on firing is told again after this long. @default 14_400_000 (4 hours) */
  readonly repeatMs?: number
  readonly redactor?: Redactor
  readonly onFault?: (sink: string, error: unknown) => void
}

export interface Alert {
  readonly rule: string
  readonly title: string
  readonly severity: Severity
  readonly subject: string
  readonly state: AlertState
  readonly sinceMs: number
  readonly firedMs?: number
  readonly value: number
  readonly above: number
  readonly says: string
  readonly first: string
  readonly runbook: string
  readonly isMuted: boolean
}

export interface Mute {
  readonly rule: string
  /** Empty: whatever it is about. */
  readonly subject: string
  /** Absent: until somebody takes it back. */
  readonly untilMs?: number
  readonly why?: string
}

/** The alerts of a workspace. What one process has told no other tells again. */
export interface Alerts {
  readonly rules: readonly AlertRule[]
  /** Looks at everything now and tells what is new; resolves once all sinks are done. */
  look(): Promise<readonly AlertNotice[]>
  /** Looks unless some process did a moment ago. */
  lookSometimes(): Promise<void>
  /** The most severe first. */
  list(): readonly Alert[]
  mutes(): readonly Mute[]
  /** @throws ALERT_UNKNOWN */
  mute(mute: Mute): void
  /** Whether it was muted. @throws ALERT_UNKNOWN */
  unmute(rule: string, subject?: string): boolean
  /** What was told, newest first. */
  news(limit?: number): readonly AlertNotice[]
  /** Tells every sink of a test, and what became of it by sink; undefined: it went well. */
  test(): Promise<Readonly<Record<string, unknown>>>
}

const SEVERITIES: readonly Severity[] = ['critical', 'warning', 'info']
const LOOKED_MS = 10_000

interface StandingRow {
  readonly rule: string
  readonly subject: string
  readonly state: AlertState
  readonly since_ms: number
  readonly fired_ms: number | null
  readonly told_ms: number | null
  readonly value: number
  readonly says: string
}

interface MuteRow {
  readonly rule: string
  readonly subject: string
  readonly until_ms: number | null
  readonly why: string | null
}

export function createAlerts({
  store,
  clock,
  read,
  sinks,
  settings = {},
  budgetUsdPerDay,
  repeatMs = 14_400_000,
  redactor = createRedactor(),
  onFault,
}: AlertsOptions): Alerts {
  store.migrate('alerts', MIGRATIONS)
  const history = createHistory(store)
  const known = builtInRules({ budgetUsdPerDay })
  const rules = known.flatMap((rule) => withSettings(rule, settings[rule.id]) ?? [])

  const standings = (): readonly StandingRow[] => store.prepare('SELECT * FROM alert_standing').all<StandingRow & {}>()

  const mutes = (): readonly Mute[] =>
    store
      .prepare('SELECT * FROM alert_mute WHERE until_ms IS NULL OR until_ms > ? ORDER BY rule, subject')
      .all<MuteRow & {}>(Math.round(clock.now()))
      .map(({ rule, subject, until_ms, why }) => ({
        rule,
        subject,
        ...(until_ms !== null && { untilMs: until_ms }),
        ...(why !== null && { why }),
      }))

  function assertRule(id: string): void {
    if (!known.some((rule) => rule.id === id))
      throw unknownRule(
        id,
        known.map((rule) => rule.id),
      )
  }

  /** One transaction, so that of two processes that look at once only one tells. */
  function decide(): readonly AlertNotice[] {
    return store.transact(() => {
      const nowMs = Math.round(clock.now())
      const sample = sampleOf(read(), WATCHED)
      const view = history.view(sample, nowMs)
      const before = new Map(standings().map((row) => [`${row.rule}\n${row.subject}`, row]))
      const muted = mutes()
      const notices: AlertNotice[] = []
      for (const rule of rules) {
        const found = new Map(rule.measure(view).map((finding) => [finding.subject, finding]))
        for (const row of before.values()) {
          if (row.rule === rule.id && !found.has(row.subject)) found.set(row.subject, { subject: row.subject, value: 0, says: row.says })
        }
        for (const { subject, value, says } of found.values()) {
          const row = before.get(`${rule.id}\n${subject}`)
          const { next, news } = step(row && standingOf(row), value, rule, { nowMs, isMuted: isMuted(muted, rule.id, subject), repeatMs })
          // Once it is well again, what was wrong says more.
          const words = redactor.text(value > rule.below || row === undefined ? says : row.says)
          if (next === undefined) {
            if (row !== undefined) store.prepare('DELETE FROM alert_standing WHERE rule = ? AND subject = ?').run(rule.id, subject)
          } else {
            store
              .prepare('INSERT OR REPLACE INTO alert_standing VALUES (?, ?, ?, ?, ?, ?, ?, ?)')
              .run(rule.id, subject, next.state, next.sinceMs, next.firedMs ?? null, next.toldMs ?? null, value, words)
          }
          if (news === undefined) continue
          const { id, title, severity, above, runbook } = rule
          const first = firstOf(rule, subject)
          const firedMs = next?.firedMs ?? row?.fired_ms ?? nowMs
          notices.push({ news, atMs: nowMs, rule: id, title, subject, severity, says: words, value, above, firedMs, first, runbook })
        }
      }
      for (const notice of notices) store.prepare('INSERT INTO alert_news (at_ms, notice) VALUES (?, ?)').run(nowMs, JSON.stringify(notice))
      if (notices.length > 0) store.prepare('DELETE FROM alert_news WHERE id <= (SELECT max(id) FROM alert_news) - ?').run(KEPT_NEWS)
      history.keep(sample, nowMs)
      return notices
    })
  }

  async function tellSink(name: string, notice: AlertNotice): Promise<unknown> {
    try {
      await sinks[name]!(notice)
      return undefined
    } catch (error) {
      onFault?.(name, error)
      return error
    }
  }

  async function look(): Promise<readonly AlertNotice[]> {
    const notices = decide()
    for (const notice of notices) await Promise.all(Object.keys(sinks).map((name) => tellSink(name, notice)))
    return notices
  }

  return {
    rules,
    look,
    async lookSometimes() {
      const last = history.lastMs()
      if (last === undefined || Math.abs(clock.now() - last) >= LOOKED_MS) await look()
    },
    list() {
      const muted = mutes()
      return standings()
        .flatMap((row) => {
          const rule = rules.find(({ id }) => id === row.rule)
          if (rule === undefined) return []
          const { title, severity, above, runbook } = rule
          const { subject, value, says } = row
          return [
            {
              rule: rule.id,
              title,
              severity,
              subject,
              ...standingOf(row),
              value,
              above,
              says,
              first: firstOf(rule, subject),
              runbook,
              isMuted: isMuted(muted, rule.id, subject),
            },
          ]
        })
        .sort((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) || a.sinceMs - b.sinceMs)
    },
    mutes,
    mute({ rule, subject, untilMs, why }) {
      assertRule(rule)
      store
        .prepare('INSERT OR REPLACE INTO alert_mute VALUES (?, ?, ?, ?)')
        .run(rule, subject, untilMs === undefined ? null : Math.round(untilMs), why ?? null)
    },
    unmute(rule, subject = '') {
      assertRule(rule)
      return store.prepare('DELETE FROM alert_mute WHERE rule = ? AND subject = ?').run(rule, subject).changes > 0
    },
    news: (limit = 100) =>
      store
        .prepare('SELECT notice FROM alert_news ORDER BY id DESC LIMIT ?')
        .all<{ notice: string }>(limit)
        .map(({ notice }) => JSON.parse(notice) as AlertNotice),
    async test() {
      const atMs = clock.now()
      const notice: AlertNotice = {
        news: 'test',
        atMs,
        rule: 'test',
        title: 'A test',
        subject: '',
        severity: 'info',
        says: 'Nothing is wrong: somebody tried whether alerts arrive',
        value: 0,
        above: 0,
        firedMs: atMs,
        first: 'Nothing',
        runbook: 'docs/runbooks/alerts.md',
      }
      return Object.fromEntries(await Promise.all(Object.keys(sinks).map(async (name) => [name, await tellSink(name, notice)] as const)))
    },
  }
}

/** What to do first, with the plugin that it is about in its place. */
function firstOf({ first }: AlertRule, subject: string): string {
  return first.replaceAll('PLUGIN', subject.split('.')[0]!)
}

function isMuted(muted: readonly Mute[], rule: string, subject: string): boolean {
  return muted.some((mute) => mute.rule === rule && (mute.subject === '' || mute.subject === subject))
}

function standingOf({ state, since_ms, fired_ms, told_ms }: StandingRow): Standing {
  return { state, sinceMs: since_ms, ...(fired_ms !== null && { firedMs: fired_ms }), ...(told_ms !== null && { toldMs: told_ms }) }
}
