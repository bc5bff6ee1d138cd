import { type Clock, isSwitchyardError, type WireError } from '@switchyard/contracts'
import type { Store } from '@switchyard/store'
import type { ChainEvent, ChainState, RunLimits } from './chain.ts'
import type { FrozenChain } from './compiled.ts'
import { createHalt, type Halt } from './halt.ts'
import type { Journal, RunRow, StepRecord } from './journal.ts'
import { json } from './json.ts'
import { createSpending, type Spending } from './spending.ts'
import { ROWS_A_CHAIN } from './tables.ts'
import { type ChainTrace, readTrace } from './trace.ts'

/** What all chains at work in one process share. */
export interface RunSurroundings {
  readonly store: Store
  readonly journal: Journal
  readonly clock: Clock
  readonly owner: string
  emit(event: ChainEvent): void
  /** It came to rest; `isWoken` when a word for it came in meanwhile. */
  rested(run: Run, isWoken: boolean, dueMs: number | null): void
  /** With its row as it is on disk now. */
  ended(run: Run, row: RunRow): void
  /** Its process has no say in it any more. */
  lost(run: Run): void
}

/** Thrown through a walk whose chain belongs to somebody else now, or whose process closes. */
export class RunLost extends Error {
  override readonly name = 'RunLost'
}

type Wake = 'answer' | 'due' | 'halted'

/**
 * One chain at work in this process: its leaves in memory, and the one way in which they reach the disk. All that was saved
 * before the next commit goes into it, so the result of a step and the intent of the next share one.
 */
export interface Run {
  readonly id: string
  readonly number: number
  readonly frozen: FrozenChain
  readonly input: Readonly<Record<string, unknown>>
  readonly trace: ChainTrace
  readonly startedMs: number
  /** In whose name it calls. */
  readonly plugin: string | undefined
  readonly records: ReadonlyMap<string, StepRecord>
  readonly isLost: boolean
  /** About to leave memory: what is said to it now has to be read anew from the journal. */
  readonly isResting: boolean
  /** Halted when the chain fails, is cancelled, or is lost. */
  readonly halt: Halt
  /** Halted when it is lost: what must go on after a failure is called under this one. */
  readonly lostHalt: Halt
  readonly clock: Clock
  /** Absent where it has no limits. */
  readonly spending: Spending | undefined
  /** Why it fails; set once. */
  error: WireError | undefined
  emit(event: ChainEvent): void
  /** Takes a leaf's new state into the next commit. */
  save(record: StepRecord): void
  /** Drops a leaf with the next commit, as if it had never begun; all that was saved of it must be on disk. */
  forget(record: StepRecord): void
  setState(state: ChainState): void
  /** Resolves when all that was saved is on disk; tries on while the store refuses. @throws RunLost */
  saved(): Promise<void>
  nextSeq(): number
  /** Keeps the chain in memory while something of it is under way. */
  busy<value>(work: Promise<value>): Promise<value>
  /** Waits for an answer, the record's due time, or the halt; the chain may leave memory meanwhile, and then this never settles. */
  park(record: StepRecord, halt: Halt): Promise<Wake>
  /** Calls back at a wall time, unless the returned function is called first. */
  alarm(dueMs: number, callback: () => void): () => void
  /** Gives a parked leaf its answer. */
  answered(path: string, answer: string): void
  end(state: ChainState, output: string | null): Promise<void>
  /** Whoever is about to begin something asks: never settles once the chain is being closed. */
  mayBegin(): Promise<void> | undefined
  /** Begins nothing more; resolves when what is under way has ended. */
  close(): Promise<void>
  /** Writes nothing more and aborts what runs. */
  lose(): void
}

const MAX_TIMER_MS = 2_000_000_000
const MAX_RETRY_MS = 2_000
/** What is due so soon is waited for in memory. */
const STAY_MS = 20

