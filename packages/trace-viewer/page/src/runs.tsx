import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { costText, durationText } from '../../src/model/format.ts'
import { parseRunFilter } from '../../src/model/run-filter.ts'
import { RUN_STATUSES, type RunRow, type RunStatus } from '../../src/model/wire.ts'
import { useApi, useLoaded } from './api.ts'
import { useKeys } from './keys.ts'
import { go, hashOf, replaceHash, runHash } from './route.ts'
import { isoOf, Notice, plural, StateSign, timeOf } from './ui.tsx'
import { showRow, useMedia, useWindow } from './virtual.ts'

type SortKey = 'startedMs' | 'durationMs' | 'costUsd'

const COLUMNS: readonly { readonly title: string; readonly sort?: SortKey; readonly class: string }[] = [
  { title: 'State', class: 'run-state' },
  { title: 'Request', class: 'run-title' },
  { title: 'What ran', class: 'run-subject' },
  { title: 'Approved by', class: 'run-by' },
  { title: 'Cost', sort: 'costUsd', class: 'run-cost' },
  { title: 'Duration', sort: 'durationMs', class: 'run-duration' },
  { title: 'Started', sort: 'startedMs', class: 'run-started' },
]

/** All runs that there are, with what came meanwhile. */
function useRuns(): { runs: readonly RunRow[] | undefined; error: Error | undefined } {
  const api = useApi()
  const { value, error, reload } = useLoaded(() => api.runs(), [])
  const [changed, setChanged] = useState<ReadonlyMap<string, RunRow>>(new Map())
  useEffect(() => {
    let wasOff = false
    return api.listen(
      ({ runs }) => runs.length > 0 && setChanged((before) => new Map([...before, ...runs.map((run) => [run.id, run] as const)])),
      (isConnected) => {
        // What happened while nobody listened is not told again.
        if (isConnected && wasOff) reload()
        wasOff = !isConnected
      },
    )
  }, [api])
  const runs = useMemo(() => {
    if (value === undefined || changed.size === 0) return value
    const known = new Set(value.map(({ id }) => id))
    const fresh = [...changed.values()].filter(({ id }) => !known.has(id)).sort((a, b) => b.startedMs - a.startedMs)
    return [...fresh, ...value.map((run) => changed.get(run.id) ?? run)]
  }, [value, changed])
  return { runs, error }
}

export function Runs({ filter }: { filter: string }) {
  const { runs, error } = useRuns()
  const [sort, setSort] = useState<{ key: SortKey; isUp: boolean }>({ key: 'startedMs', isUp: false })
  const [active, setActive] = useState(-1)
  const search = useRef<HTMLInputElement>(null)
  const list = useRef<HTMLDivElement>(null)
  const isNarrow = useMedia('(max-width: 720px)')
  const rowPx = isNarrow ? 58 : 32
  const setFilter = (text: string) => {
    setActive(-1)
    if (list.current !== null) list.current.scrollTop = 0
    replaceHash(hashOf({ at: 'runs', filter: text }))
  }

  const found = useMemo(() => (runs ?? []).filter(parseRunFilter(filter)), [runs, filter])
  const sorted = useMemo(() => sortedBy(found, sort), [found, sort])
  const counts = useMemo(() => countOf(runs ?? []), [runs])
  const { first, last } = useWindow(list, sorted.length, rowPx)

  const move = (by: number) => {
    const next = Math.min(sorted.length - 1, Math.max(0, active + by))
    setActive(next)
    showRow(list.current, next, rowPx)
  }
  useEffect(() => {
    if (active >= 0) list.current?.querySelector<HTMLElement>(`[data-row="${active}"]`)?.focus({ preventScroll: true })
  }, [active, first])
  const searchRuns = () => search.current?.focus()
  const up = () => move(-1)
  const down = () => move(1)
  useKeys({
    '/': searchRuns,
    j: down,
    ArrowDown: down,
    k: up,
    ArrowUp: up,
    PageDown: () => move(20),
    PageUp: () => move(-20),
    Home: () => move(-sorted.length),
    End: () => move(sorted.length),
  })

  return (
    <section class="runs" aria-labelledby="runs-title">
      <h1 id="runs-title" class="unseen">
        Runs
      </h1>
      <div class="bar">
        <input
          ref={search}
          type="search"
          aria-label="Search runs"
          placeholder="Search: failed plugin:deploy by:ada >5s"
          value={filter}
          onInput={({ currentTarget }) => setFilter(currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === 'Escape') setFilter('')
            if (event.key === 'Enter' || event.key === 'ArrowDown') {
              event.preventDefault()
              search.current?.blur()
              setActive(0)
            }
          }}
        />
        <div class="chips" role="group" aria-label="Only one state">
          {RUN_STATUSES.filter((status) => counts[status] > 0).map((status) => (
            <button
              key={status}
              type="button"
              class="chip"
              aria-pressed={hasWord(filter, status)}
              onClick={() => setFilter(toggledWord(filter, status))}
            >
              <StateSign state={status} /> {status} <span class="soft number">{counts[status].toLocaleString('en')}</span>
            </button>
          ))}
        </div>
        <span class="soft found" role="status">
          {runs !== undefined &&
            (found.length === runs.length
              ? plural(runs.length, 'run')
              : `${found.length.toLocaleString('en')} of ${plural(runs.length, 'run')}`)}
        </span>
      </div>
      {error !== undefined && <Notice isBad>{error.message}</Notice>}
      {runs !== undefined && runs.length === 0 && (
        <Notice>
          Nothing ran yet. Try <code>switchyard "check the health of this project"</code>
        </Notice>
      )}
      {runs !== undefined && runs.length > 0 && sorted.length === 0 && <Notice>No run is like that.</Notice>}
      {sorted.length > 0 && (
        <div class="table" role="table" aria-label="Runs" aria-rowcount={sorted.length + 1}>
          <div role="rowgroup" class="table-head">
            <div role="row" class="run-row">
              {COLUMNS.map(({ title, sort: key, class: name }) => (
                <div
                  key={title}
                  role="columnheader"
                  class={name}
                  aria-sort={key === undefined ? undefined : key === sort.key ? (sort.isUp ? 'ascending' : 'descending') : 'none'}
                >
                  {key === undefined ? (
                    title
                  ) : (
                    <button type="button" onClick={() => setSort({ key, isUp: key === sort.key && !sort.isUp })}>
                      {title}
                      <span aria-hidden="true">{key === sort.key ? (sort.isUp ? ' ↑' : ' ↓') : ''}</span>
                    </button>
                  )}
                </div>
              ))}
            </div>
          </div>
          <div ref={list} role="rowgroup" class="scroll" tabIndex={0}>
            <div role="presentation" class="space" style={{ height: sorted.length * rowPx }}>
              <div role="presentation" class="rows" style={{ transform: `translateY(${first * rowPx}px)` }}>
                {sorted.slice(first, last).map((run, i) => (
                  <RunLine key={run.id} run={run} row={first + i} isActive={first + i === active} />
                ))}
              </div>
            </div>
          </div>
        </div>
      )}
    </section>
  )
}

