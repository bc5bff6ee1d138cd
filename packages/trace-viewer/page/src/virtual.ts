import type { RefObject } from 'preact'
import { useEffect, useLayoutEffect, useState } from 'preact/hooks'

const OVERSCAN = 12

/** Which rows of a long list are worth drawing, as its container is scrolled. */
export interface Window {
  readonly first: number
  /** Not included. */
  readonly last: number
}

export function useWindow(container: RefObject<HTMLElement | null>, count: number, rowPx: number): Window {
  const [seen, setSeen] = useState<Window>({ first: 0, last: 60 })
  useLayoutEffect(() => {
    const element = container.current
    if (element === null) return
    const look = () => {
      // In steps, so that not every pixel of scrolling draws anew.
      const first = Math.max(0, Math.floor(element.scrollTop / rowPx / 4) * 4 - OVERSCAN)
      const last = first + Math.ceil(element.clientHeight / rowPx) + 2 * OVERSCAN + 4
      setSeen((before) => (before.first === first && before.last === last ? before : { first, last }))
    }
    look()
    element.addEventListener('scroll', look, { passive: true })
    const observer = new ResizeObserver(look)
    observer.observe(element)
    return () => {
      element.removeEventListener('scroll', look)
      observer.disconnect()
    }
  }, [container, rowPx])
  return { first: Math.min(seen.first, Math.max(0, count - 1)), last: Math.min(seen.last, count) }
}

/** Scrolls only as far as is needed to have a row in sight. */
export function showRow(element: HTMLElement | null, row: number, rowPx: number): void {
  if (element === null || row < 0) return
  const top = row * rowPx
  if (top < element.scrollTop) element.scrollTop = Math.max(0, top - rowPx)
  else if (top + 2 * rowPx > element.scrollTop + element.clientHeight) element.scrollTop = top + 2 * rowPx - element.clientHeight
}

/** Whether a media query holds. */
export function useMedia(query: string): boolean {
  const [holds, setHolds] = useState(() => matchMedia(query).matches)
  useEffect(() => {
    const list = matchMedia(query)
    const changed = () => setHolds(list.matches)
    changed()
    list.addEventListener('change', changed)
    return () => list.removeEventListener('change', changed)
  }, [query])
  return holds
}
