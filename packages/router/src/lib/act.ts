import { stem } from './stem.ts'
import { STOP_WORDS } from './stop-words.ts'
import { isVerb } from './verbs.ts'

/** Verbs that ask for the same kind of thing, a kind a line; a verb may be of several. */
const KINDS = `
look: show display print view see read get describe tell give fetch retrieve look lookup
list: list enumerate name
make: create make add new open file raise generate write draft produce build compose prepare
register: register add include track enter record adopt onboard enrol put
change: change update edit modify alter adjust revise set rename relabel amend rewrite overwrite replace correct lower raise bump increase reduce
fix: fix repair mend correct solve straighten patch heal remedy resolve cure
close: close shut resolve finish settle complete tick
end: stop end halt quit disable unwatch mute cancel abort
remove: remove delete erase drop scrap discard clear wipe purge destroy kill forget unregister untrack unlist bin trash throw
undo: undo revert rollback annul reverse unpublish unpush retract withdraw pull
start: start begin launch kick trigger fire initiate
run: run execute perform play follow carry do launch trigger fire go
resume: resume continue proceed complete finish unpause retry
publish: publish push upload ship announce
deploy: deploy ship release rollout promote
check: check verify validate test lint inspect examine scan audit review assess
compare: compare diff match
watch: watch monitor observe track follow keep
investigate: investigate debug diagnose troubleshoot analyse analyze trace
save: save store keep record capture note log remember
export: export write output render dump save
import: import load pull fetch sync
plan: plan preview rehearse simulate propose
`

const KINDS_BY_STEM: ReadonlyMap<string, readonly string[]> = readKinds()

function readKinds(): Map<string, string[]> {
  const kinds = new Map<string, string[]>()
  for (const line of KINDS.trim().split('\n')) {
    const [kind = '', verbs = ''] = line.split(': ')
    for (const verb of new Set(verbs.split(' ').map(stem))) kinds.set(verb, [...(kinds.get(verb) ?? []), kind])
  }
  return kinds
}

/** What people begin with before they say what they want. */
const LEADS = new Set(
  (
    'please can could you would will i we want wanna need like just also then now to let us and so okay hey hi first finally next lastly ' +
    'should must go ahead kindly maybe have'
  ).split(' '),
)
const QUESTIONS = new Set('is are was were am do does did has had what which who whose whom when where why how whether any'.split(' '))

/** How a request is put: a question, an order to show or to do something, or a remark that names no verb. */
type Mood = 'ask' | 'look' | 'do' | 'say'

interface Act {
  readonly mood: Mood
  /** What kinds of thing its first verb asks for; a verb of no known kind is its own. */
  readonly kinds: readonly string[]
  /** Where the request begins behind its politeness. */
  readonly at: number
}

function actOf(words: readonly string[], stems: readonly string[]): Act {
  let at = 0
  while (at < words.length - 1 && LEADS.has(words[at]!)) at++
  if (QUESTIONS.has(words[at]!)) return { mood: 'ask', kinds: [], at }
  const kinds = KINDS_BY_STEM.get(stems[at]!) ?? (isVerb(words[at]!) ? [stems[at]!] : [])
  if (kinds.length === 0) return { mood: 'say', kinds, at }
  return { mood: kinds.includes('look') || kinds.includes('list') ? 'look' : 'do', kinds, at }
}

/**
 * Visits how a request is put and what kind of thing it asks for, alone and beside each of its words: "issue 7" asks to see what "drop
 * issue 7" ends, and "annul the release" meets an example that says "revert".
 */
export function visitAct(
  words: readonly string[],
  stems: readonly string[],
  visit: (label: string, joint?: string, more?: string) => void,
): void {
  if (words.length === 0) return
  const { mood, kinds, at } = actOf(words, stems)
  const put = `?${mood}`
  const orders = kinds.map((kind) => `!${kind}`)
  visit(put)
  for (const order of orders) visit(order)
  for (const [i, here] of stems.entries()) {
    if ((i === at && kinds.length > 0) || STOP_WORDS.has(words[i]!)) continue
    visit(put, ' ', here)
    for (const order of orders) visit(order, ' ', here)
    if (i > at) for (const kind of KINDS_BY_STEM.get(here) ?? []) visit('.', kind)
  }
}
