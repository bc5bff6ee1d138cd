import { useMemo } from 'preact/hooks'
import { durationText } from '../../src/model/format.ts'
import { codeOf, hasFlag, idOf, nameOf, type TraceTree } from '../../src/model/trace-tree.ts'
import { kindOf } from './kind.ts'
import { placeOf, type TimeView } from './view.ts'

const KIND_WORDS = { failed: 'failed', waiting: 'waits for a person', undone: 'takes back', running: 'running', '': '' } as const
const KIND_SIGNS = { failed: '✕', waiting: '◷', undone: '↶', running: '▸', '': '' } as const

export interface SpanRowProps {
  readonly tree: TraceTree
  readonly span: number
  readonly row: number
  readonly view: TimeView
  readonly hue: string
  readonly stretches: readonly { fromUs: number; toUs: number }[] | undefined
  readonly isActive: boolean
  readonly isClosed: boolean
  readonly isHit: boolean
}

/** Deeper than this nothing is moved further in. */
const MAX_INDENT = 16

/** One line of the waterfall. The grid around it hears of clicks, so that a row that did not change is not drawn again. */
export function SpanRow(props: SpanRowProps) {
  return useMemo(() => drawn(props), Object.values(props))
}

function drawn({ tree, span, row, view, hue, stretches, isActive, isClosed, isHit }: SpanRowProps) {
  const [fromUs, toUs] = [tree.startUs[span]!, tree.endUs[span]!]
  const kind = kindOf(tree, span)
  const hasBelow = tree.below[span]! > 0
  const place = placeOf(fromUs, toUs, view)
  const code = codeOf(tree, span)
  const isRetry = hasFlag(tree, span, 'retry')
  const indent = Math.min(tree.depth[span]!, MAX_INDENT)
  const isTroubledBelow = tree.troubled[span] === 1 && kind !== 'failed'
  return (
    <div
      id={`span-${idOf(tree, span)}`}
      role="row"
      tabIndex={-1}
      aria-level={tree.depth[span]! + 1}
      aria-rowindex={row + 1}
      aria-selected={isActive}
      aria-expanded={hasBelow ? !isClosed : undefined}
      class={`span-row ${isActive ? 'is-active' : ''} ${isHit ? 'is-hit' : ''}`}
      data-span={span}
    >
      <div role="gridcell" class="span-name" style={{ paddingLeft: `${indent * 14}px` }}>
        <span class={hasBelow ? (isClosed ? 'twist is-closed' : 'twist') : 'twist is-leaf'} aria-hidden="true" />
        <span class={`span-sign is-${kind === '' && isTroubledBelow ? 'troubled' : kind}`} aria-hidden="true">
          {kind === '' && isTroubledBelow ? '•' : KIND_SIGNS[kind]}
        </span>
        <span class="span-text">{nameOf(tree, span)}</span>
        {kind !== '' && <span class="unseen">, {KIND_WORDS[kind]}</span>}
        {isRetry && <span class="tag">↻ again</span>}
        {code !== undefined && <code class="code">{code}</code>}
        {isClosed && <span class="soft tag">{tree.below[span]!.toLocaleString('en')} below</span>}
      </div>
      <div role="gridcell" class="span-lane">
        {place !== undefined && (
          <>
            <span
              class={`span-bar ${hue} is-${kind}${hasFlag(tree, span, 'open') ? ' is-open' : ''}`}
              style={{ left: `${place.left}%`, width: `max(2px, ${place.width}%)` }}
            />
            {stretches?.map((stretch) => {
              const at = placeOf(stretch.fromUs, stretch.toUs, view)
              return at === undefined ? null : (
                <span key={stretch.fromUs} class="on-path" style={{ left: `${at.left}%`, width: `max(2px, ${at.width}%)` }} />
              )
            })}
          </>
        )}
        <span class={`span-time number ${labelSide(place)}`} style={labelStyle(place)}>
          {durationText(toUs - fromUs)}
        </span>
      </div>
    </div>
  )
}

type Place = ReturnType<typeof placeOf>

/** The duration stands behind its bar, or before it where there is no room. */
const labelSide = (place: Place): string =>
  place !== undefined && place.left + place.width > 85 ? (place.left > 15 ? 'is-before' : 'is-inside') : ''

function labelStyle(place: Place): Record<string, string> {
  if (place === undefined) return { display: 'none' }
  if (place.left + place.width <= 85) return { left: `calc(${place.left + place.width}% + 6px)` }
  return place.left > 15 ? { right: `calc(${100 - place.left}% + 6px)` } : { right: `calc(${100 - place.left - place.width}% + 6px)` }
}
