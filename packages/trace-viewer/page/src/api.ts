import { createContext } from 'preact'
import { useContext, useEffect, useRef, useState } from 'preact/hooks'
import type {
  BreakerRow,
  BusData,
  ChainData,
  DecisionData,
  Exported,
  LetterRow,
  LogLine,
  Pulse,
  RunRow,
  SpanDetail,
  StateRow,
  TraceData,
} from '../../src/model/wire.ts'

/** Everything that the page asks for; from its server, or from what its file holds. */
export interface Api {
  /** The one run that a file holds. */
  readonly file: RunRow | undefined
  runs(): Promise<readonly RunRow[]>
  trace(id: string): Promise<TraceData>
  span(id: string, span: string): Promise<SpanDetail>
  logs(id: string): Promise<readonly LogLine[]>
  decision(id: string): Promise<DecisionData | null>
  chain(id: string): Promise<ChainData | null>
  breakers(): Promise<readonly BreakerRow[]>
  bus(): Promise<BusData>
  letters(): Promise<readonly LetterRow[]>
  state(): Promise<readonly StateRow[]>
  replay(letter: number): Promise<void>
  discard(letter: number): Promise<void>
  /** Where a run can be had as a file. */
  exportAddress(id: string, kind: 'html' | 'json'): string | undefined
  /** Hears of changes and of whether the server is there; the returned function ends it. */
  listen(listener: (pulse: Pulse) => void, onConnected?: (isConnected: boolean) => void): () => void
}

export function createApi(): Api {
  const element = document.getElementById('exported')
  return element === null ? serverApi() : fileApi(JSON.parse(element.textContent ?? '') as Exported)
}

function serverApi(): Api {
  const base = new URL('api/', location.href.replace(/[?#].*$/, ''))
  const listeners = new Set<{ heard: (pulse: Pulse) => void; connected?: ((isConnected: boolean) => void) | undefined }>()
  let source: EventSource | undefined

  async function get<value>(path: string): Promise<value> {
    return read(await fetch(new URL(path, base)))
  }

  async function post(path: string): Promise<void> {
    await read(await fetch(new URL(path, base), { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' }))
  }

  return {
    file: undefined,
    runs: () => get('runs'),
    trace: (id) => get(`runs/${id}`),
    span: (id, span) => get(`runs/${id}/spans/${span}`),
    logs: (id) => get(`runs/${id}/logs`),
    decision: (id) => get(`runs/${id}/decision`),
    chain: (id) => get(`runs/${id}/chain`),
    breakers: () => get('breakers'),
    bus: () => get('bus'),
    letters: () => get('letters'),
    state: () => get('state'),
    replay: (letter) => post(`letters/${letter}/replay`),
    discard: (letter) => post(`letters/${letter}/discard`),
    exportAddress: (id, kind) => new URL(`runs/${id}/export.${kind}`, base).href,
    listen(heard, connected) {
      const listener = { heard, connected }
      listeners.add(listener)
      source ??= open()
      if (source.readyState === EventSource.OPEN) connected?.(true)
      return () => {
        listeners.delete(listener)
        if (listeners.size > 0) return
        source?.close()
        source = undefined
      }
    },
  }

  function open(): EventSource {
    const opened = new EventSource(new URL('live', base))
    opened.onopen = () => tell(true)
    opened.onerror = () => tell(false)
    opened.onmessage = ({ data }) => {
      const pulse = JSON.parse(data as string) as Pulse
      for (const { heard } of listeners) heard(pulse)
    }
    return opened
  }

  function tell(isConnected: boolean): void {
    for (const { connected } of listeners) connected?.(isConnected)
  }
}

async function read<value>(response: Response): Promise<value> {
  if (response.ok) return (await response.json()) as value
  const text = await response.text()
  let message = text
  try {
    message = (JSON.parse(text) as { message: string }).message
  } catch {}
  throw new Error(message)
}

function fileApi({ trace, good, details, decision, chain, logs }: Exported): Api {
  const gone = (): Promise<never> => Promise.reject(new Error('This file holds one run alone'))
  return {
    file: trace.run,
    runs: async () => [trace.run],
    trace: async (id) => (id === trace.run.id ? trace : id === good?.run.id ? good : gone()),
    span: async (_, span) => details[span] ?? Promise.reject(new Error('This file does not hold what went in and out of this span')),
    logs: async () => logs,
    decision: async () => decision ?? null,
    chain: async () => chain ?? null,
    breakers: gone,
    bus: gone,
    letters: gone,
    state: gone,
    replay: gone,
    discard: gone,
    exportAddress: () => undefined,
    listen: () => () => {},
  }
}

export const ApiContext = createContext<Api | undefined>(undefined)

export function useApi(): Api {
  const api = useContext(ApiContext)
  if (api === undefined) throw new Error('There is no api around this')
  return api
}

export interface Loaded<value> {
  readonly value: value | undefined
  readonly error: Error | undefined
  readonly reload: () => void
}

/** What `load` resolves to, anew when a key changes; what was there before stays while the same thing is read again. */
export function useLoaded<value>(load: () => Promise<value>, keys: readonly unknown[]): Loaded<value> {
  const [state, setState] = useState<{ value?: value; error?: Error; keys: readonly unknown[] }>({ keys })
  const [turn, setTurn] = useState(0)
  const isSame = keys.every((key, i) => key === state.keys[i])
  useEffect(() => {
    let isOn = true
    load().then(
      (value) => isOn && setState({ value, keys }),
      (error: unknown) => isOn && setState({ error: error instanceof Error ? error : new Error(String(error)), keys }),
    )
    return () => {
      isOn = false
    }
  }, [...keys, turn])
  return { value: isSame ? state.value : undefined, error: isSame ? state.error : undefined, reload: () => setTurn((n) => n + 1) }
}

/** Calls back after changes, three times a second at most. */
export function useChanges(onChange: () => void, concerns: (pulse: Pulse) => boolean = () => true): void {
  const api = useApi()
  const latest = useRef({ onChange, concerns })
  latest.current = { onChange, concerns }
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    let lastMs = 0
    const stop = api.listen((pulse) => {
      if (!latest.current.concerns(pulse) || timer !== undefined) return
      timer = setTimeout(
        () => {
          timer = undefined
          lastMs = performance.now()
          latest.current.onChange()
        },
        Math.max(0, 300 - (performance.now() - lastMs)),
      )
    })
    return () => {
      stop()
      clearTimeout(timer)
    }
  }, [api])
}
