import { lexemesOf } from '../arguments/lexeme.ts'
import { stem } from '../stem.ts'
import { synonymGroups } from '../synonyms.ts'
import type { CommandFacts } from './command-facts.ts'

/** Words that ask for something to be gone. */
const DESTROYS = new Set(
  'destroy delete remove drop wipe purge erase tear teardown uninstall discard kill terminate decommission clear prune nuke undeploy rm eliminate trash dismantle unregister deregister'
    .split(' ')
    .map(stem),
)
/** The same in more words than one. */
const RIDS =
  /\b(?:(?:get|be|getting) rid of|(?:throw|take|strike|cross|scratch|pull)\s+(?:[\p{L}\p{N}./-]+\s+){0,4}(?:away|out|off|down|down again))\b/iu
/** What is done to a thing to have it back; "get back to me" is not that. */
const BRINGS = new Set('go bring put take switch move step fall set return'.split(' ').map(stem))
/** Beginnings of a request that wants to know something, and does not want it done. */
const WONDERS =
  /^(?:(?:hey|hi|so|and|please|okay|ok)[,\s]+)*(?:how (?:do|can|could|would|should|to|does|did|long|often|much)|what (?:if|happens|would happen|does|is|are|was)|why|when (?:did|was|is|will)|who|should (?:i|we)|is it (?:safe|ok|okay|possible)|can i|may i|could i|explain|tell me (?:how|about|why|what)|what['’]s)\b/iu

/** What takes a wish back or spares a part of it, wherever in a request it stands: whoever says one of these is asked before anything is gone. */
const FORBIDS =
  /\b(?:not|never|don['’]?t|do\s?n['’]t|doesn['’]?t|mustn['’]?t|shouldn['’]?t|won['’]?t|can['’]?t|cannot|no way|no need|under no|on no account|by no means|instead of|rather than|avoid|refrain|prevent|nobody|no one|nothing|except|excluding|apart from|other than|besides|save for|(?:all|any\w*|every\w*)(?: [\p{L}-]+)? but|but for|keep|spare|must stay|stays|the (?:rest|copy)|others?|replaced)\b/iu

/** Beginnings of a question about the world, which no command answers: "what is a changelog", "how does a version number work". */
const GENERAL = new RegExp(
  `^(?:(?:hey|hi|so|and|please|okay|ok)[,\\s]+)*(?:${[
    'how (?:do|can|could|would|should) (?:i|you|we|one|people|teams|others)',
    'how does an?',
    "what(?: is|['’]s| are) (?:an?|the (?:point|meaning|purpose|definition|use|idea) of)",
    "what(?: is|['’]s) the difference between an?",
    '(?:can you )?explain (?:to me )?what an?',
    'what does an? [\\p{L}-]+(?: [\\p{L}-]+)? (?:do|mean|earn|cost)',
    'who (?:invented|made|created)',
    'should (?:i|we)',
    'is it (?:worth|safe|ok|okay|wise|a good idea)',
    '(?:can you )?(?:tell|show|teach) me how to',
  ].join('|')})\\b`,
  'iu',
)

const DAY = '(?:mon|tues|wednes|thurs|fri|satur|sun)day'
const SPAN = '(?:second|minute|min|hour|day|week|month)s?'
const HOUR = String.raw`(?:\d{1,2}(?::\d\d)?(?:\s?(?:am|pm|h|o['’]?clock))?|noon|midnight)`
/** Words that set a time ahead, or again and again. */
const LATER = new RegExp(
  String.raw`\b(?:${[
    `(?:tomorrow|tonight)(?: (?:morning|noon|afternoon|evening|night))?(?:,? at ${HOUR})?`,
    `(?:(?:on|next|this|by) )?(?<!\\b(?:since|last|of|from|before|after|until) )${DAY}(?!['’]s)(?: (?:morning|afternoon|evening|night))?(?:,? at ${HOUR})?`,
    'next (?:week|month|sprint)',
    String.raw`at (?:\d{1,2}:\d\d|\d{1,2}\s?(?:am|pm|h|o['’]?clock)|noon|midnight)`,
    String.raw`in (?:an?|half an|about an|\d+|two|three|five|ten|a few|some) ${SPAN}`,
    String.raw`(?:every|each) (?:\d+ ${SPAN}|(?:other )?${SPAN}|morning|evening|night|${DAY})`,
    String.raw`at (?:[01]?\d|2[0-4])(?=\s*(?:[.,!?]|$))`,
    '(?:around|about) (?:noon|midnight)',
    String.raw`(?:on )?\d{4}-\d\d-\d\d`,
    String.raw`(?:on (?:every|each)|(?:every|each) time) \p{L}+|after the \p{L}+`,
    'daily|hourly|weekly|nightly|soon|later(?: today| on)?',
  ].join('|')})(?![\p{L}\p{N}.:])`,
  'iu',
)

/** When a request wants something to be done, if not now: nothing here waits until then. */
export function laterIn(text: string): { readonly said: string; readonly start: number; readonly end: number } | undefined {
  if (/\b(?:now|immediately|right away)\b/iu.test(text)) return undefined
  const found = LATER.exec(text)
  return found === null ? undefined : { said: found[0], start: found.index, end: found.index + found[0].length }
}

const TAKES_BACK =
  /[,.;:!?–—-]\s*(?:no,? (?:wait|sorry)|wait,? no|no no|oh no|sorry(?! (?:for|about|to|that|but)\b)|w?oops|er+|uh|i mean(?:t)?|or rather|correction|scratch that|strike that|actually|no(?=\s*[,–—-]))(?![\p{L}\p{N}])/iu

/** Whether something is said and taken back in one breath: "4 replicas, no wait, 6". Which of the two is meant is for a person to say. */
export const takesBack = (text: string): boolean => TAKES_BACK.test(text)

/** Whether a part of a request says in its own words what a command would do, as far as that is more than to look. */
export function isAskedFor(text: string, { effect, id }: CommandFacts, request = text): boolean {
  if (GENERAL.test(text.trim())) return false
  if (effect === 'read') return true
  if (WONDERS.test(text.trim())) return false
  if (effect === 'write') return true
  if (FORBIDS.test(request)) return false
  const verb = stem(id.split(/[.-]/).at(-1)!)
  const groups = synonymGroups(verb)
  const means = (word: string): boolean =>
    word === verb || DESTROYS.has(word) || synonymGroups(word).some((group) => groups.includes(group))
  if (RIDS.test(text)) return true
  // "un-publish" is "unpublish".
  const all = lexemesOf(text.replace(/\b(un|de|re|roll)-(?=\p{L})/giu, '$1'))
  const lexemes = all.some(({ stem: word }) => BRINGS.has(word)) ? all : all.filter(({ lower }) => lower !== 'back')
  const joined = all.map(({ lower }, at) => stem(lower + (all[at + 1]?.lower ?? '')))
  // "roll back production" says "rollback" in two words.
  return joined.includes(verb) || lexemes.some(({ stem: word }) => means(word))
}
