import { useMemo, useState } from 'preact/hooks'

/** The stretch of time that is looked at. */
export interface TimeView {
  readonly fromUs: number
  readonly toUs: number
}

export interface TimeControls {
  readonly view: TimeView
  readonly isWhole: boolean
  zoom(factor: number, aroundUs?: number): void
  /** By a share of what is seen. */
  pan(share: number): void
  show(fromUs: number, toUs: number): void
  reset(): void
}

const LEAST_US = 10

export function useTimeView(totalUs: number): TimeControls {
  const [chosen, setChosen] = useState<TimeView>()
  const view = useMemo(() => chosen ?? { fromUs: 0, toUs: totalUs }, [chosen, totalUs])
  const set = (fromUs: number, toUs: number) => {
    const width = Math.min(totalUs, Math.max(LEAST_US, toUs - fromUs))
    const from = Math.min(Math.max(0, fromUs), totalUs - width)
    setChosen(width >= totalUs ? undefined : { fromUs: from, toUs: from + width })
  }
  const width = view.toUs - view.fromUs
  return {
    view,
    isWhole: chosen === undefined,
    zoom(factor, aroundUs = view.fromUs + width / 2) {
      set(aroundUs - (aroundUs - view.fromUs) * factor, aroundUs + (view.toUs - aroundUs) * factor)
    },
    pan: (share) => set(view.fromUs + width * share, view.toUs + width * share),
    show(fromUs, toUs) {
      const room = Math.max((toUs - fromUs) * 0.05, LEAST_US / 2)
      set(fromUs - room, toUs + room)
    },
    reset: () => setChosen(undefined),
  }
}

/** Where a stretch stands in what is seen, in percent, cut to it; undefined outside. */
export function placeOf(fromUs: number, toUs: number, view: TimeView): { readonly left: number; readonly width: number } | undefined {
  if (toUs < view.fromUs || fromUs > view.toUs) return undefined
  const seen = view.toUs - view.fromUs
  const left = Math.max(0, ((fromUs - view.fromUs) / seen) * 100)
  return { left, width: Math.min(100, ((toUs - view.fromUs) / seen) * 100) - left }
}

const STEPS = [1, 2, 5]

/** Round moments to write at, not more than so many. */
export function ticksOf({ fromUs, toUs }: TimeView, most: number): readonly number[] {
  const least = (toUs - fromUs) / most
  const power = 10 ** Math.floor(Math.log10(least))
  const step = power * (STEPS.find((one) => one * power >= least) ?? 10)
  const ticks: number[] = []
  for (let at = Math.ceil(fromUs / step) * step; at <= toUs; at += step) ticks.push(at)
  return ticks
}
