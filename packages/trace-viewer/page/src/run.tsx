import { useEffect, useMemo } from 'preact/hooks'
import { costText, durationText } from '../../src/model/format.ts'
import { treeOf } from '../../src/model/trace-tree.ts'
import type { RunRow } from '../../src/model/wire.ts'
import { useApi, useChanges, useLoaded } from './api.ts'
import { ChainView } from './chain.tsx'
import { Compare } from './compare.tsx'
import { Decision } from './decision.tsx'
import { useKeys } from './keys.ts'
import { Lanes } from './lanes.tsx'
import { Logs } from './logs.tsx'
import { go, type Route, RUN_TABS, type RunTab, runHash } from './route.ts'
import { Copy, isoOf, Notice, StateSign, timeOf } from './ui.tsx'
import { Waterfall } from './waterfall.tsx'

const TITLES: Readonly<Record<RunTab, string>> = {
  waterfall: 'Waterfall',
  lanes: 'Lanes',
  decision: 'Decision',
  chain: 'Chain',
  logs: 'Logs',
  compare: 'Compare',
}
const TAB_KEYS: Readonly<Record<RunTab, string>> = { waterfall: 'w', lanes: 'l', decision: 'd', chain: 'c', logs: 'o', compare: 'p' }

export function Run({ route }: { route: Extract<Route, { at: 'run' }> }) {
  const { id, tab } = route
  const api = useApi()
  const { value: data, error, reload } = useLoaded(() => api.trace(id), [id])
  useChanges(reload, ({ runs }) => runs.some((run) => run.id === id))
  const tree = useMemo(() => (data === undefined ? undefined : treeOf(data)), [data])
  useEffect(() => document.getElementById(`tab-${tab}`)?.scrollIntoView({ block: 'nearest', inline: 'nearest' }), [tab, data === undefined])
  useKeys({
    ...Object.fromEntries(RUN_TABS.map((one) => [TAB_KEYS[one], () => go(runHash(id, one, route.span))])),
    u: api.file === undefined ? () => go('#/runs') : undefined,
  })

  if (error !== undefined) return <Notice isBad>{error.message}</Notice>
  if (data === undefined || tree === undefined) return <Notice>Reading the run …</Notice>
  return (
    <article class="run">
      <RunHead run={data.run} truncated={data.truncated === true} />
      <div class="tabs" role="tablist" aria-label="Views of this run">
        {RUN_TABS.map((one) => (
          <a
            key={one}
            role="tab"
            id={`tab-${one}`}
            aria-selected={one === tab}
            aria-controls="run-panel"
            tabIndex={one === tab ? 0 : -1}
            href={runHash(id, one, route.span)}
            onKeyDown={(event) => {
              const by = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0
              if (by === 0) return
              event.preventDefault()
              event.stopPropagation()
              const next = RUN_TABS[(RUN_TABS.indexOf(one) + by + RUN_TABS.length) % RUN_TABS.length]!
              go(runHash(id, next, route.span))
              document.getElementById(`tab-${next}`)?.focus()
            }}
          >
            {TITLES[one]}
          </a>
        ))}
      </div>
      <div id="run-panel" class={`panel panel-${tab}`} role="tabpanel" aria-labelledby={`tab-${tab}`}>
        {tab === 'waterfall' && <Waterfall tree={tree} span={route.span} />}
        {tab === 'lanes' && <Lanes tree={tree} span={route.span} />}
        {tab === 'decision' && <Decision id={id} />}
        {tab === 'chain' && <ChainView id={id} />}
        {tab === 'logs' && <Logs tree={tree} />}
        {tab === 'compare' && <Compare tree={tree} other={route.other} />}
      </div>
    </article>
  )
}

function RunHead({ run, truncated }: { run: RunRow; truncated: boolean }) {
  const api = useApi()
  const { id, title, subject, status, startedMs, durationMs, costUsd, approvedBy, code, spans } = run
  const html = api.exportAddress(id, 'html')
  const lines = api.exportAddress(id, 'json')
  return (
    <header class="run-head">
      <div class="run-name">
        <h1>{title}</h1>
        <StateSign state={status} word />
        {code !== undefined && <code class="code">{code}</code>}
      </div>
      <dl class="facts">
        {subject !== title && <Fact name="Ran">{subject}</Fact>}
        <Fact name="Took">{durationMs === undefined ? 'still running' : durationText(durationMs * 1_000)}</Fact>
        <Fact name="Began">
          <time dateTime={isoOf(startedMs)}>{timeOf(startedMs)}</time>
        </Fact>
        {approvedBy !== undefined && <Fact name="Approved by">{approvedBy}</Fact>}
        {costUsd !== undefined && <Fact name="Cost">{costText(costUsd)}</Fact>}
        <Fact name="Spans">
          {spans.toLocaleString('en')}
          {truncated && ', more than are shown'}
        </Fact>
        <Fact name="Trace">
          <code>{id.slice(0, 8)}</code> <Copy text={id} what="the trace id" />
        </Fact>
        {html !== undefined && lines !== undefined && (
          <Fact name="Export">
            <a href={html} download>
              HTML
            </a>{' '}
            <a href={lines} download>
              OTLP
            </a>
          </Fact>
        )}
      </dl>
    </header>
  )
}

function Fact({ name, children }: { name: string; children: preact.ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}
