import { useState } from 'preact/hooks'
import { durationText } from '../../src/model/format.ts'
import type { TraceTree } from '../../src/model/trace-tree.ts'
import type { LogLine } from '../../src/model/wire.ts'
import { useApi, useLoaded } from './api.ts'
import { runHash } from './route.ts'
import { Notice, plural } from './ui.tsx'

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const
const MAX_SHOWN = 2_000

export function Logs({ tree }: { tree: TraceTree }) {
  const api = useApi()
  const { id } = tree.data.run
  const [least, setLeast] = useState<(typeof LEVELS)[number]>('debug')
  const { value: logs, error } = useLoaded(() => api.logs(id), [id, tree.data.nowMs])
  if (error !== undefined) return <Notice isBad>{error.message}</Notice>
  if (logs === undefined) return <Notice>Reading the logs …</Notice>
  const shown = logs.filter(({ level }) => LEVELS.indexOf(level) >= LEVELS.indexOf(least))
  return (
    <div class="scroll padded">
      <div class="bar">
        <label>
          From level{' '}
          <select value={least} onChange={({ currentTarget }) => setLeast(LEVELS[currentTarget.selectedIndex]!)}>
            {LEVELS.map((level) => (
              <option key={level}>{level}</option>
            ))}
          </select>
        </label>
        <span class="soft" role="status">
          {plural(shown.length, 'line')}
        </span>
      </div>
      {shown.length === 0 ? (
        <Notice>Nothing was logged in this run.</Notice>
      ) : (
        <LogTable logs={shown.slice(0, MAX_SHOWN)} startMs={tree.data.startMs} runId={id} />
      )}
    </div>
  )
}

/** Lines of a log, by how long after the run's beginning they were written. */
export function LogTable({ logs, startMs, runId }: { logs: readonly LogLine[]; startMs: number; runId?: string }) {
  return (
    <table class="logs">
      <thead>
        <tr>
          <th scope="col">After</th>
          <th scope="col">Level</th>
          <th scope="col">Message</th>
        </tr>
      </thead>
      <tbody>
        {logs.map(({ atMs, level, message, plugin, spanId, fields = {} }, i) => (
          <tr key={i} class={`level-${level}`}>
            <td class="number soft">{durationText(Math.max(0, (atMs - startMs) * 1_000))}</td>
            <td class="level">{level}</td>
            <td>
              {plugin !== undefined && <span class="soft">{plugin} </span>}
              {runId !== undefined && spanId !== undefined ? <a href={runHash(runId, 'waterfall', spanId)}>{message}</a> : message}
              {Object.entries(fields).map(([key, value]) => (
                <span key={key} class="pair">
                  <span class="soft">{key}</span> {typeof value === 'string' ? value : JSON.stringify(value)}
                </span>
              ))}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
