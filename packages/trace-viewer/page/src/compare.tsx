import { useMemo, useRef, useState } from 'preact/hooks'
import { type Comparison, compareTraces, type Pair } from '../../src/model/compare.ts'
import { deltaText, durationText } from '../../src/model/format.ts'
import { idOf, type TraceTree, treeOf } from '../../src/model/trace-tree.ts'
import type { TraceData } from '../../src/model/wire.ts'
import { useApi, useLoaded } from './api.ts'
import { hashOf, runHash } from './route.ts'
import { Notice, timeOf } from './ui.tsx'
import { useWindow } from './virtual.ts'

const ROW_PX = 28
const WORDS: Readonly<Record<Pair['change'], string>> = {
  same: 'as before',
  slower: 'slower',
  faster: 'faster',
  failed: 'failed, and did not before',
  mended: 'failed before, and no more',
  added: 'only in this run',
  missing: 'only in the other',
}
const SIGNS: Readonly<Record<Pair['change'], string>> = {
  same: '',
  slower: '▲',
  faster: '▼',
  failed: '✕',
  mended: '✓',
  added: '+',
  missing: '−',
}
const SHOWN = ['failed', 'mended', 'added', 'missing', 'slower', 'faster'] as const

/** This run over the last one of the same subject that went well, or over one that the address names. */
export function Compare({ tree, other: named }: { tree: TraceTree; other: string | undefined }) {
  const api = useApi()
  const otherId = named ?? tree.data.good
  const read = async (id: string | undefined): Promise<TraceData | undefined> => {
    if (id !== undefined) return api.trace(id)
  }
  const { value: data, error } = useLoaded(() => read(otherId), [otherId])
  const other = useMemo(() => (data ? treeOf(data) : undefined), [data])
  const comparison = useMemo(() => (other === undefined ? undefined : compareTraces(tree, other)), [tree, other])
  if (otherId === undefined) return <Notice>There is no other run of “{tree.data.run.subject}” that went well.</Notice>
  if (error !== undefined) return <Notice isBad>{error.message}</Notice>
  if (other === undefined || comparison === undefined) return <Notice>Reading the other run …</Notice>
  return <Laid tree={tree} other={other} comparison={comparison} />
}

function Laid({ tree, other, comparison }: { tree: TraceTree; other: TraceTree; comparison: Comparison }) {
  const { pairs, counts, totalDeltaUs } = comparison
  const [onlyChanged, setOnlyChanged] = useState(pairs.length > 40)
  const rows = useMemo(() => (onlyChanged ? pairs.filter(({ change }) => change !== 'same') : pairs), [pairs, onlyChanged])
  const most = useMemo(() => pairs.reduce((found, { deltaUs }) => Math.max(found, Math.abs(deltaUs)), 1), [pairs])
  const list = useRef<HTMLDivElement>(null)
  const { first, last } = useWindow(list, rows.length, ROW_PX)
  const { id, startedMs } = other.data.run
  return (
    <div class="compare">
      <div class="bar">
        <p>
          <strong class="number">{deltaText(totalDeltaUs)}</strong> beside <a href={runHash(id)}>the run of {timeOf(startedMs)}</a>, which
          took <span class="number">{durationText(other.totalUs)}</span>
        </p>
        <span class="changes">
          {SHOWN.filter((change) => counts[change] > 0).map((change) => (
            <span key={change} class={`change is-${change}`}>
              <span aria-hidden="true">{SIGNS[change]}</span> {counts[change].toLocaleString('en')} {WORDS[change]}
            </span>
          ))}
          {counts.same === pairs.length && 'Nothing is different.'}
        </span>
        <button type="button" class="chip" aria-pressed={onlyChanged} onClick={() => setOnlyChanged(!onlyChanged)}>
          only what is different
        </button>
      </div>
      <div ref={list} class="scroll" role="table" aria-label="Spans of both runs" aria-rowcount={rows.length} tabIndex={0}>
        <div role="rowgroup" class="space" style={{ height: `${rows.length * ROW_PX}px` }}>
          <div role="presentation" class="rows" style={{ transform: `translateY(${first * ROW_PX}px)` }}>
            {rows.slice(first, last).map((pair, i) => (
              <PairRow key={first + i} pair={pair} row={first + i} tree={tree} other={other} most={most} />
            ))}
          </div>
        </div>
      </div>
    </div>
  )
}

interface PairProps {
  readonly pair: Pair
  readonly row: number
  readonly tree: TraceTree
  readonly other: TraceTree
  readonly most: number
}

function PairRow({ pair: { span, other: beside, depth, name, change, deltaUs }, row, tree, other, most }: PairProps) {
  const href =
    span === -1
      ? runHash(other.data.run.id, 'waterfall', idOf(other, beside))
      : hashOf({ at: 'run', id: tree.data.run.id, tab: 'waterfall', span: idOf(tree, span), other: undefined })
  const share = `${(Math.abs(deltaUs) / most) * 50}%`
  return (
    <div role="row" aria-rowindex={row + 1} class={`pair-row is-${change}`}>
      <div role="cell" class="pair-name" style={{ paddingLeft: `${Math.min(depth, 16) * 14}px` }}>
        <span class="change-sign" aria-hidden="true">
          {SIGNS[change]}
        </span>
        <a href={href}>{name}</a>
        <span class={change === 'slower' || change === 'faster' || change === 'same' ? 'unseen' : 'change-word soft'}>
          {' '}
          {WORDS[change]}
        </span>
      </div>
      <div role="cell" class="pair-bar">
        {change !== 'same' && (
          <span
            class={deltaUs > 0 ? 'delta is-more' : 'delta is-less'}
            style={deltaUs > 0 ? { left: '50%', width: share } : { right: '50%', width: share }}
          />
        )}
      </div>
      <div role="cell" class="pair-delta number">
        {change === 'same' ? <span class="soft">{durationText(tree.endUs[span]! - tree.startUs[span]!)}</span> : deltaText(deltaUs)}
      </div>
    </div>
  )
}
