import { useApi, useChanges, useLoaded } from './api.ts'
import { runHash } from './route.ts'
import { isoOf, Json, Notice, timeOf } from './ui.tsx'

export function StateView() {
  const api = useApi()
  const { value: rows, error, reload } = useLoaded(() => api.state(), [])
  useChanges(reload)
  return (
    <section class="scroll padded" aria-labelledby="state-title" tabIndex={0}>
      <h1 id="state-title">Shared state</h1>
      {error !== undefined && <Notice isBad>{error.message}</Notice>}
      {rows !== undefined && rows.length === 0 && <Notice>Plugins share nothing yet.</Notice>}
      {rows?.map(({ namespace, access, bytes, content, history }) => (
        <section key={namespace} class="namespace" aria-labelledby={`namespace-${namespace}`}>
          <h2 id={`namespace-${namespace}`}>
            {namespace} <span class="tag">{access}</span> <span class="soft number">{bytes.toLocaleString('en')} B</span>
          </h2>
          <div class="namespace-body">
            <Json value={content} />
            {history.length === 0 ? (
              <p class="soft">Nothing was changed yet.</p>
            ) : (
              <table class="data">
                <thead>
                  <tr>
                    <th scope="col">When</th>
                    <th scope="col">Who</th>
                    <th scope="col">What</th>
                  </tr>
                </thead>
                <tbody>
                  {history.map(({ atMs, who, kind, what, traceId }, i) => (
                    <tr key={i}>
                      <td class="number soft">
                        <time dateTime={isoOf(atMs)}>{timeOf(atMs)}</time>
                      </td>
                      <td>{who}</td>
                      <td>
                        {kind !== 'change' && <span class="tag">{kind}</span>}{' '}
                        {traceId === undefined ? what : <a href={runHash(traceId)}>{what}</a>}
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            )}
          </div>
        </section>
      ))}
    </section>
  )
}