export function createRun(
  row: RunRow,
  frozen: FrozenChain,
  records: Map<string, StepRecord>,
  { store, journal, clock, owner, emit, rested, ended, lost }: RunSurroundings,
  insert?: () => number,
): Run {
  let { number } = row
  let isInserted = insert === undefined
  let seq = 0
  let places = 0
  for (const record of records.values()) {
    seq = Math.max(seq, record.seq ?? 0, record.undoSeq ?? 0)
    places = Math.max(places, record.place ?? 0)
  }
  let dirty = new Set<StepRecord>()
  let changes: (() => void)[] = []
  let next: Promise<void> | undefined
  let active = 0
  let isChecking = false
  let isResting = false
  let isEnded = false
  let isLost = false
  let closed: PromiseWithResolvers<void> | undefined
  const lostHalt = createHalt()
  const halt = createHalt(lostHalt)
  const parked = new Map<string, { record: StepRecord; wake: (why: Wake) => void }>()
  const alarms = new Map<number, { dueMs: number; cancel: () => void }>()
  let alarmCount = 0

  const spending =
    row.limits === null
      ? undefined
      : createSpending(JSON.parse(row.limits) as RunLimits, { records, clock, save: (record) => run.save(record) })

  const run: Run = {
    id: row.id,
    frozen,
    input: JSON.parse(row.input) as Record<string, unknown>,
    trace: readTrace(row.trace),
    startedMs: row.started_ms,
    plugin: row.plugin ?? undefined,
    get number() {
      return number
    },
    records,
    get isLost() {
      return isLost
    },
    get isResting() {
      return isResting
    },
    halt,
    lostHalt,
    clock,
    spending,
    error: undefined,
    emit,
    save(record) {
      record.place ??= placeOf(record.path)
      records.set(record.path, record)
      dirty.add(record)
      emit({ type: 'step', id: row.id, path: record.path, state: record.state, attempts: record.attempts })
    },
    forget(record) {
      const { path } = record
      records.delete(path)
      dirty.delete(record)
      changes.push(() => journal.removeStep(number, path))
    },
    setState(state) {
      const { error } = run
      changes.push(() => journal.setState(number, state, error))
      emit({ type: 'chain', id: row.id, name: row.name, state, ...(error && { error }) })
    },
    saved: () => run.busy(flush()),
    nextSeq: () => ++seq,
    async busy(work) {
      active++
      try {
        return await work
      } finally {
        if (--active === 0) restSoon()
      }
    },
    park(record, partHalt) {
      if (record.answer !== null) return Promise.resolve('answer')
      if (partHalt.isHalted) return Promise.resolve('halted')
      return new Promise((resolve) => {
        const forget = partHalt.onHalt(() => wake('halted'))
        const cancel = record.dueMs === null ? undefined : run.alarm(record.dueMs, () => wake('due'))
        parked.set(record.path, { record, wake })
        restSoon()

        function wake(why: Wake): void {
          if (isResting || !parked.delete(record.path)) return
          forget()
          cancel?.()
          resolve(why)
          // It may be all that happens for now.
          restSoon()
        }
      })
    },
    alarm(dueMs, callback) {
      const key = alarmCount++
      set()
      return () => {
        alarms.get(key)?.cancel()
        alarms.delete(key)
      }

      function set(): void {
        const delayMs = dueMs - clock.now()
        const ring = (): void => {
          alarms.delete(key)
          if (delayMs <= MAX_TIMER_MS) callback()
          else set()
        }
        alarms.set(key, { dueMs, cancel: delayMs <= 0 ? atOnce(ring) : clock.after(Math.min(delayMs, MAX_TIMER_MS), ring) })
      }
    },
    answered(path, answer) {
      const waiting = parked.get(path)
      if (waiting === undefined) return
      waiting.record.answer = answer
      waiting.wake('answer')
    },
    async end(state, output) {
      isEnded = true
      const { error } = run
      let endedMs = 0
      changes.push(() => {
        endedMs = clock.now()
        journal.end(number, state, error, output, endedMs)
      })
      await flush()
      emit({ type: 'chain', id: row.id, name: row.name, state, ...(error && { error }) })
      dropAlarms()
      ended(run, { ...row, number, state, error: json(error), output, ended_ms: endedMs, owner: null, due_ms: null, woken: 0 })
    },
    mayBegin: () => (closed === undefined ? undefined : new Promise<void>(() => {})),
    close() {
      closed ??= Promise.withResolvers<void>()
      restSoon()
      return closed.promise
    },
    lose,
  }
  return run

  function placeOf(path: string): number {
    const known = records.get(path)?.place
    if (known !== undefined) return known
    if (++places === ROWS_A_CHAIN) throw new RangeError(`Cannot go on with ${row.id} as a chain has less than ${ROWS_A_CHAIN} steps`)
    return places
  }

  function lose(): void {
    if (isLost || isEnded) return
    isLost = true
    dropAlarms()
    parked.clear()
    lostHalt.halt()
    lost(run)
  }

  function dropAlarms(): void {
    for (const { cancel } of alarms.values()) cancel()
    alarms.clear()
  }

  function flush(): Promise<void> {
    if (isLost) return Promise.reject(new RunLost())
    next ??= write()
    return next
  }

  async function write(): Promise<void> {
    for (let tries = 0; ; tries++) {
      let leaves: ReadonlySet<StepRecord> = new Set()
      let others: readonly (() => void)[] = []
      try {
        await store.commit(
          () => {
            leaves = dirty
            others = changes
            dirty = new Set()
            changes = []
            next = undefined
            if (isLost) throw new RunLost()
            if (!isInserted) number = insert!()
            else if (!journal.isHeld(number, row.fence, owner)) throw new RunLost()
            for (const change of others) change()
            for (const leaf of leaves) journal.putStep(number, leaf)
          },
          { durable: true },
        )
        isInserted = true
        return
      } catch (error) {
        if (error instanceof RunLost || isSwitchyardError(error, 'STORE_CLOSED')) {
          lose()
          throw new RunLost()
        }
        if (!isInserted) {
          lose()
          throw error
        }
        dirty = new Set([...leaves, ...dirty])
        changes = [...others, ...changes]
        emit({ type: 'fault', doing: `writing down what happened to ${row.id}`, error })
        await new Promise<void>((resolve) => clock.after(Math.min(50 * 2 ** tries, MAX_RETRY_MS), resolve))
      }
    }
  }

  function restSoon(): void {
    if (isChecking) return
    isChecking = true
    setImmediate(() => {
      isChecking = false
      if (active > 0) return
      closed?.resolve()
      if (parked.size > 0 && !isEnded && !isLost && !isResting && nextAlarmMs() - clock.now() > STAY_MS) rest()
    })
  }

  function nextAlarmMs(): number {
    let nextMs = Number.POSITIVE_INFINITY
    for (const { dueMs } of alarms.values()) nextMs = Math.min(nextMs, dueMs)
    return nextMs
  }

  function rest(): void {
    isResting = true
    const isUncertain = [...parked.values()].some(({ record }) => record.state === 'uncertain')
    const state = isUncertain ? 'uncertain' : 'waiting'
    const dueMs = alarms.size === 0 ? null : nextAlarmMs()
    const { error } = run
    let isWoken = false
    changes.push(() => {
      isWoken = journal.rest(number, state, error, dueMs)
    })
    flush().then(
      () => {
        dropAlarms()
        emit({ type: 'chain', id: row.id, name: row.name, state, ...(error && { error }) })
        rested(run, isWoken, dueMs)
      },
      () => {},
    )
  }
}

/** After this turn, as a timer would; the returned function cancels it. */
function atOnce(callback: () => void): () => void {
  const immediate = setImmediate(callback)
  return () => clearImmediate(immediate)
}
