import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { criticalPath } from '../../src/model/critical-path.ts'
import { durationText } from '../../src/model/format.ts'
import { codeOf, hasFlag, idOf, laneOf, nameOf, spanOfId, type TraceTree, visibleOf } from '../../src/model/trace-tree.ts'
import { Detail } from './detail.tsx'
import { useKeys } from './keys.ts'
import { Overview } from './overview.tsx'
import { hues } from './palette.ts'
import { replaceHash, runHash } from './route.ts'
import { SpanRow } from './span-row.tsx'
import { Notice } from './ui.tsx'
import { type TimeView, ticksOf, useTimeView } from './view.ts'
import { showRow, useMedia, useWindow } from './virtual.ts'

export function Waterfall({ tree, span: wanted }: { tree: TraceTree; span: string | undefined }) {
  const { id } = tree.data.run
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set())
  const [active, setActive] = useState<string | undefined>(wanted)
  const [onlyCritical, setOnlyCritical] = useState(false)
  const [search, setSearch] = useState('')
  const list = useRef<HTMLDivElement>(null)
  const field = useRef<HTMLInputElement>(null)
  const isNarrow = useMedia('(max-width: 720px)')
  const rowPx = isNarrow ? 42 : 24
  const time = useTimeView(tree.totalUs)
  const hueOf = useMemo(() => hues(tree.data.run.lanes), [tree.data.run.lanes.join()])

  const path = useMemo(() => criticalPath(tree), [tree])
  const onPath = useMemo(() => {
    const bySpan = new Map<number, { fromUs: number; toUs: number }[]>()
    for (const { span, ...stretch } of path) bySpan.set(span, [...(bySpan.get(span) ?? []), stretch])
    return bySpan
  }, [path])
  const rows = useMemo(() => {
    const seen = visibleOf(tree, closed.size === 0 ? () => false : (span) => closed.has(idOf(tree, span)))
    return onlyCritical ? seen.filter((span) => onPath.has(span)) : seen
  }, [tree, closed, onlyCritical, onPath])
  const hits = useMemo(() => hitsOf(tree, search), [tree, search])
  const { first, last } = useWindow(list, rows.length, rowPx)
  const activeSpan = active === undefined ? -1 : spanOfId(tree, active)
  const activeRow = activeSpan === -1 ? -1 : rowOf(rows, tree, activeSpan)

  const select = (span: number) => {
    if (span === -1) return
    setActive(idOf(tree, span))
    open(span)
    if (wanted !== undefined) replaceHash(runHash(id, 'waterfall', idOf(tree, span)))
  }
  /** A span that is hidden below a closed one is not seen. */
  const open = (span: number) => {
    const above: string[] = []
    for (let up = tree.data.spans.parent[span]!; up >= 0 && above.length < 65_535; up = tree.data.spans.parent[up]!)
      above.push(idOf(tree, up))
    if (above.some((one) => closed.has(one))) setClosed(new Set([...closed].filter((one) => !above.includes(one))))
  }
  const showDetail = (span: number) => {
    setActive(idOf(tree, span))
    replaceHash(runHash(id, 'waterfall', idOf(tree, span)))
  }
  const hideDetail = () => replaceHash(runHash(id, 'waterfall'))
  const toggle = (span: number, isClosing: boolean) => {
    const next = new Set(closed)
    if (isClosing) next.add(idOf(tree, span))
    else next.delete(idOf(tree, span))
    setClosed(next)
  }
  const nextOf = (list: readonly number[]): number => {
    const at = activeSpan === -1 ? -1 : tree.place[activeSpan]!
    return list.find((span) => tree.place[span]! > at) ?? list[0] ?? -1
  }
  const errors = useMemo(() => [...tree.order].filter((span) => hasFlag(tree, span, 'failed')), [tree])

  useEffect(() => showRow(list.current, activeRow, rowPx), [activeRow, rowPx])
  useEffect(() => {
    if (wanted === undefined) return
    setActive(wanted)
    const span = spanOfId(tree, wanted)
    if (span !== -1) open(span)
  }, [wanted])

  const move = (by: number) => select(rows[Math.min(rows.length - 1, Math.max(0, activeRow + by))] ?? -1)
  const up = () => move(-1)
  const down = () => move(1)
  useKeys({
    '/': () => field.current?.focus(),
    j: down,
    ArrowDown: down,
    k: up,
    ArrowUp: up,
    PageDown: () => move(20),
    PageUp: () => move(-20),
    Home: () => move(-rows.length),
    End: () => move(rows.length),
    ArrowLeft() {
      if (activeSpan === -1) return
      if (tree.below[activeSpan]! > 0 && !closed.has(active!)) toggle(activeSpan, true)
      else select(tree.data.spans.parent[activeSpan]!)
    },
    ArrowRight() {
      if (activeSpan === -1) return
      if (closed.has(active!)) toggle(activeSpan, false)
      else move(1)
    },
    Enter: () => activeSpan !== -1 && showDetail(activeSpan),
    Escape: hideDetail,
    e: () => select(nextOf(errors)),
    n: () => select(nextOf(hits)),
    x: () => setOnlyCritical((is) => !is),
    '+': () => time.zoom(0.5, centerOf(tree, activeSpan, time.view)),
    '=': () => time.zoom(0.5, centerOf(tree, activeSpan, time.view)),
    '-': () => time.zoom(2),
    '[': () => time.pan(-0.25),
    ']': () => time.pan(0.25),
    '0': time.reset,
    f: () => activeSpan !== -1 && time.show(tree.startUs[activeSpan]!, tree.endUs[activeSpan]!),
  })

  if (tree.count === 0) return <Notice>No span of this run is there yet.</Notice>
  return (
    <div class={`waterfall ${wanted === undefined ? '' : 'has-detail'}`}>
      <div class="waterfall-main">
        <div class="bar">
          <input
            ref={field}
            type="search"
            aria-label="Find spans"
            placeholder="Find spans"
            value={search}
            onInput={({ currentTarget }) => setSearch(currentTarget.value)}
            onKeyDown={(event) => {
              if (event.key === 'Escape') setSearch('')
              if (event.key === 'Enter') select(nextOf(hits))
            }}
          />
          {search !== '' && (
            <span class="soft" role="status">
              {hits.length.toLocaleString('en')} found
            </span>
          )}
          {errors.length > 0 && (
            <button type="button" class="chip" onClick={() => select(nextOf(errors))}>
              <span class="is-failed" aria-hidden="true">
                ✕
              </span>{' '}
              next error <span class="soft number">{errors.length.toLocaleString('en')}</span>
            </button>
          )}
          <button type="button" class="chip" aria-pressed={onlyCritical} onClick={() => setOnlyCritical(!onlyCritical)}>
            <span class="path-sign" aria-hidden="true" /> critical path
          </button>
          {closed.size > 0 && (
            <button type="button" class="chip" onClick={() => setClosed(new Set())}>
              open all
            </button>
          )}
          {!time.isWhole && (
            <button type="button" class="chip" onClick={time.reset}>
              whole run
            </button>
          )}
          <ul class="legend" aria-label="Lanes">
            {tree.data.run.lanes.slice(0, MAX_LEGEND).map((lane) => (
              <li key={lane}>
                <span class={`swatch ${hueOf(lane)}`} aria-hidden="true" /> {lane}
              </li>
            ))}
          </ul>
        </div>
        <Overview tree={tree} time={time} />
        <Axis view={time.view} isNarrow={isNarrow} />
        <div
          ref={list}
          class="scroll"
          role="treegrid"
          aria-label="Spans"
          aria-rowcount={rows.length}
          aria-activedescendant={activeRow >= first && activeRow < last ? `span-${active}` : undefined}
          tabIndex={0}
          onClick={({ target }) => {
            const clicked = target instanceof Element ? target : undefined
            const span = Number(clicked?.closest<HTMLElement>('[data-span]')?.dataset.span ?? -1)
            if (span === -1) return
            if (clicked?.matches('.twist:not(.is-leaf)') === true) toggle(span, !closed.has(idOf(tree, span)))
            else showDetail(span)
          }}
          onWheel={(event) => {
            if (!event.ctrlKey) return
            event.preventDefault()
            time.zoom(event.deltaY > 0 ? 1.25 : 0.8)
          }}
        >
          <div role="presentation" class="space" style={{ height: rows.length * rowPx }}>
            <div role="presentation" class="rows" style={{ transform: `translateY(${first * rowPx}px)` }}>
              {Array.from(rows.subarray(first, last), (span, i) => (
                <SpanRow
                  key={idOf(tree, span)}
                  tree={tree}
                  span={span}
                  row={first + i}
                  view={time.view}
                  hue={hueOf(laneOf(tree, span))}
                  stretches={onPath.get(span)}
                  isActive={span === activeSpan}
                  isClosed={closed.has(idOf(tree, span))}
                  isHit={search !== '' && isHit(tree, span, search.toLowerCase())}
                />
              ))}
            </div>
          </div>
        </div>
      </div>
      {wanted !== undefined && activeSpan !== -1 && (
        <Detail key={active} tree={tree} span={activeSpan} path={path} onClose={hideDetail} onSelect={showDetail} hueOf={hueOf} />
      )}
    </div>
  )
}

