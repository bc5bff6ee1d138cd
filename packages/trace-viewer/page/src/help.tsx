import { useEffect, useRef } from 'preact/hooks'

const KEYS: readonly (readonly [title: string, keys: readonly (readonly [string, string])[]])[] = [
  [
    'Everywhere',
    [
      ['1 … 5', 'runs, bus, breakers, dead letters, state'],
      ['/', 'search'],
      ['j  k', 'next, previous line'],
      ['Enter', 'open'],
      ['u', 'back to the runs'],
      ['t', 'dark or light'],
      ['?', 'these keys'],
    ],
  ],
  [
    'In a run',
    [
      ['w l d c o p', 'waterfall, lanes, decision, chain, logs, compare'],
      ['e', 'next error'],
      ['x', 'only the critical path, or everything'],
      ['←  →', 'close, open what is below a span'],
      ['+  −', 'zoom in, out'],
      ['[  ]', 'move to earlier, later'],
      ['f', 'zoom to the span'],
      ['0', 'the whole run'],
      ['Esc', 'close the span'],
    ],
  ],
]

export function Help({ onClose }: { onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => dialog.current?.showModal(), [])
  return (
    <dialog
      ref={dialog}
      class="help"
      aria-labelledby="help-title"
      onClose={onClose}
      onClick={({ target }) => target === dialog.current && onClose()}
    >
      <h2 id="help-title">Keys</h2>
      {KEYS.map(([title, keys]) => (
        <section key={title}>
          <h3>{title}</h3>
          <dl>
            {keys.map(([key, does]) => (
              <div key={key}>
                <dt>
                  <kbd>{key}</kbd>
                </dt>
                <dd>{does}</dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
      <h3>Searching runs</h3>
      <p class="soft">
        Words are looked for in the request, the command and the code. Also: <code>failed</code>, <code>plugin:deploy</code>,{' '}
        <code>by:ada</code>, <code>&gt;5s</code>, <code>&lt;200ms</code>, <code>$0.01</code>.
      </p>
      <button type="button" onClick={onClose}>
        Close
      </button>
    </dialog>
  )
}
