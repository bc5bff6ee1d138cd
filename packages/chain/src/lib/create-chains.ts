import { randomUUID } from 'node:crypto'
import { isSwitchyardError, systemClock, type WireError } from '@switchyard/contracts'
import type { ChainEvent, ChainReport, ChainState, Chains, ChainsOptions } from './chain.ts'
import { createChainId } from './chain-id.ts'
import { checkChain } from './check.ts'
import { commandsOf } from './compiled.ts'
import { createDefinitions } from './definitions.ts'
import { planChain } from './dry-run.ts'
import { cancelledByPerson, chainEnded, changes, closed, invalidInput, unknownChain } from './errors.ts'
import { outputIn } from './frame.ts'
import { acceptInput } from './input.ts'
import { wireOf } from './invoke.ts'
import { createJournal, type RunRow, type Wanted } from './journal.ts'
import { createPresence } from './presence.ts'
import { reopen } from './reopen.ts'
import { reportOf, summaryOf } from './report.ts'
import { createRun, type Run, RunLost } from './run.ts'
import { beginTrace, tellChain, writeTrace } from './trace.ts'
import { undoChain } from './undo.ts'
import { type Walk, walkChain } from './walk.ts'
import { createWatchers } from './watchers.ts'
import { createWords } from './words.ts'

