import { isDeepStrictEqual } from 'node:util'
import type { Store } from '@switchyard/store'
import type { Chains, Verdict } from './chain.ts'
import type { CompiledStep } from './compiled.ts'
import type { AskStep } from './definition.ts'
import { notApproved, notWaiting } from './errors.ts'
import { memberOf } from './expression.ts'
import type { Journal, RunRow } from './journal.ts'
import { isRecord } from './json.ts'
import { isHeld } from './spending.ts'
import { acceptAnswer, wantedBy } from './wait-step.ts'

export interface WordParts {
  readonly store: Store
  readonly journal: Journal
  /** @throws CHAIN_UNKNOWN */
  rowOf(id: string): RunRow
  stepAt(row: RunRow, path: string): CompiledStep | undefined
  /** Looks whose chain it is, before something is said to it. */
  takeOver(): void
  goOn(id: string): void
}

/** What persons and events say to chains that wait: written down first, so that whichever process has the chain hears it. */
export function createWords({ store, journal, rowOf, stepAt, takeOver, goOn }: WordParts): Pick<Chains, 'answer' | 'settle' | 'deliver'> {
  return { answer, settle, deliver }

  async function answer(id: string, { path, value, plugin, by = plugin }: Parameters<Chains['answer']>[1]): Promise<void> {
    takeOver()
    const row = rowOf(id)
    const asking = journal
      .steps(row.number)
      .filter((record) => isHeld(record) || (record.state === 'waiting' && stepAt(row, record.path)?.kind === 'ask'))
    const record = path === undefined && asking.length === 1 ? asking[0] : asking.find((one) => one.path === path)
    if (row.ended_ms !== null || record === undefined) throw notWaiting(id, waitText(asking, path))
    const step = isHeld(record) ? {} : (stepAt(row, record.path)!.step as AskStep)
    if (plugin !== undefined && wantedBy(step) === 'approval') throw notApproved(id, record.path, plugin)
    const accepted = acceptAnswer(step, record.path, value)
    say(row, record.path, 'waiting', { value: accepted, ...(by !== undefined && { by }) })
  }

  async function settle(id: string, { path, verdict, output }: { path?: string; verdict: Verdict; output?: unknown }): Promise<void> {
    takeOver()
    const row = rowOf(id)
    const open = journal.steps(row.number).filter(({ state }) => state === 'uncertain')
    const record = path === undefined && open.length === 1 ? open[0] : open.find((one) => one.path === path)
    if (row.ended_ms !== null || record === undefined) throw notWaiting(id, waitText(open, path))
    say(row, record.path, 'uncertain', { verdict, output: output ?? null })
  }

  async function deliver(
    topic: string,
    payload: unknown,
    { sentMs = Number.POSITIVE_INFINITY }: { sentMs?: number } = {},
  ): Promise<number> {
    const answer = JSON.stringify(payload ?? null)
    const hearers = journal.waitingFor(topic).filter(({ input, started_ms }) => started_ms < sentMs && matches(payload, input))
    if (hearers.length === 0) return 0
    const heard = store.transact(
      () =>
        hearers.filter(({ run, path }) => {
          if (!journal.setAnswer(run, path, 'waiting', answer)) return false
          journal.wake(run)
          return true
        }),
      { durable: true },
    )
    for (const { id } of heard) goOn(id)
    return heard.length
  }

  function say(row: RunRow, path: string, state: 'waiting' | 'uncertain', answer: unknown): void {
    const isTaken = store.transact(
      () => {
        if (!journal.setAnswer(row.number, path, state, JSON.stringify(answer))) return false
        journal.wake(row.number)
        return true
      },
      { durable: true },
    )
    if (!isTaken) throw notWaiting(row.id, `"${path}" was answered already`)
    goOn(row.id)
  }
}

function matches(payload: unknown, wantedText: string | null): boolean {
  const fields: unknown = wantedText === null ? {} : JSON.parse(wantedText)
  if (!isRecord(fields)) return true
  return Object.entries(fields).every(([path, value]) => isDeepStrictEqual(path.split('.').reduce<unknown>(memberOf, payload), value))
}

function waitText(waiting: readonly { path: string }[], asked: string | undefined): string {
  const paths = waiting.map(({ path }) => path)
  if (paths.length === 0) return 'none does'
  return asked === undefined ? `name one of ${paths.join(', ')}` : `"${asked}" does not, but ${paths.join(', ')}`
}
