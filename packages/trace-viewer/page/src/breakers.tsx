import { durationText } from '../../src/model/format.ts'
import type { BreakerRow } from '../../src/model/wire.ts'
import { useApi, useChanges, useLoaded } from './api.ts'
import { isoOf, Notice, timeOf } from './ui.tsx'

const WORDS = { closed: 'lets calls through', open: 'refuses calls', 'half-open': 'tries whether calls succeed' } as const

export function Breakers() {
  const api = useApi()
  const { value: breakers, error, reload } = useLoaded(() => api.breakers(), [])
  useChanges(reload)
  if (error !== undefined) return <Notice isBad>{error.message}</Notice>
  if (breakers === undefined) return <Notice>Reading the breakers …</Notice>
  const nowMs = Date.now()
  const fromMs = Math.min(nowMs - 3_600_000, ...breakers.flatMap(({ changes }) => changes[0]?.atMs ?? []))
  return (
    <section class="scroll padded" aria-labelledby="breakers-title" tabIndex={0}>
      <h1 id="breakers-title">Breakers</h1>
      {breakers.length === 0 ? (
        <Notice>No breaker has had anything to do yet.</Notice>
      ) : (
        <>
          <p class="soft">The last {durationText((nowMs - fromMs) * 1_000)}, until now. A line is a failure.</p>
          <ul class="breakers">
            {breakers.map((breaker) => (
              <Band key={breaker.name} breaker={breaker} fromMs={fromMs} nowMs={nowMs} />
            ))}
          </ul>
        </>
      )}
    </section>
  )
}

function Band({ breaker, fromMs, nowMs }: { breaker: BreakerRow; fromMs: number; nowMs: number }) {
  const { name, state, forced = false, failures, changes } = breaker
  const at = (ms: number): number => Math.min(100, Math.max(0, ((ms - fromMs) / (nowMs - fromMs)) * 100))
  const last = changes.at(-1)
  const stretches = changes.map(({ atMs, state: to }, i) => ({ state: to, left: at(atMs), right: at(changes[i + 1]?.atMs ?? nowMs) }))
  return (
    <li>
      <p class="breaker-name">
        <strong>{name}</strong>
        <span class={`badge is-${state}`}>{state}</span>
        <span class="soft">
          {WORDS[state]}
          {forced && ', as a person said so'}
          {last !== undefined && ` since ${timeOf(last.atMs)}`}
        </span>
      </p>
      <div
        class="band"
        role="img"
        aria-label={`${name}: ${changes.map(({ atMs, state: to }) => `${to} at ${timeOf(atMs)}`).join(', ') || state}`}
      >
        {(stretches.length === 0 ? [{ state, left: 0, right: 100 }] : stretches).map((one, i) => (
          <span key={i} class={`stretch is-${one.state}`} style={{ left: `${one.left}%`, width: `max(2px, ${one.right - one.left}%)` }} />
        ))}
        {failures.map((ms, i) => (
          <span key={i} class="failure" style={{ left: `${at(ms)}%` }} />
        ))}
      </div>
      {changes.length > 0 && (
        <details>
          <summary>{changes.length} changes</summary>
          <ol class="events">
            {changes.toReversed().map(({ atMs, state: to, reason }, i) => (
              <li key={i}>
                <time class="number soft" dateTime={isoOf(atMs)}>
                  {timeOf(atMs)}
                </time>{' '}
                <strong>{to}</strong> {reason}
              </li>
            ))}
          </ol>
        </details>
      )}
    </li>
  )
}
