import { useEffect, useRef, useState } from 'preact/hooks'
import type { LetterRow } from '../../src/model/wire.ts'
import { useApi, useChanges, useLoaded } from './api.ts'
import { runHash } from './route.ts'
import { Json, Notice, timeOf } from './ui.tsx'

export function Letters() {
  const api = useApi()
  const { value: letters, error, reload } = useLoaded(() => api.letters(), [])
  const [told, setTold] = useState<{ text: string; isBad: boolean }>()
  useChanges(reload)
  const act = async (letter: LetterRow, what: 'replay' | 'discard') => {
    try {
      await api[what](letter.id)
      setTold({
        text: what === 'replay' ? `Sent “${letter.topic}” again to ${letter.subscription || 'all'}.` : `Threw away “${letter.topic}”.`,
        isBad: false,
      })
    } catch (failure) {
      setTold({ text: failure instanceof Error ? failure.message : String(failure), isBad: true })
    }
    reload()
  }
  return (
    <section class="scroll padded" aria-labelledby="letters-title" tabIndex={0}>
      <h1 id="letters-title">Dead letters</h1>
      {told !== undefined && <Notice isBad={told.isBad}>{told.text}</Notice>}
      {error !== undefined && <Notice isBad>{error.message}</Notice>}
      {letters !== undefined && letters.length === 0 && <Notice>Every message found somebody who could take it.</Notice>}
      {letters !== undefined && letters.length > 0 && (
        <ul class="letters">
          {letters.map((letter) => (
            <Letter key={letter.id} letter={letter} onAct={act} />
          ))}
        </ul>
      )}
    </section>
  )
}

function Letter({ letter, onAct }: { letter: LetterRow; onAct: (letter: LetterRow, what: 'replay' | 'discard') => Promise<void> }) {
  const { id, topic, subscription, source, reason, error, attempts, failedMs, payload, traceId } = letter
  const [asks, setAsks] = useState(false)
  const [isBusy, setBusy] = useState(false)
  const cancel = useRef<HTMLButtonElement>(null)
  useEffect(() => {
    if (asks) cancel.current?.focus()
  }, [asks])
  const act = async (what: 'replay' | 'discard') => {
    setBusy(true)
    await onAct(letter, what)
    setBusy(false)
    setAsks(false)
  }
  return (
    <li class="letter" aria-label={`Letter ${id}`}>
      <p class="letter-head">
        <strong>{topic}</strong>
        <span class="soft">
          from {source}
          {subscription !== '' && ` to ${subscription}`}, {timeOf(failedMs)}
        </span>
      </p>
      <p>
        <code class="code">{reason}</code> after {attempts === 1 ? 'one try' : `${attempts} tries`}: {error.message}{' '}
        <code class="code">{error.code}</code>
      </p>
      <details>
        <summary>Message</summary>
        <Json value={payload} />
      </details>
      <p class="actions">
        <button type="button" disabled={isBusy} onClick={() => void act('replay')}>
          Send again
        </button>
        {asks ? (
          <>
            <span>It cannot be brought back.</span>
            <button type="button" disabled={isBusy} class="is-danger" onClick={() => void act('discard')}>
              Throw away
            </button>
            <button ref={cancel} type="button" onClick={() => setAsks(false)}>
              Keep
            </button>
          </>
        ) : (
          <button type="button" class="quiet" disabled={isBusy} onClick={() => setAsks(true)}>
            Throw away …
          </button>
        )}
        {traceId !== undefined && <a href={runHash(traceId)}>The run that sent it</a>}
      </p>
    </li>
  )
}
