/** What fields are alike in how their values are named: what a command is done to, the project it is about, and all others. */
export type NamingGroup = 'object' | 'project' | 'other'

const GROUPS: readonly NamingGroup[] = ['object', 'project', 'other']

/**
 * How much each signal speaks for a word being the name, in this order: {object, project, other}. A field stays open where no word has more
 * points than the first block has. Learned by a logistic model that chooses among the words of a request and none of them.
 */
const TABLE = `
none:  1.2  1.3  1.9
required: -1.6 -1.7 -2.1
has default:  0.0  1.2  0.5
list:  0.9  0.0  0.0
folder:  0.0  2.4  1.3
kind said:  0.7 -1.9 -2.7
kind pointed at:  0.0  1.2 -0.1

kind before:  1.3  2.2  3.7
own name before:  0.6  1.6  0.6
kind after:  1.7  2.6  1.4
kind itself: -1.7 -0.2 -0.9
other kind before: -1.6 -1.0 -1.7
named:  2.6 -0.8  1.7

usual name:  3.5  2.2  0.4
usual name in place:  1.0  2.7 -1.0
usual name at the end:  0.6  1.3 -0.2
unknown:  2.5  2.1  1.3
unknown first:  0.3  0.2 -1.9
unknown in place:  1.6  2.0 -1.1
unknown at the end:  0.5  0.4  0.6
shaped:  1.0 -0.4  2.5
capital: -1.2 -0.4 -0.5
with digits: -1.7  0.3  0.9
short: -1.0 -0.8 -0.4
owner:  0.3  0.0  0.0

everyday: -2.8 -1.8 -1.9
no name: -0.4 -1.0 -1.0
ordinary form: -1.0 -1.0  0.3
slip: -0.7 -0.7 -0.2
verb: -1.0 -1.4 -1.3
doing: -1.6 -1.2 -0.5
abstract: -0.6 -0.7 -0.1
own word: -2.5 -1.3 -1.5

no article: -0.1 -0.9 -1.6
the:  0.0 -1.7 -2.0
a: -2.6 -1.9 -2.1
behind adjective: -0.6 -0.7 -0.7

of:  0.6  0.4 -0.2
for:  0.3  0.4 -0.7
on: -0.2  0.5  1.4
in: -0.1  0.7 -0.3
from: -0.9 -0.2 -0.4
to:  0.6 -0.7  0.9
with: -0.3  0.6  0.9
as:  0.0 -0.4  1.7
other place:  0.0 -0.1 -0.7
matter:  0.9  0.0  0.0

behind first verb:  1.1  0.1 -0.3
behind verb: -0.3 -0.6 -0.5
asked of:  0.6  0.1 -0.3
behind noun: -0.3 -1.1 -0.9
behind value: -0.4 -0.9 -0.7

said of:  0.7  1.0 -0.9
before value:  0.0 -0.6 -0.9
before placed value:  1.5 -0.4  0.0
before own word:  0.7 -0.4 -1.3
before verb: -0.7 -1.0 -0.4
before noun: -0.4 -0.9 -1.6

first: -1.1 -0.5 -1.6
first of few:  0.6 -0.7 -0.6
ends clause: -0.7  0.4 -0.2
later clause: -0.9 -0.5 -0.8
told by somebody: -1.0 -0.8 -1.6
aside:  0.6 -0.8  0.3
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
