import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { TraceTree } from '../../src/model/trace-tree.ts'
import { FLAG } from '../../src/model/wire.ts'
import type { TimeControls } from './view.ts'

const HEIGHT = 30

/** The whole run on a strip: how much went on, where it failed, where it waited. Dragging over it looks closer; keys do the same. */
export function Overview({ tree, time }: { tree: TraceTree; time: TimeControls }) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const [drag, setDrag] = useState<{ from: number; to: number }>()
  useLayoutEffect(() => {
    const element = canvas.current
    if (element === null) return
    const draw = () => drawOverview(element, tree)
    draw()
    const observer = new ResizeObserver(draw)
    observer.observe(element)
    const themed = new MutationObserver(draw)
    themed.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] })
    return () => {
      observer.disconnect()
      themed.disconnect()
    }
  }, [tree])

  const shareAt = (event: PointerEvent): number => {
    const { left, width } = canvas.current!.getBoundingClientRect()
    return Math.min(1, Math.max(0, (event.clientX - left) / width))
  }
  const { view, isWhole } = time
  const shown = drag ?? { from: view.fromUs / tree.totalUs, to: view.toUs / tree.totalUs }
  const [from, to] = [Math.min(shown.from, shown.to), Math.max(shown.from, shown.to)]
  return (
    <div class="overview-row" aria-hidden="true">
      <div class="axis-name" />
      <div
        class="overview"
        onPointerDown={(event) => {
          const at = shareAt(event)
          event.currentTarget.setPointerCapture(event.pointerId)
          setDrag({ from: at, to: at })
        }}
        onPointerMove={(event) => drag !== undefined && setDrag({ from: drag.from, to: shareAt(event) })}
        onPointerUp={() => {
          if (drag === undefined) return
          setDrag(undefined)
          if (to - from < 0.004) time.reset()
          else time.show(from * tree.totalUs, to * tree.totalUs)
        }}
        onPointerCancel={() => setDrag(undefined)}
      >
        <canvas ref={canvas} height={HEIGHT} />
        {(drag !== undefined || !isWhole) && (
          <span class="overview-view" style={{ left: `${from * 100}%`, width: `${(to - from) * 100}%` }} />
        )}
      </div>
    </div>
  )
}

function drawOverview(canvas: HTMLCanvasElement, tree: TraceTree): void {
  const scale = devicePixelRatio
  const width = Math.max(1, Math.round(canvas.clientWidth * scale))
  const height = Math.round(HEIGHT * scale)
  canvas.width = width
  canvas.height = height
  const context = canvas.getContext('2d')
  if (context === null) return
  const style = getComputedStyle(canvas)
  const busy = new Int32Array(width + 1)
  const marks = new Uint8Array(width)
  for (let i = 0; i < tree.count; i++) {
    const from = Math.min(width - 1, Math.floor((tree.startUs[i]! / tree.totalUs) * width))
    const to = Math.min(width - 1, Math.max(from, Math.ceil((tree.endUs[i]! / tree.totalUs) * width) - 1))
    const flags = tree.data.spans.flags[i]!
    busy[from]! += 1
    busy[to + 1]! -= 1
    if ((flags & FLAG.person) !== 0) marks.fill(2, from, to + 1)
    if ((flags & FLAG.undo) !== 0) for (let x = from; x <= to; x++) marks[x] ||= 3
    if ((flags & FLAG.failed) !== 0) marks[from] = 1
  }
  let most = 1
  for (let x = 0, at = 0; x < width; x++) {
    at += busy[x]!
    most = Math.max(most, at)
  }
  const colors = ['--bar', '--failed-fill', '--waiting-fill', '--undone-fill'].map((name) => style.getPropertyValue(name))
  const log = Math.log1p(most)
  for (let x = 0, at = 0; x < width; x++) {
    at += busy[x]!
    if (at === 0) continue
    context.fillStyle = colors[marks[x]!]!
    const tall = marks[x] === 1 ? height : Math.max(scale, (Math.log1p(at) / log) * height)
    context.fillRect(x, height - tall, marks[x] === 1 ? Math.max(1, scale) : 1, tall)
  }
}
