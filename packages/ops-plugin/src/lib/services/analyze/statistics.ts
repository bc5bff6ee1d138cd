/** The value below which the given share lies, between the two nearest; undefined for nothing. */
export function quantile(values: readonly number[], share: number): number | undefined {
  if (values.length === 0) return undefined
  const sorted = [...values].sort((a, b) => a - b)
  const at = (sorted.length - 1) * share
  const low = sorted[Math.floor(at)]!
  return low + (sorted[Math.ceil(at)]! - low) * (at - Math.floor(at))
}

export const median = (values: readonly number[]): number | undefined => quantile(values, 0.5)

/** Median distance from the median, scaled so that it equals the standard deviation where values are normal. */
function spread(values: readonly number[]): number | undefined {
  const middle = median(values)
  if (middle === undefined) return undefined
  const distance = median(values.map((value) => Math.abs(value - middle)))
  return distance === undefined ? undefined : distance * 1.4826
}

export interface Point {
  readonly x: number
  readonly y: number
}

/** A line through points that a few outliers do not bend, and how sure it is that there is a slope at all. */
export interface Trend {
  readonly slope: number
  readonly intercept: number
  /** Two-sided; small is sure. */
  readonly p: number
}

const MAX_POINTS = 500

/** Theil and Sen's median of slopes, with Mann and Kendall's test. Undefined for fewer than 5 points. */
export function trendOf(points: readonly Point[]): Trend | undefined {
  const chosen = points.length <= MAX_POINTS ? points : thinned(points)
  const n = chosen.length
  if (n < 5) return undefined
  const slopes: number[] = []
  let agreement = 0
  for (const [index, a] of chosen.entries()) {
    for (let other = index + 1; other < n; other++) {
      const b = chosen[other]!
      if (b.x === a.x) continue
      slopes.push((b.y - a.y) / (b.x - a.x))
      agreement += Math.sign(b.y - a.y) * Math.sign(b.x - a.x)
    }
  }
  const slope = median(slopes)
  if (slope === undefined) return undefined
  const ties = new Map<number, number>()
  for (const { y } of chosen) ties.set(y, (ties.get(y) ?? 0) + 1)
  const tied = [...ties.values()].reduce((sum, count) => sum + count * (count - 1) * (2 * count + 5), 0)
  const variance = (n * (n - 1) * (2 * n + 5) - tied) / 18
  const z = variance <= 0 || agreement === 0 ? 0 : (agreement - Math.sign(agreement)) / Math.sqrt(variance)
  return { slope, intercept: median(chosen.map(({ x, y }) => y - slope * x))!, p: 2 * (1 - normal(Math.abs(z))) }
}

function thinned(points: readonly Point[]): readonly Point[] {
  const size = Math.ceil(points.length / MAX_POINTS)
  const groups = Array.from({ length: Math.ceil(points.length / size) }, (_, index) => points.slice(index * size, (index + 1) * size))
  return groups.map((group) => ({ x: median(group.map(({ x }) => x))!, y: median(group.map(({ y }) => y))! }))
}

/** Share of a normal distribution below z; off by less than 0.0000002. */
function normal(z: number): number {
  const t = 1 / (1 + 0.2316419 * z)
  const tail = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))))
  return 1 - (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * tail
}

/** Wilson's interval for a share, at 95 %: it stays honest for few tries and for none that failed. */
export function shareInterval(
  hits: number,
  tries: number,
): { readonly share: number; readonly low: number; readonly high: number } | undefined {
  if (tries === 0) return undefined
  const z = 1.96
  const share = hits / tries
  const scale = 1 + (z * z) / tries
  const middle = (share + (z * z) / (2 * tries)) / scale
  const half = (z * Math.sqrt((share * (1 - share)) / tries + (z * z) / (4 * tries * tries))) / scale
  return { share, low: Math.max(0, middle - half), high: Math.min(1, middle + half) }
}

/** Indexes of values that stand out: more than 3.5 spreads from the median, and far enough to matter. */
export function outliers(values: readonly number[], leastDistance: number): readonly number[] {
  const middle = median(values)
  const width = spread(values)
  if (middle === undefined || width === undefined) return []
  const limit = Math.max(3.5 * width, leastDistance)
  return [...values.keys()].filter((index) => Math.abs(values[index]! - middle) > limit)
}
