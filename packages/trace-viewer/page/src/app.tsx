import { useEffect, useRef, useState } from 'preact/hooks'
import { type Api, ApiContext } from './api.ts'
import { Breakers } from './breakers.tsx'
import { BusView } from './bus.tsx'
import { Help } from './help.tsx'
import { useKeys } from './keys.ts'
import { Letters } from './letters.tsx'
import { go, PLACES, type Place, runHash, useRoute } from './route.ts'
import { Run } from './run.tsx'
import { Runs } from './runs.tsx'
import { StateView } from './state.tsx'
import { useTheme } from './theme.ts'

const TITLES: Readonly<Record<Place, string>> = {
  runs: 'Runs',
  bus: 'Bus',
  breakers: 'Breakers',
  letters: 'Dead letters',
  state: 'Shared state',
}

export function App({ api }: { api: Api }) {
  const route = useRoute()
  const [isHelped, setHelped] = useState(false)
  const [isLive, setLive] = useState<boolean>()
  const [theme, turnTheme] = useTheme()
  const main = useRef<HTMLElement>(null)
  const { file } = api
  useEffect(() => (file === undefined ? api.listen(() => {}, setLive) : undefined), [api])
  useEffect(() => {
    document.title = `${route.at === 'run' ? 'Run' : TITLES[route.at]} · Switchyard`
  }, [route.at])
  useKeys({
    '?': () => setHelped((is) => !is),
    t: turnTheme,
    ...(file === undefined && Object.fromEntries(PLACES.map((place, i) => [String(i + 1), () => go(`#/${place}`)]))),
  })
  const shown =
    file !== undefined && route.at !== 'run'
      ? ({ at: 'run', id: file.id, tab: 'waterfall', span: undefined, other: undefined } as const)
      : route

  return (
    <ApiContext.Provider value={api}>
      <header class="top">
        <a
          class="skip"
          href={location.hash || '#/runs'}
          onClick={(event) => {
            event.preventDefault()
            main.current?.focus()
          }}
        >
          Skip to the content
        </a>
        <a class="brand" href={file === undefined ? '#/runs' : runHash(file.id)}>
          <Mark /> Switchyard
        </a>
        {file === undefined ? (
          <nav aria-label="Views">
            {PLACES.map((place) => (
              <a
                key={place}
                href={`#/${place}`}
                aria-current={route.at === place || (place === 'runs' && route.at === 'run') ? 'page' : undefined}
              >
                {TITLES[place]}
              </a>
            ))}
          </nav>
        ) : (
          <span class="soft file-note">one run, as a file</span>
        )}
        <div class="tools">
          {file === undefined && (
            <span class={`live ${isLive === false ? 'is-off' : ''}`} role="status">
              {isLive === false ? 'not connected' : 'live'}
            </span>
          )}
          <button
            type="button"
            class="quiet"
            onClick={turnTheme}
            aria-label={theme === 'dark' ? 'Use the light theme' : 'Use the dark theme'}
          >
            <span aria-hidden="true">{theme === 'dark' ? '☀' : '☾'}</span>
          </button>
          <button type="button" class="quiet" onClick={() => setHelped(true)} aria-label="Keys">
            <span aria-hidden="true">?</span>
          </button>
        </div>
      </header>
      <main ref={main} tabIndex={-1}>
        {shown.at === 'runs' && <Runs filter={shown.filter} />}
        {shown.at === 'run' && <Run key={shown.id} route={shown} />}
        {shown.at === 'bus' && <BusView />}
        {shown.at === 'breakers' && <Breakers />}
        {shown.at === 'letters' && <Letters />}
        {shown.at === 'state' && <StateView />}
      </main>
      {isHelped && <Help onClose={() => setHelped(false)} />}
    </ApiContext.Provider>
  )
}

/** Tracks that part and meet. */
function Mark() {
  return (
    <svg viewBox="0 0 20 20" width="18" height="18" aria-hidden="true">
      <path d="M1 14h5c4 0 4-8 8-8h5M1 14h18" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" />
      <circle cx="6" cy="14" r="2.4" fill="currentColor" />
    </svg>
  )
}