/** More hues than these there are not. */
const MAX_LEGEND = 8

/** Behind this share of the width nothing has room to be written. */
const LAST_TICK = 0.96

export function Axis({ view, isNarrow }: { view: TimeView; isNarrow: boolean }) {
  const ticks = ticksOf(view, isNarrow ? 4 : 8).filter((at) => (at - view.fromUs) / (view.toUs - view.fromUs) < LAST_TICK)
  return (
    <div class="axis" aria-hidden="true">
      <div class="axis-name" />
      <div class="axis-lane">
        {ticks.map((at) => (
          <span key={at} class="tick number" style={{ left: `${((at - view.fromUs) / (view.toUs - view.fromUs)) * 100}%` }}>
            {at === 0 ? '0' : durationText(at)}
          </span>
        ))}
      </div>
    </div>
  )
}

/** Where a span stands among the rows; -1 where it is hidden. */
function rowOf(rows: Int32Array, tree: TraceTree, span: number): number {
  let [low, high] = [0, rows.length - 1]
  while (low <= high) {
    const middle = (low + high) >> 1
    const at = tree.place[rows[middle]!]! - tree.place[span]!
    if (at === 0) return middle
    if (at < 0) low = middle + 1
    else high = middle - 1
  }
  return -1
}

function isHit(tree: TraceTree, span: number, text: string): boolean {
  return (
    nameOf(tree, span).toLowerCase().includes(text) ||
    laneOf(tree, span).toLowerCase().includes(text) ||
    (codeOf(tree, span) ?? '').toLowerCase().includes(text) ||
    idOf(tree, span) === text
  )
}

function hitsOf(tree: TraceTree, search: string): readonly number[] {
  if (search === '') return []
  const text = search.toLowerCase()
  return [...tree.order].filter((span) => isHit(tree, span, text))
}

const centerOf = (tree: TraceTree, span: number, { fromUs, toUs }: TimeView): number => {
  const center = span === -1 ? Number.NaN : (tree.startUs[span]! + tree.endUs[span]!) / 2
  return center >= fromUs && center <= toUs ? center : (fromUs + toUs) / 2
}
