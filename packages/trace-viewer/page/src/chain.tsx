import { useMemo } from 'preact/hooks'
import { layoutChain, type PlacedNode } from '../../src/model/chain-layout.ts'
import { durationText } from '../../src/model/format.ts'
import { useApi, useChanges, useLoaded } from './api.ts'
import { Notice, StateSign } from './ui.tsx'

const MARGIN = 12

export function ChainView({ id }: { id: string }) {
  const api = useApi()
  const { value: chain, error, reload } = useLoaded(() => api.chain(id), [id])
  useChanges(reload)
  const layout = useMemo(() => (chain ? layoutChain(chain.nodes) : undefined), [chain])
  if (error !== undefined) return <Notice isBad>{error.message}</Notice>
  if (chain === undefined) return <Notice>Reading the chain …</Notice>
  if (chain === null || layout === undefined) return <Notice>No chain ran here: it was one command.</Notice>
  const [width, height] = [layout.width + 2 * MARGIN, layout.height + 2 * MARGIN]
  return (
    <div class="scroll padded" tabIndex={0}>
      <p>
        <strong>{chain.name}</strong> <span class="soft">{chain.id}</span> is {chain.state.replace('_', ' ')}.
        {chain.undone.length > 0 && ` Taken back, in this order: ${chain.undone.join(', ')}.`}
      </p>
      {chain.waitsFor.map(({ path, question }) => (
        <p key={path} class="is-waiting">
          {path} waits{question === undefined ? '' : `: ${question}`}
        </p>
      ))}
      {chain.notUndone.map(({ path, why }) => (
        <p key={path} class="is-failed">
          Not undone: {path}, as {why}
        </p>
      ))}
      {chain.error !== undefined && (
        <p>
          <code class="code">{chain.error.code}</code> {chain.error.message}
        </p>
      )}
      <div class="graph" style={{ width: `${width}px`, height: `${height}px` }}>
        <svg width={width} height={height} viewBox={`${-MARGIN} ${-MARGIN} ${width} ${height}`} aria-hidden="true">
          {layout.edges.map(({ from: [x1, y1], to: [x2, y2] }) => (
            <path key={`${x1} ${y1} ${x2} ${y2}`} d={`M${x1} ${y1}C${x1} ${y1 + 14} ${x2} ${y2 - 14} ${x2} ${y2}`} />
          ))}
        </svg>
        <ol aria-label="Steps">
          {layout.nodes.map((placed) => (
            <Box key={placed.node.id} placed={placed} />
          ))}
        </ol>
      </div>
    </div>
  )
}

function Box({ placed: { node, x, y, width, height } }: { placed: PlacedNode }) {
  const { text, mark, tookMs, turns, note } = node
  return (
    <li
      class={`box is-${mark}`}
      style={{ left: `${x + MARGIN}px`, top: `${y + MARGIN}px`, width: `${width}px`, height: `${height}px` }}
      title={note === undefined ? text : `${text}\n${note}`}
    >
      <span class="box-name">
        <StateSign state={mark} /> {text}
        {turns !== undefined && <span class="soft"> ×{turns}</span>}
      </span>
      <span class="box-note soft">{note ?? (tookMs === undefined ? '' : durationText(tookMs * 1_000))}</span>
    </li>
  )
}
