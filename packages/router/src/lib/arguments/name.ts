import { COMMON_WORDS } from '../common-words.ts'
import { STOP_WORDS } from '../stop-words.ts'
import { isVerb } from '../verbs.ts'
import { PLAIN_WORDS } from './plain-words.ts'

/** Words that are nobody's name. */
export const NO_NAME = new Set(
  (
    'number no nr tls ssl dns http https tcp ssh json yaml html sarif pdf csv cpu ram ci cd need want systemd docker podman it its this that these those them they here everything all any every each anything something nothing me us you one ones others there now today ' +
    'please second production staging development testing prod env environment environments project projects repository repo workspace ' +
    'machine host service services server container process unit issue issues log logs error errors health supervision release releases version deployment ' +
    'good bad well manual automatic earlier later past recent still anymore longer half single alone hand-run hand-made by-hand response latency thing things once root only else ' +
    'deployments status list record records entry entries detail details state history row table page run runs time minute minutes hour hours day days week weeks month months problem problems report down up out over off away'
  ).split(' '),
)

/** Whether a word says something of its own in everyday English: no thing is called so unless the request says that it is a name. */
export const isOrdinary = (word: string): boolean =>
  isEveryday(word) || isVerb(word) || /(?:ly|ed)$/.test(word) || (word.endsWith('s') && isEveryday(word.slice(0, -1)))

export const isEveryday = (word: string): boolean =>
  COMMON_WORDS.has(word) || PLAIN_WORDS.has(word) || STOP_WORDS.has(word) || NO_NAME.has(word)
