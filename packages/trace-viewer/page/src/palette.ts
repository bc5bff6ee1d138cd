/** How many hues there are for lanes; red, amber and violet are left to what failed, was undone, or waits. */
const HUES = 8

/** The same lane has the same hue in every view of a run. */
export function hues(lanes: readonly string[]): (lane: string) => string {
  const byLane = new Map(lanes.map((lane, i) => [lane, `hue-${i % HUES}`]))
  return (lane) => byLane.get(lane) ?? 'hue-0'
}
