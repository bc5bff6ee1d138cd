import type { Evaluation } from '@switchyard/router'

const WIDTH = 50

/** How often the router was right, by how sure it was: where the bars end at the marks, it is as often right as it says. */
export function reliabilityDiagram(reliability: Evaluation['reliability']): string {
  const percent = (share: number): string => `${Math.round(100 * share)} %`.padStart(5)
  const lines = reliability.map(({ confidence, accuracy, n }) => {
    const right = Math.round(WIDTH * accuracy)
    const sure = Math.min(WIDTH - 1, Math.round(WIDTH * confidence))
    const bar = Array.from({ length: WIDTH }, (_, at) => (at === sure ? '|' : at < right ? '=' : ' ')).join('')
    return `  ${percent(confidence)} ${bar} ${percent(accuracy)} ${String(n).padStart(6)}`
  })
  return [`   sure ${''.padEnd(WIDTH)} right  times`, ...lines].join('\n')
}
