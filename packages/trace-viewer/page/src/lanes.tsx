import { useMemo, useRef, useState } from 'preact/hooks'
import { durationText } from '../../src/model/format.ts'
import { lanesOf } from '../../src/model/lanes.ts'
import { idOf, nameOf, spanOfId, type TraceTree } from '../../src/model/trace-tree.ts'
import { useKeys } from './keys.ts'
import { kindOf } from './kind.ts'
import { Overview } from './overview.tsx'
import { hues } from './palette.ts'
import { go, runHash } from './route.ts'
import { plural } from './ui.tsx'
import { placeOf, type TimeView, useTimeView } from './view.ts'
import { useMedia } from './virtual.ts'
import { Axis } from './waterfall.tsx'

/** Bars closer than this many percent of the width to the one before are drawn as one with it. */
const MERGED_PERCENT = 0.12

/** Who was at work when: a band for each plugin. */
export function Lanes({ tree, span: wanted }: { tree: TraceTree; span: string | undefined }) {
  const lanes = useMemo(() => lanesOf(tree), [tree])
  const hueOf = useMemo(() => hues(tree.data.run.lanes), [tree.data.run.lanes.join()])
  const time = useTimeView(tree.totalUs)
  const isNarrow = useMedia('(max-width: 720px)')
  const [told, setTold] = useState(wanted === undefined ? -1 : spanOfId(tree, wanted))
  const body = useRef<HTMLDivElement>(null)
  useKeys({
    '+': () => time.zoom(0.5),
    '=': () => time.zoom(0.5),
    '-': () => time.zoom(2),
    '[': () => time.pan(-0.25),
    ']': () => time.pan(0.25),
    '0': time.reset,
  })
  return (
    <div class="lanes">
      <p class="lanes-told soft" role="status">
        {told === -1
          ? `${plural(lanes.length, 'lane')}; point at a bar, or choose it to see its span`
          : `${nameOf(tree, told)}, ${durationText(tree.endUs[told]! - tree.startUs[told]!)}`}
      </p>
      <Overview tree={tree} time={time} />
      <Axis view={time.view} isNarrow={isNarrow} />
      <div ref={body} class="scroll" tabIndex={0} role="group" aria-label="Lanes">
        {lanes.map(({ name, spans, failed, rows }) => (
          <section key={name} class="lane" aria-label={name}>
            <h2 class="lane-head">
              <span class="lane-name">
                <span class={`swatch ${hueOf(name)}`} aria-hidden="true" /> {name}
              </span>
              <span class="soft number">
                {plural(spans, 'span')}
                {failed > 0 && <span class="is-failed">, {failed.toLocaleString('en')} failed</span>}
              </span>
            </h2>
            <div class="lane-rows">
              {rows.map((row, i) => (
                <div key={i} class="lane-row">
                  {barsOf(tree, row, time.view).map(({ span, left, width, count }) => (
                    <button
                      key={span}
                      type="button"
                      class={`span-bar ${hueOf(name)} is-${kindOf(tree, span)} ${span === told ? 'is-active' : ''}`}
                      style={{ left: `${left}%`, width: `max(3px, ${width}%)` }}
                      aria-label={`${nameOf(tree, span)}${count > 1 ? ` and ${count - 1} more` : ''}`}
                      onPointerEnter={() => setTold(span)}
                      onFocus={() => setTold(span)}
                      onClick={() => go(runHash(tree.data.run.id, 'waterfall', idOf(tree, span)))}
                    >
                      {width > 8 && <span aria-hidden="true">{count > 1 ? plural(count, 'span') : nameOf(tree, span)}</span>}
                    </button>
                  ))}
                </div>
              ))}
            </div>
          </section>
        ))}
      </div>
    </div>
  )
}

interface Bar {
  readonly span: number
  readonly left: number
  width: number
  count: number
  readonly isSmall: boolean
}

/** What of a row is seen; what would stand on the same spot is one bar. What failed is never hidden in another. */
function barsOf(tree: TraceTree, row: readonly number[], view: TimeView): readonly Bar[] {
  const bars: Bar[] = []
  for (const span of row) {
    const place = placeOf(tree.startUs[span]!, tree.endUs[span]!, view)
    if (place === undefined) continue
    const before = bars.at(-1)
    const isSmall = place.width < MERGED_PERCENT && kindOf(tree, span) === ''
    if (before?.isSmall === true && isSmall && place.left - (before.left + before.width) < MERGED_PERCENT) {
      before.width = Math.max(before.width, place.left + place.width - before.left)
      before.count++
    } else bars.push({ span, ...place, count: 1, isSmall })
  }
  return bars
}