/** The chains of one workspace; nothing runs, and no timer is set, before it is asked for. */
export function createChains(options: ChainsOptions): Chains {
  const { store, clock = systemClock, random = Math.random, maxRunning = 256, pollMs = 250, leaseMs = 3_000 } = options
  const journal = createJournal(store, options.plugins)
  const owner = hex(16)
  const { freeze, frozenOf, stepAt } = createDefinitions(options, journal)
  const presence = createPresence(store, clock, owner, leaseMs)
  /** By id. */
  const live = new Map<string, Run>()
  const wanted = new Map<string, Wanted>()
  const { answer, settle, deliver } = createWords({ store, journal, rowOf, stepAt, takeOver, goOn })
  const watchers = createWatchers({ isAtWork: (id) => live.has(id), rowOf, report, isClosed: () => isClosed, begun: tickSoon })
  const { changed, wait, watch } = watchers
  /** When chains that came to rest here go on, for a process that does not take up every chain. */
  const resting = new Map<string, number>()
  /** Chains to which something was said while they came to rest. */
  const told = new Set<string>()
  const topics = new Map<string, () => void>()
  let isResuming = false
  let isClosed = false
  let cancelTick: (() => void) | undefined
  let isClaiming = false
  let beatAtMs = 0

  const surroundings = {
    store,
    journal,
    clock,
    owner,
    emit,
    rested(run: Run, isWoken: boolean, dueMs: number | null) {
      live.delete(run.id)
      changed(run.id)
      if (told.delete(run.id) || isWoken) setImmediate(() => guarded('going on with a chain', () => goOn(run.id)))
      else if (isResuming) claimSoon()
      else if (dueMs !== null) resting.set(run.id, dueMs)
      tickSoon()
    },
    ended(run: Run, row: RunRow) {
      live.delete(run.id)
      wanted.delete(run.id)
      watchers.ended(run.id, () => reportOf(row, run.frozen, [...run.records.values()]))
      if (isResuming) claimSoon()
    },
    lost(run: Run) {
      live.delete(run.id)
      changed(run.id)
    },
  }

  const chains: Chains = {
    async start(definition, given = {}, { plugin, key, onlyReads = false, limits, ...parent } = {}) {
      refuseClosed()
      const known = key === undefined ? undefined : journal.withKey(key, plugin)
      if (known !== undefined) return goOnAnew(known)
      const frozen = freeze(definition, plugin)
      const change = onlyReads ? commandsOf(frozen).find((command) => options.command(command)?.effect !== 'read') : undefined
      if (change !== undefined) throw changes(definition.name, change)
      const { input, mistakes } = acceptInput(definition, given)
      if (mistakes.length > 0) throw invalidInput(definition.name, mistakes)
      const context = parent.traceparent === undefined && plugin === undefined ? options.context?.() : parent
      const row: RunRow = {
        number: 0,
        id: createChainId(journal.nextNumber(), random),
        name: definition.name,
        definition: frozen.hash,
        input: JSON.stringify(input),
        trace: writeTrace(beginTrace(context ?? {}, hex)),
        state: 'running',
        output: null,
        error: null,
        started_ms: clock.now(),
        ended_ms: null,
        owner,
        fence: 1,
        due_ms: null,
        wanted: null,
        woken: 0,
        plugin: plugin ?? null,
        limits: limits === undefined ? null : JSON.stringify(limits),
      }
      const run = createRun(row, frozen, new Map(), surroundings, insert)
      live.set(run.id, run)
      drive(run)
      try {
        await run.saved()
      } catch (error) {
        // Another start with this key may have come first, here or in another process.
        const first = key === undefined ? undefined : journal.withKey(key, plugin)
        if (first === undefined) throw error
        return goOnAnew(first)
      }
      tickSoon()
      return run.id

      function insert(): number {
        if (!journal.hasDefinition(frozen.hash)) journal.addDefinition(frozen.hash, frozen.body)
        const number = journal.addRun(row, key)
        presence.appear(number)
        return number
      }
    },
    async run(definition, input, runOptions = {}) {
      return chains.wait(await chains.start(definition, input, runOptions), runOptions)
    },
    wait,
    check: (definition, { plugin } = {}) => checkChain(definition, options, plugin),
    async plan(definition, given = {}, { plugin } = {}) {
      const frozen = freeze(definition, plugin)
      const { input, mistakes } = acceptInput(definition, given)
      if (mistakes.length > 0) throw invalidInput(definition.name, mistakes)
      return planChain(frozen, input, options, plugin)
    },
    list: ({ unfinished = false, limit = 100, plugin } = {}) => journal.list({ unfinished, plugin, limit }).map(summaryOf),
    show: (id) => report(rowOf(id)),
    watch,
    async cancel(id, { undo } = {}) {
      takeOver()
      store.transact(
        () => {
          const row = rowOf(id)
          if (row.ended_ms !== null) throw chainEnded(id, row.state)
          const isSaga = frozenOf(row).root.definition.saga !== false
          journal.want(row.number, (undo ?? isSaga) ? 'undo' : 'stop')
          journal.wake(row.number)
        },
        { durable: true },
      )
      goOn(id)
    },
    async retry(id) {
      store.transact(() => reopen(rowOf(id), { journal, command: options.command, stepAt }), { durable: true })
      goOn(id)
    },
    async resume(id) {
      refuseClosed()
      if (id !== undefined) {
        const { owner: before } = rowOf(id)
        goOnAnew(id)
        return before !== owner && live.has(id) ? 1 : 0
      }
      isResuming = true
      for (const topic of journal.topics()) listen(topic)
      takeOver()
      const count = claim()
      tickSoon()
      return count
    },
    answer,
    settle,
    deliver,
    deadLetters: () =>
      journal.deadLetters.all<{ id: string; name: string; path: string; undo: string | null; undo_error: string | null }>().map((row) => ({
        id: row.id,
        name: row.name,
        path: row.path,
        ...(row.undo !== null && { undo: JSON.parse(row.undo) }),
        ...(row.undo_error !== null && { error: JSON.parse(row.undo_error) as WireError }),
      })),
    prune(endedBeforeMs) {
      // Looked for outside: where there is none nothing is written, as on a disk that is full.
      const old = journal.ended(endedBeforeMs)
      if (old.length === 0) return 0
      return store.transact(() => {
        const removed = old.filter((number) => journal.remove(number, endedBeforeMs))
        journal.removeDefinitions.run()
        return removed.length
      })
    },
    async close({ drainMs = 5_000 } = {}) {
      if (isClosed) return
      isClosed = true
      cancelTick?.()
      for (const stop of topics.values()) stop()
      const drained = Promise.all([...live.values()].map((run) => run.close()))
      if (drainMs > 0 && live.size > 0) {
        const { promise, resolve } = Promise.withResolvers<void>()
        const cancel = clock.after(drainMs, resolve)
        await Promise.race([drained, promise])
        cancel()
      }
      await Promise.allSettled([...live.values()].map((run) => run.saved()))
      const had = live.size > 0
      for (const run of [...live.values()]) run.lose()
      if (had) guarded('giving its chains back', () => giveBack(owner))
      watchers.wakeAll()
    },
  }
  return chains

  // Running

  function drive(run: Run, isFailed = false): void {
    go().catch((error: unknown) => {
      if (error instanceof RunLost) return
      if (run.number > 0) emit({ type: 'fault', doing: `running ${run.id}`, error })
      run.lose()
    })

    async function go(): Promise<void> {
      if (options.onEvent !== undefined) tellChain(run)
      const walk: Walk = { run, options, random, newSpanId: () => hex(8), isSettling: false, listen }
      if (!isFailed) {
        const outcome = await walkChain(walk)
        if (outcome.state === 'done' || outcome.state === 'skipped') return end('done', outputIn(outcome).text)
        run.error ??= outcome.state === 'failed' ? outcome.error : wireOf(cancelledByPerson(run.id))
      }
      const word = wanted.get(run.id)
      if (word === 'stop') return end('cancelled', null)
      if (word === undefined && run.frozen.root.definition.saga === false) return end('failed', null)
      run.setState('undoing')
      return end(await undoChain(walk, () => wanted.get(run.id) === 'stop'), null)
    }

    async function end(state: ChainState, output: string | null): Promise<void> {
      // Told before it is on disk, so that the span is there for whoever waits for the end.
      if (options.onEvent !== undefined) tellChain(run, state)
      await run.end(state, output)
    }
  }

  /** Goes on with chains that belong to nobody and are due, as many as there is room for. */
  function claim(id?: string): number {
    if (isClosed) return 0
    const room = maxRunning - live.size
    if (id === undefined && (room < maxRunning / 2 || (journal.nextDue() ?? Number.POSITIVE_INFINITY) > clock.now())) return 0
    const rows = store.transact(() => {
      const claimed = id === undefined ? journal.claim(owner, clock.now(), room) : journal.claimOne(owner, id)
      if (claimed.length > 0) presence.appear(Math.min(...claimed.map(({ number }) => number)))
      return claimed
    })
    for (const row of rows) takeUp(row)
    return rows.length
  }

  function takeUp(row: RunRow): void {
    const records = new Map(journal.steps(row.number).map((record) => [record.path, record]))
    const run = createRun(row, frozenOf(row), records, surroundings)
    live.set(run.id, run)
    if (row.error !== null) run.error = JSON.parse(row.error) as WireError
    else if (row.wanted === null) run.setState('running')
    if (row.wanted === null) wanted.delete(run.id)
    else wanted.set(run.id, row.wanted)
    if (row.wanted !== null && row.error === null) {
      run.error = wireOf(cancelledByPerson(run.id))
      run.halt.halt()
    }
    drive(run, row.error !== null)
  }

  function claimSoon(): void {
    if (isClaiming || isClosed) return
    isClaiming = true
    setImmediate(() => {
      isClaiming = false
      guarded('going on with chains', () => void claim())
      tickSoon()
    })
  }

  /** Goes on with one chain here unless somebody has it. */
  function goOn(id: string): void {
    const run = live.get(id)
    if (run === undefined) claim(id)
    else if (run.isResting) told.add(id)
    else readWords()
    tickSoon()
  }

  /** Goes on with a chain whose process may be gone. */
  function goOnAnew(id: string): string {
    takeOver()
    goOn(id)
    return id
  }

  function takeOver(): void {
    for (const runner of presence.gone()) giveBack(runner)
  }

  function giveBack(runner: string): void {
    store.transact(() => {
      journal.release(runner)
      presence.forget(runner)
    })
  }

  /** What persons and events said to chains that are at work here. */
  function readWords(): void {
    for (const { number, id, wanted: word } of journal.woken(owner)) {
      const run = live.get(id)
      if (run === undefined || run.isResting) continue
      journal.clearWoken(number)
      if (word !== null) {
        wanted.set(id, word)
        run.error ??= wireOf(cancelledByPerson(id))
        run.halt.halt()
      }
      for (const { path, answer } of journal.steps(number)) if (answer !== null) run.answered(path, answer)
    }
  }

  function listen(topic: string): void {
    if (options.subscribe === undefined || topics.has(topic)) return
    const hear = (payload: unknown, sentMs?: number): void => {
      chains
        .deliver(topic, payload, sentMs === undefined ? {} : { sentMs })
        .catch((error: unknown) => emit({ type: 'fault', doing: `hearing "${topic}"`, error }))
    }
    topics.set(topic, options.subscribe(topic, hear, journal.waitingSince(topic) ?? clock.now()))
  }

  // Time

  function tickSoon(): void {
    if (isClosed) return
    cancelTick?.()
    cancelTick = undefined
    if (!isResuming && live.size === 0 && watchers.size === 0 && resting.size === 0) return
    const nextMs = isResuming ? (journal.nextDue() ?? Number.POSITIVE_INFINITY) : Math.min(...resting.values())
    cancelTick = clock.after(Math.max(1, Math.min(pollMs, nextMs - clock.now())), tick)
  }

  function tick(): void {
    if (isClosed) return
    guarded('looking for what is due', () => {
      if (live.size > 0 && clock.monotonicMs() - beatAtMs >= leaseMs / 3) {
        presence.beat()
        beatAtMs = clock.monotonicMs()
      }
      readWords()
      if (isResuming) {
        // Also to what other processes began to wait for.
        for (const topic of journal.topics()) listen(topic)
        takeOver()
        claim()
      }
      for (const [id, dueMs] of resting) {
        if (dueMs > clock.now()) continue
        resting.delete(id)
        claim(id)
      }
      watchers.wakeAll((id) => !live.has(id))
    })
    guarded('setting the next look', tickSoon)
  }

  function guarded(doing: string, work: () => void): void {
    try {
      work()
    } catch (error) {
      if (isSwitchyardError(error, 'STORE_CLOSED')) isClosed = true
      else emit({ type: 'fault', doing, error })
    }
  }

  // Reading

  function rowOf(id: string): RunRow {
    const row = journal.run(id)
    if (row === undefined) throw unknownChain(id, 'there is none of that id')
    return row
  }

  function report(row: RunRow): ChainReport {
    return reportOf(row, frozenOf(row), journal.steps(row.number))
  }

  function emit(event: ChainEvent): void {
    if (event.type === 'step' && watchers.size > 0) setImmediate(changed, event.id, 'step')
    if (options.onEvent === undefined) return
    try {
      options.onEvent(event)
    } catch {
      // Whoever watches must not stop what is watched.
    }
  }

  function refuseClosed(): void {
    if (isClosed) throw closed()
  }
}

/** At most 16 random bytes. A UUID comes from a pool of randomness that is filled in advance: asking anew took a fifth of a chain's time. */
function hex(bytes: number): string {
  return randomUUID()
    .replaceAll('-', '')
    .slice(0, bytes * 2)
}
