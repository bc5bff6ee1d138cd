import { useApi, useChanges, useLoaded } from './api.ts'
import { Notice, plural, timeOf } from './ui.tsx'

export function BusView() {
  const api = useApi()
  const { value: bus, error, reload } = useLoaded(() => api.bus(), [])
  useChanges(reload)
  if (error !== undefined) return <Notice isBad>{error.message}</Notice>
  if (bus === undefined) return <Notice>Reading the bus …</Notice>
  const { topics, queues } = bus
  return (
    <section class="scroll padded" aria-labelledby="bus-title" tabIndex={0}>
      <h1 id="bus-title">Bus</h1>
      <h2>Topics</h2>
      {topics.length === 0 ? (
        <Notice>No message is on record.</Notice>
      ) : (
        <table class="data">
          <thead>
            <tr>
              <th scope="col">Topic</th>
              <th scope="col" class="number">
                Messages
              </th>
              <th scope="col">A minute</th>
              <th scope="col">Last</th>
            </tr>
          </thead>
          <tbody>
            {topics.map(({ topic, messages, perMinute, lastMs, durable }) => (
              <tr key={topic}>
                <th scope="row">
                  {topic} {durable && <span class="tag">kept</span>}
                </th>
                <td class="number">{messages.toLocaleString('en')}</td>
                <td>
                  <Sparkline values={perMinute} />
                </td>
                <td class="number soft">{lastMs === undefined ? '' : timeOf(lastMs)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <h2>Queues</h2>
      {queues.length === 0 ? (
        <Notice>Nobody waits for messages that are kept.</Notice>
      ) : (
        <table class="data">
          <thead>
            <tr>
              <th scope="col">Subscription</th>
              <th scope="col">Of</th>
              <th scope="col" class="number">
                Behind
              </th>
              <th scope="col">Listened to</th>
            </tr>
          </thead>
          <tbody>
            {queues.map(({ name, pattern, behind, owner }) => (
              <tr key={name} class={behind > 0 && owner === 'none' ? 'is-waiting-row' : ''}>
                <th scope="row">{name}</th>
                <td>
                  <code>{pattern}</code>
                </td>
                <td class="number">{behind.toLocaleString('en')}</td>
                <td class="soft">{owner === 'none' ? 'by no process now' : 'by a process that runs'}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  )
}

function Sparkline({ values }: { values: readonly number[] }) {
  const most = Math.max(...values, 1)
  const last = values.at(-1) ?? 0
  return (
    <span class="spark">
      <svg viewBox={`0 0 ${values.length * 4} 16`} width={values.length * 4} height="16" aria-hidden="true">
        {values.map((value, i) => (
          <rect key={i} x={i * 4} y={16 - Math.max(1, (value / most) * 16)} width="3" height={Math.max(1, (value / most) * 16)} />
        ))}
      </svg>
      <span class="number">{last.toLocaleString('en')}</span>
      <span class="unseen"> in the last minute, at most {plural(most, 'message')} in one</span>
    </span>
  )
}
