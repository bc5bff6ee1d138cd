import { useEffect, useState } from 'preact/hooks'

export const RUN_TABS = ['waterfall', 'lanes', 'decision', 'chain', 'logs', 'compare'] as const
export type RunTab = (typeof RUN_TABS)[number]

export const PLACES = ['runs', 'bus', 'breakers', 'letters', 'state'] as const
export type Place = (typeof PLACES)[number]

/** Where the page is, as its address says behind `#`. */
export type Route =
  | { readonly at: Exclude<Place, 'runs'> }
  | { readonly at: 'runs'; readonly filter: string }
  | { readonly at: 'run'; readonly id: string; readonly tab: RunTab; readonly span: string | undefined; readonly other: string | undefined }

function parseRoute(hash: string): Route {
  const [path = '', search = ''] = hash.replace(/^#\/?/, '').split('?')
  const query = new URLSearchParams(search)
  const [place = '', id = '', tab = ''] = path.split('/')
  if (place === 'run' && /^[0-9a-f]{32}$/.test(id)) {
    return {
      at: 'run',
      id,
      tab: RUN_TABS.find((one) => one === tab) ?? 'waterfall',
      span: query.get('span') ?? undefined,
      other: query.get('with') ?? undefined,
    }
  }
  const found = PLACES.find((one) => one === place) ?? 'runs'
  return found === 'runs' ? { at: 'runs', filter: query.get('q') ?? '' } : { at: found }
}

export function hashOf(route: Route): string {
  if (route.at === 'runs') return `#/runs${route.filter === '' ? '' : `?q=${encodeURIComponent(route.filter)}`}`
  if (route.at !== 'run') return `#/${route.at}`
  const query = new URLSearchParams()
  if (route.span !== undefined) query.set('span', route.span)
  if (route.other !== undefined) query.set('with', route.other)
  return `#/run/${route.id}/${route.tab}${query.size === 0 ? '' : `?${query}`}`
}

export const runHash = (id: string, tab: RunTab = 'waterfall', span?: string): string =>
  hashOf({ at: 'run', id, tab, span, other: undefined })

export function go(hash: string): void {
  location.hash = hash
}

/** Changes the address without a step that "back" would return to. */
export function replaceHash(hash: string): void {
  history.replaceState(null, '', hash)
  dispatchEvent(new HashChangeEvent('hashchange'))
}

export function useRoute(): Route {
  const [hash, setHash] = useState(location.hash)
  useEffect(() => {
    const changed = () => setHash(location.hash)
    addEventListener('hashchange', changed)
    return () => removeEventListener('hashchange', changed)
  }, [])
  return parseRoute(hash)
}
