import { lexemesOf } from '../arguments/lexeme.ts'
import { isVerb, VERBS } from '../verbs.ts'

const STATES =
  /^(?!(?:is|are|was|were|has|have|do|does|did|can|could|will|would|what|which|who|where|when|why|how|i want|i need|we need|i['’]d|please)\b).*\b(?:is|are|am|was|were|has|had|keeps?|went|got|messed|broke|failed|fails|says?|seems?|looks?|hangs?|crashed|crashes|shows|needs|takes|wants|complains|wonders|thinks|insists|swears|waits|dies|leaks|stalls|freezes|expires|flaps|lags|runs? out)\b/iu
/** "we fixed the bug" */
const TELLS = /^(?:we|i|they|somebody|someone)(?:['’]ve)?\s+(?:just\s+|already\s+|have\s+)*(?!need\b)\w+ed\b/iu

/** "Ben deployed on Friday", but not "services monitored". */
const SOMEBODY = /^(?:(?:my|our|the|a) )?(\p{L}+)(?: already| just| has| had| also)* (\p{L}+ed)\b/iu
const NOBODY = new Set('everything anything something nothing all any what which who need'.split(' '))

function tellsOfSomebody(text: string): boolean {
  const [, who = '', did = ''] = SOMEBODY.exec(text) ?? []
  return did !== '' && isVerb(did.toLowerCase()) && !who.endsWith('s') && !NOBODY.has(who.toLowerCase()) && !isVerb(who.toLowerCase())
}

/** What is the matter is said within so many characters. */
const OPENING = 200

/** "the export messed up my changelog, ...": what is the matter, rather than what is to be done. */
export function isReport(text: string): boolean {
  const [first, second] = lexemesOf(text.slice(0, OPENING))
  if (first === undefined) return false
  if (TELLS.test(text) || tellsOfSomebody(text)) return true
  if (!STATES.test(text.slice(0, OPENING))) return false
  // "release is ready" has no verb that asks for something.
  return !VERBS.has(first.lower) || /^(?:is|are|was|were)$/.test(second?.lower ?? '')
}
