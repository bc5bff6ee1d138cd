import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  apply,
  clockStep,
  contentOf,
  createReplica,
  everything,
  exchange,
  type FieldName,
  type TestReplica,
  type Write,
  writeOf,
} from './fixtures/replicas.ts'

const RUNS = 1_000

const fields = Object.keys(everything.fields) as FieldName[]

interface Past {
  readonly common: readonly Write[]
  /** What each of three wrote after that, without the others, with a clock that jumped before. */
  readonly apart: readonly { readonly jumpMs: number; readonly writes: readonly Write[] }[]
}

const pastOf = (field: FieldName): fc.Arbitrary<Past> => {
  const writes = fc.array(writeOf(fc.constant(field)), { maxLength: 5 })
  const apart = fc.record({ jumpMs: clockStep, writes })
  return fc.record({ common: writes, apart: fc.tuple(apart, apart, apart) })
}

/** Three replicas with that past; the same nodes each time it is called. */
function replicasOf({ common, apart }: Past): TestReplica[] {
  const replicas = apart.map((_, index) => createReplica(`n${index}`))
  for (const write of common) apply(replicas[0]!, write)
  for (const replica of replicas.slice(1)) exchange(replicas[0]!, replica)
  for (const [index, { jumpMs, writes }] of apart.entries()) {
    replicas[index]!.time.ms += jumpMs
    for (const write of writes) apply(replicas[index]!, write)
  }
  return replicas
}

/** Runs the property with a seed of its own, which a failure prints with the smallest example. */
function holds(property: fc.IProperty<[Past]>): void {
  fc.assert(property, { numRuns: RUNS })
}

describe.each(fields)('merging of %s', (field) => {
  it(`[T] is commutative, associative and idempotent, ${RUNS} runs`, () => {
    holds(
      fc.property(pastOf(field), (past) => {
        const [a, b, c] = replicasOf(past) as [TestReplica, TestReplica, TestReplica]
        // yjs draws client ids by chance, so both orders start from the same three documents.
        const [ab, ba, abc, bc] = ['x0', 'x1', 'x2', 'x3'].map((node) => createReplica(node)) as [
          TestReplica,
          TestReplica,
          TestReplica,
          TestReplica,
        ]
        exchange(a, ab)
        exchange(b, ab)
        exchange(b, ba)
        exchange(a, ba)
        expect(contentOf(ab)).toEqual(contentOf(ba))

        exchange(ab, abc)
        exchange(c, abc)
        exchange(b, bc)
        exchange(c, bc)
        exchange(a, bc)
        expect(contentOf(abc)).toEqual(contentOf(bc))

        const before = contentOf(abc)
        for (const replica of [a, b, c, ab, bc]) {
          const answer = replica.answer(abc.ask(), new Map())!
          if (answer !== undefined) abc.take(answer, new Map(replica.heads))
        }
        expect(contentOf(abc)).toEqual(before)
      }),
    )
  })
})

it(`[T1] a local write wins over what it has seen, whatever the clocks say, ${RUNS} runs`, () => {
  holds(
    fc.property(pastOf('register'), (past) => {
      const [a, b] = replicasOf(past) as [TestReplica, TestReplica]
      exchange(a, b)
      b.time.ms -= 60_000
      apply(b, { field: 'register', key: 'mine', value: 1, isRemoval: false })
      exchange(b, a)
      for (const replica of [a, b]) expect(contentOf(replica)).toMatchObject({ register: { key: 'mine', value: 1 } })
    }),
  )
})
