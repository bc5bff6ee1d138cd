/** A duration in the unit that fits: `840 µs`, `12.3 ms`, `4.56 s`, `3 min 20 s`, `2 h 5 min`. */
export function durationText(us: number): string {
  if (us < 999.5) return `${Math.round(us)} µs`
  const ms = us / 1_000
  if (ms < 999.5) return `${three(ms)} ms`
  const seconds = ms / 1_000
  if (seconds < 59.95) return `${three(seconds)} s`
  const whole = Math.round(seconds)
  if (whole < 3_600) return pair(Math.floor(whole / 60), 'min', whole % 60, 's')
  const minutes = Math.round(seconds / 60)
  if (minutes < 1_440) return pair(Math.floor(minutes / 60), 'h', minutes % 60, 'min')
  const hours = Math.round(minutes / 60)
  return pair(Math.floor(hours / 24), 'd', hours % 24, 'h')
}

/** How much more or less it took. */
export const deltaText = (us: number): string => `${us < 0 ? '−' : '+'}${durationText(Math.abs(us))}`

export function costText(usd: number): string {
  if (usd === 0) return '$0'
  return `$${usd.toFixed(usd < 0.1 ? 4 : 2)}`
}

const three = (value: number): string => (value < 9.995 ? value.toFixed(2) : value < 99.95 ? value.toFixed(1) : value.toFixed(0))

const pair = (big: number, unit: string, small: number, smallUnit: string): string =>
  small === 0 ? `${big} ${unit}` : `${big} ${unit} ${small} ${smallUnit}`
