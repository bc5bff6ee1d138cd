/** What fields are alike in how their values are named: what a command is done to, the project it is about, and all others. */
export type NamingGroup = 'object' | 'project' | 'other'

export const NAMING_GROUPS: readonly NamingGroup[] = ['object', 'project', 'other']

/**
 * How much each signal speaks for a word being the name, in this order: {object, project, other}. A field stays open where no word has more
 * points than the first block has. The numbers are made by `npm run fit`: a logistic model that chooses among the words of a request and none
 * of them.
 */
const TABLE = `
none:  1.1  1.3  1.8
required: -1.7 -1.5 -2.1
has default:  0.0  1.1  0.4
list:  1.1  0.0  0.3
folder:  0.0  2.5  1.2
kind said:  0.7 -1.3 -2.6
kind pointed at:  0.2  1.0  0.0

kind before:  1.4  2.6  3.9
own name before:  0.8  1.8  1.0
own name and place before:  0.0 -0.1  2.8
kind after:  1.3  1.8  1.3
kind itself: -1.9 -0.2 -1.0
other kind before: -1.6 -1.0 -1.8
named:  2.5 -0.7  1.9
kind called:  5.7  4.4  4.1
the and kind:  1.2  2.3  0.7

usual name:  3.4  2.6  0.0
usual name in place:  0.9  2.0 -0.7
usual name at the end:  0.7  0.8  0.2
unknown:  2.3  1.7  1.2
unknown first:  0.4  0.6 -2.2
unknown in place:  1.7  2.1 -1.2
unknown at the end:  0.6  0.5  0.3
shaped:  1.2 -0.6  2.6
capital: -2.3 -0.7 -0.4
with digits: -1.8 -0.1  1.1
short: -1.4 -0.7 -0.6
owner:  0.1  1.6  0.0

everyday: -2.9 -1.8 -1.8
no name: -0.5 -1.0 -1.0
ordinary form: -1.2 -1.0  0.0
slip: -0.8 -0.7  0.0
verb: -0.9 -1.2 -1.2
doing: -2.4 -1.2 -0.7
abstract: -0.1 -0.7 -0.5
own word: -2.4 -1.4 -1.4

no article: -0.1 -1.0 -1.6
the: -0.3 -1.7 -2.0
a: -2.3 -2.0 -2.3
behind adjective: -0.8 -1.2 -0.7

of:  1.4  0.9 -0.2
for:  0.8  0.6 -0.7
on:  0.2  0.4  0.7
in: -0.1  0.8 -0.4
from: -0.1 -0.7 -0.7
to:  0.4 -0.6  0.4
with: -0.2  0.4  1.0
as: -0.3 -0.4  1.3
other place:  0.3 -0.2 -0.8
matter:  0.7  0.0  0.0

behind first verb:  1.9  0.6 -0.6
behind verb: -0.4 -0.5 -0.4
asked of:  0.7  0.7 -0.5
behind noun: -0.5 -1.1 -0.8
behind value: -0.1 -0.8 -1.2

said of:  0.9  0.9 -1.1
before value: -0.2 -0.8 -1.1
before placed value:  1.7 -0.6 -0.3
before own word:  0.7 -0.5 -1.2
before verb: -0.3 -0.5 -0.6
before noun: -0.5 -0.9 -1.5

first: -1.4 -0.5 -1.5
first of few:  0.8  0.0 -0.6
ends clause: -0.6  0.3 -0.4
later clause: -0.7 -0.2 -1.0
reported: -1.0 -0.5 -0.6
told by somebody: -0.3 -0.7 -1.0
aside:  0.5 -0.8 -0.2
`

const WEIGHTS: Readonly<Record<NamingGroup, ReadonlyMap<string, number>>> = readTable()

function readTable(): Record<NamingGroup, Map<string, number>> {
  const weights = { object: new Map<string, number>(), project: new Map<string, number>(), other: new Map<string, number>() }
  for (const line of TABLE.trim().split(/\n+/)) {
    const [signal = '', numbers = ''] = line.split(':')
    for (const [i, weight] of numbers.trim().split(/\s+/).entries()) weights[NAMING_GROUPS[i]!].set(signal, Number(weight))
  }
  return weights
}

export const weightOf = (signal: string, group: NamingGroup): number => WEIGHTS[group].get(signal) ?? 0

export const namingSignals: ReadonlySet<string> = new Set(WEIGHTS.object.keys())
