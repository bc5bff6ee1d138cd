import type { WireError } from '@switchyard/contracts'
import { useEffect, useRef } from 'preact/hooks'
import type { Stretch } from '../../src/model/critical-path.ts'
import { durationText } from '../../src/model/format.ts'
import { codeOf, hasFlag, idOf, laneOf, nameOf, originOf, type TraceTree } from '../../src/model/trace-tree.ts'
import { useApi, useLoaded } from './api.ts'
import { kindOf } from './kind.ts'
import { LogTable } from './logs.tsx'
import { Copy, Json, Notice, StateSign, timeOf } from './ui.tsx'

interface DetailProps {
  readonly tree: TraceTree
  readonly span: number
  readonly path: readonly Stretch[]
  readonly hueOf: (lane: string) => string
  readonly onClose: () => void
  readonly onSelect: (span: number) => void
}

export function Detail({ tree, span, path, hueOf, onClose, onSelect }: DetailProps) {
  const api = useApi()
  const id = idOf(tree, span)
  // What is open may have got more to say.
  const turn = hasFlag(tree, span, 'open') ? tree.data.nowMs : 0
  const { value: detail, error } = useLoaded(() => api.span(tree.data.run.id, id), [id, turn])
  const panel = useRef<HTMLElement>(null)
  useEffect(() => {
    if (panel.current !== null) panel.current.scrollTop = 0
  }, [id])
  const kind = kindOf(tree, span)
  const tookUs = tree.endUs[span]! - tree.startUs[span]!
  const pathUs = path.reduce((sum, stretch) => (stretch.span === span ? sum + stretch.toUs - stretch.fromUs : sum), 0)
  const parent = tree.data.spans.parent[span]!
  const origin = originOf(tree, span)
  return (
    <aside ref={panel} class="detail" aria-label="Span" tabIndex={0}>
      <header>
        <h2>{nameOf(tree, span)}</h2>
        <button type="button" class="quiet close" onClick={onClose} aria-label="Close the span">
          <span aria-hidden="true">✕</span>
        </button>
      </header>
      <p class="facts-line">
        <span class="lane-name">
          <span class={`swatch ${hueOf(laneOf(tree, span))}`} aria-hidden="true" /> {laneOf(tree, span)}
        </span>
        {kind !== '' && <StateSign state={kind} word />}
        {hasFlag(tree, span, 'retry') && <StateSign state="retry" word />}
      </p>
      <dl class="facts">
        <div>
          <dt>Took</dt>
          <dd class="number">{hasFlag(tree, span, 'open') ? `${durationText(tookUs)} so far` : durationText(tookUs)}</dd>
        </div>
        <div>
          <dt>Began after</dt>
          <dd class="number">{durationText(tree.startUs[span]!)}</dd>
        </div>
        <div>
          <dt>The whole waited</dt>
          <dd class="number">{pathUs === 0 ? 'not for this' : `${durationText(pathUs)}, ${percent(pathUs / tree.totalUs)}`}</dd>
        </div>
        <div>
          <dt>Below it</dt>
          <dd class="number">{tree.below[span]!.toLocaleString('en')}</dd>
        </div>
      </dl>
      {parent >= 0 && (
        <p>
          <span class="soft">In </span>
          <button type="button" class="as-link" onClick={() => onSelect(parent)}>
            {nameOf(tree, parent)}
          </button>
        </p>
      )}
      {origin !== -1 && (
        <p>
          <span class="soft">It came from </span>
          <button type="button" class="as-link" onClick={() => onSelect(origin)}>
            {nameOf(tree, origin)}
          </button>{' '}
          <code class="code">{codeOf(tree, origin)}</code>
        </p>
      )}
      {error !== undefined && <Notice>{error.message}</Notice>}
      {detail === undefined && error === undefined && <p class="soft">Reading …</p>}
      {detail !== undefined && (
        <>
          {detail.error !== undefined && <ErrorView error={detail.error} />}
          {detail.input !== undefined && <Section title="Input" value={detail.input} />}
          {detail.output !== undefined && <Section title="Output" value={detail.output} />}
          {detail.events.length > 0 && (
            <section>
              <h3>Messages</h3>
              <ol class="events">
                {detail.events.map(({ atMs, name, attributes = {} }, i) => (
                  <li key={i}>
                    <span class="number soft">{durationText(Math.max(0, (atMs - tree.data.startMs) * 1_000))}</span> <strong>{name}</strong>
                    {Object.entries(attributes).map(([key, value]) => (
                      <span key={key} class="pair">
                        <span class="soft">{key}</span> {String(value)}
                      </span>
                    ))}
                  </li>
                ))}
              </ol>
            </section>
          )}
          {detail.logs.length > 0 && (
            <section>
              <h3>Logs</h3>
              <LogTable logs={detail.logs} startMs={tree.data.startMs} />
            </section>
          )}
          {Object.keys(detail.attributes).length > 0 && (
            <section>
              <h3>Attributes</h3>
              <dl class="attributes">
                {Object.entries(detail.attributes).map(([key, value]) => (
                  <div key={key}>
                    <dt>{key}</dt>
                    <dd>{typeof value === 'string' ? value : JSON.stringify(value)}</dd>
                  </div>
                ))}
              </dl>
            </section>
          )}
        </>
      )}
      <p class="soft ids">
        <code>{id}</code> <Copy text={id} what="the span id" /> {timeOf(tree.data.startMs + tree.startUs[span]! / 1_000)}
      </p>
    </aside>
  )
}

function Section({ title, value }: { title: string; value: unknown }) {
  return (
    <section>
      <h3>
        {title} <Copy text={typeof value === 'string' ? value : JSON.stringify(value, null, 2)} what={title.toLowerCase()} />
      </h3>
      <Json value={value} />
    </section>
  )
}

/** What went wrong, and below it what that came from. */
function ErrorView({ error, depth = 0 }: { error: WireError; depth?: number }) {
  const { code, message, next, cause, data, stack } = error
  return (
    <section class="error">
      <h3>
        {depth === 0 ? 'Error' : 'Caused by'} <code class="code">{code}</code>
      </h3>
      <p>{message}</p>
      {next !== undefined && (
        <p>
          <span class="soft">Next: </span>
          <code>{next}</code>
        </p>
      )}
      {data !== undefined && Object.keys(data).length > 0 && <Json value={data} />}
      {stack !== undefined && (
        <details>
          <summary>Stack</summary>
          <Json value={stack} />
        </details>
      )}
      {cause !== undefined && depth < 8 && <ErrorView error={cause} depth={depth + 1} />}
    </section>
  )
}

const percent = (share: number): string => `${share < 0.01 ? '< 1' : Math.round(share * 100)} %`
