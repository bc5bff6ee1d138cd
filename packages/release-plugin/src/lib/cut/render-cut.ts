import { visible } from '../notes/visible.ts'
import type { CutFacts } from './view.ts'

const STATES: Readonly<Record<CutFacts['state'], string>> = {
  open: 'is under way, or ended half-way',
  done: 'is cut',
  undone: 'was taken back',
}
const OUTSIDE: Readonly<Record<CutFacts['pushed'], string>> = { no: 'no', maybe: 'nobody knows', yes: 'yes' }
const WIDTH = 80

/** One release for people: what stands of it and what to type next. */
export function renderCut(cut: CutFacts): string {
  const { state, commit, branch, files, pushed, published, begun, next } = cut
  const heading = [`${tagsOf(cut)} ${STATES[state]}`, '', `Begun    ${begun.slice(0, 19).replace('T', ' ')} UTC as ${cut.cut}`]
  if (state === 'undone') return heading.join('\n')
  const where = branch === null ? '' : ` on ${visible(branch)}`
  return [
    ...heading,
    `Files    ${list(files.map(visible))}`,
    `Commit   ${commit === null ? 'none' : `${commit.slice(0, 7)}${where}`}`,
    `Pushed   ${OUTSIDE[pushed]}`,
    ...published.map(
      ({ step, state: sent, url }) => `Publish  ${visible(step)}: ${OUTSIDE[sent]}${url === null ? '' : ` ${visible(url)}`}`,
    ),
    ...(next === null ? [] : ['', `→ ${next}`]),
  ].join('\n')
}

/** The releases of a repository, newest first. */
export function renderCuts(cuts: readonly CutFacts[]): string {
  if (cuts.length === 0) return 'No release was cut here.\n→ switchyard release plan'
  if (cuts.length === 1) return renderCut(cuts[0]!)
  return cuts
    .map((cut) => {
      const line = `${cut.begun.slice(0, 10)}  ${tagsOf(cut)} ${STATES[cut.state]}, pushed: ${OUTSIDE[cut.pushed]}`
      return cut.next === null ? line : `${line}\n            → ${cut.next}`
    })
    .join('\n')
}

const tagsOf = ({ releases }: CutFacts): string => list(releases.map(({ tag }) => visible(tag)))

/** As many as fit behind a label. */
function list(texts: readonly string[]): string {
  const shown: string[] = []
  for (const text of texts) {
    if (shown.length > 0 && [...shown, text].join(', ').length > WIDTH - 24) break
    shown.push(text)
  }
  const rest = texts.length - shown.length
  return `${shown.join(', ') || 'none'}${rest > 0 ? ` and ${rest} more` : ''}`
}