function RunLine({ run, row, isActive }: { run: RunRow; row: number; isActive: boolean }) {
  const { id, title, subject, status, startedMs, durationMs, costUsd, approvedBy, code } = run
  return (
    <div role="row" aria-rowindex={row + 2} class={`run-row is-${status} ${isActive ? 'is-active' : ''}`} onClick={() => go(runHash(id))}>
      <div role="cell" class="run-state">
        <StateSign state={status} />
        <span class="run-status">{status}</span>
      </div>
      <div role="cell" class="run-title">
        <a href={runHash(id)} data-row={row} title={title}>
          {title}
        </a>
        {code !== undefined && <code class="code">{code}</code>}
      </div>
      <div role="cell" class="run-subject soft">
        {subject === title ? '' : subject}
      </div>
      <div role="cell" class="run-by soft">
        {approvedBy ?? ''}
      </div>
      <div role="cell" class="run-cost number soft">
        {costUsd === undefined ? '' : costText(costUsd)}
      </div>
      <div role="cell" class="run-duration number">
        {durationMs === undefined ? <span class="soft">…</span> : durationText(durationMs * 1_000)}
      </div>
      <div role="cell" class="run-started number soft">
        <time dateTime={isoOf(startedMs)} title={isoOf(startedMs)}>
          {timeOf(startedMs)}
        </time>
      </div>
    </div>
  )
}

function sortedBy(runs: readonly RunRow[], { key, isUp }: { key: SortKey; isUp: boolean }): readonly RunRow[] {
  // They come newest first.
  if (key === 'startedMs' && !isUp) return runs
  const sign = isUp ? 1 : -1
  return runs.toSorted((a, b) => sign * ((a[key] ?? -1) - (b[key] ?? -1)))
}

function countOf(runs: readonly RunRow[]): Readonly<Record<RunStatus, number>> {
  const counts = Object.fromEntries(RUN_STATUSES.map((status) => [status, 0])) as Record<RunStatus, number>
  for (const { status } of runs) counts[status]++
  return counts
}

const wordsOf = (filter: string): string[] => filter.split(/\s+/).filter((word) => word !== '')
const hasWord = (filter: string, word: string): boolean => wordsOf(filter).includes(word)

/** Words of states stand for one another: no run has two. */
function toggledWord(filter: string, status: RunStatus): string {
  const others = wordsOf(filter).filter((word) => !RUN_STATUSES.some((one) => one === word))
  return [...others, ...(hasWord(filter, status) ? [] : [status])].join(' ')
}
