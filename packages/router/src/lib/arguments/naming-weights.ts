/** What fields are alike in how their values are named: what a command is done to, the project it is about, and all others. */
export type NamingGroup = 'object' | 'project' | 'other'

const GROUPS: readonly NamingGroup[] = ['object', 'project', 'other']

/**
 * How much each signal speaks for a word being the name, in this order: {object, project, other}. A field stays open where no word has more
 * points than the first block has. Learned by a logistic model that chooses among the words of a request and none of them.
 */
const TABLE = `
none:  1.0  1.2  1.9
required: -1.5 -1.8 -2.0
has default:  0.0  1.2  0.2
list:  1.0  0.0  0.2
folder:  0.0  2.6  1.4
kind said:  0.8 -1.6 -2.9
kind pointed at:  0.2  1.3  0.1

kind before:  1.4  2.5  3.6
own name before:  0.6  1.7  1.0
kind after:  1.5  2.4  1.3
kind itself: -1.8 -0.2 -0.9
other kind before: -1.6 -1.0 -1.8
named:  2.6 -0.7  1.6

usual name:  3.5  2.6  0.3
usual name in place:  1.2  2.5 -0.9
usual name at the end:  0.7  0.9 -0.1
unknown:  2.6  2.0  1.1
unknown first:  0.4  0.3 -1.9
unknown in place:  1.8  2.1 -1.2
unknown at the end:  0.6  0.4  0.5
shaped:  1.0 -0.7  2.9
capital: -1.5 -0.4 -0.5
with digits: -1.8 -0.1  1.1
short: -1.5 -0.8 -0.6
owner:  0.2  1.6  0.0

everyday: -2.9 -1.9 -1.8
no name: -0.6 -1.1 -1.1
ordinary form: -1.2 -1.0  0.4
slip: -0.8 -0.7 -0.1
verb: -0.8 -1.3 -1.2
doing: -2.0 -1.2 -0.4
abstract: -0.7 -0.7 -0.3
own word: -2.1 -1.4 -1.5

no article:  0.0 -0.9 -1.7
the:  0.0 -1.7 -2.0
a: -2.3 -2.0 -2.1
behind adjective: -0.7 -1.0 -0.8

of:  0.7  0.4 -0.4
for:  0.3  0.7 -0.7
on: -0.1  0.3  1.3
in:  0.0  0.6 -0.3
from: -1.0 -0.7 -0.5
to:  0.2 -0.7  0.8
with: -0.4  0.4  1.1
as:  0.2 -0.4  1.4
other place: -0.1 -0.3 -0.8
matter:  0.8  0.0  0.0

behind first verb:  1.4  0.5 -0.6
behind verb: -0.2 -0.5 -0.5
asked of:  0.6  0.6 -0.2
behind noun: -0.5 -1.0 -0.8
behind value: -0.7 -0.9 -0.8

said of:  0.9  1.2 -0.9
before value: -0.3 -0.8 -0.9
before placed value:  1.4 -0.6 -0.1
before own word:  0.8 -0.4 -1.2
before verb: -0.3 -0.6 -0.5
before noun: -0.5 -1.1 -1.6

first: -1.4 -0.4 -1.5
first of few:  0.8 -0.2 -0.6
ends clause: -0.7  0.3 -0.3
later clause: -1.0 -0.2 -0.7
told by somebody: -0.9 -0.8 -1.1
aside:  0.8 -0.9  0.2
`

const WEIGHTS: Readonly<Record<NamingGroup, ReadonlyMap<string, number>>> = readTable()

function readTable(): Record<NamingGroup, Map<string, number>> {
  const weights = { object: new Map<string, number>(), project: new Map<string, number>(), other: new Map<string, number>() }
  for (const line of TABLE.trim().split(/\n+/)) {
    const [signal = '', numbers = ''] = line.split(':')
    for (const [i, weight] of numbers.trim().split(/\s+/).entries()) weights[GROUPS[i]!].set(signal, Number(weight))
  }
  return weights
}

export const weightOf = (signal: string, group: NamingGroup): number => WEIGHTS[group].get(signal) ?? 0
