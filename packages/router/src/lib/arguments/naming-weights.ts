/** What fields are alike in how their values are named: what a command is done to, the project it is about, and all others. */
export type NamingGroup = 'object' | 'project' | 'other'

export const NAMING_GROUPS: readonly NamingGroup[] = ['object', 'project', 'other']

/**
 * How much each signal speaks for a word being the name, in this order: {object, project, other}. A field stays open where no word has more
 * points than the first block has. The numbers are made by `npm run fit`: a logistic model that chooses among the words of a request and none
 * of them.
 */
const TABLE = `
none:  0.9  1.2  1.9
required: -1.5 -1.4 -2.4
has default:  0.0  1.1  0.1
list:  1.0  0.0  0.2
folder:  0.0  2.6  1.2
kind said:  0.9 -1.0 -2.8
kind pointed at:  0.3  0.8 -0.7

kind before:  1.3  2.8  3.7
own name before:  0.9  1.4  0.9
own name and place before:  0.0 -0.1  2.5
kind after:  1.4  1.8  0.7
kind itself: -1.8 -0.2 -0.7
other kind before: -1.6 -0.8 -1.8
named:  2.3 -0.7  1.6
kind called:  5.7  4.3  3.9
the and kind:  1.3  2.3  1.0

usual name:  3.4  2.6  0.1
usual name in place:  0.7  2.2 -0.6
usual name at the end:  1.0  0.6  0.0
unknown:  2.4  1.7  1.3
unknown first:  0.6  0.6 -1.1
unknown in place:  1.7  1.9 -1.1
unknown at the end:  0.2  0.4 -0.2
shaped:  1.2 -0.5  2.5
capital: -1.9 -0.6  0.0
with digits: -1.9 -0.2  1.0
short: -1.7 -0.8 -0.6
owner:  0.0  1.4  0.0

everyday: -2.9 -1.9 -1.8
no name: -0.2 -1.0 -0.9
ordinary form: -1.3 -0.9  0.0
slip: -0.9 -0.7 -0.4
verb: -0.8 -1.3 -1.2
doing: -2.2 -1.2 -0.6
abstract:  0.0 -0.7 -0.6
own word: -2.4 -1.5 -1.5

no article:  0.1 -0.9 -1.7
the: -0.1 -1.6 -2.2
a: -2.1 -1.9 -1.8
behind adjective: -0.2 -0.5 -0.7

of:  1.3  1.2 -1.2
for:  0.1  0.6 -0.6
on: -0.1  0.3  0.5
in: -0.1  0.7 -0.3
from:  0.0 -0.1 -0.3
to:  0.2 -0.7  0.3
with: -0.3  0.3  0.9
as: -0.3 -0.5  0.9
other place:  0.2 -0.3 -0.9
matter:  0.7  0.0  0.0

behind first verb:  1.8  0.8 -0.5
behind verb: -0.5 -0.5 -0.6
asked of:  0.5  0.8 -0.7
behind noun: -0.4 -1.1 -0.5
behind value: -0.1 -0.9 -1.1

said of:  0.5  1.0 -0.7
before value: -0.4 -0.9 -0.6
before placed value:  1.3 -0.5 -0.6
before own word:  0.5 -0.4 -1.1
before verb: -0.3 -0.6  0.0
before noun: -0.6 -0.7 -1.7

first: -1.4 -0.3 -1.4
first of few:  1.0  0.2 -0.5
ends clause: -0.7  0.6  0.0
later clause: -0.8 -0.3 -0.8
reported: -1.1 -0.5 -0.6
told by somebody: -0.4 -0.9 -1.1
aside:  0.4 -0.8 -0.2
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
