import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Frame } from '../src/lib/frame.ts'
import { versionOf } from '../src/lib/slot.ts'
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
const REPLICAS = 5

type Step =
  | { readonly type: 'write'; readonly at: number; readonly write: Write; readonly isSent: boolean }
  | { readonly type: 'jump'; readonly at: number; readonly ms: number }
  /** A frame of one node reaches another: any of them, so also late, twice, out of order or never. */
  | { readonly type: 'deliver'; readonly from: number; readonly to: number; readonly which: number }
  | { readonly type: 'exchange'; readonly from: number; readonly to: number }
  | { readonly type: 'rotate'; readonly at: number }

const replica = fc.nat({ max: REPLICAS - 1 })
const anyField = fc.constantFrom(...(Object.keys(everything.fields) as FieldName[]))

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ type: fc.constant('write' as const), at: replica, write: writeOf(anyField), isSent: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('jump' as const), at: replica, ms: clockStep }) },
  { weight: 6, arbitrary: fc.record({ type: fc.constant('deliver' as const), from: replica, to: replica, which: fc.nat({ max: 20 }) }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('exchange' as const), from: replica, to: replica }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('rotate' as const), at: replica }) },
)

/** What each key must hold, told from what each writer had seen: a naive list of writes, with what each of them removed. */
class Oracle {
  readonly #puts = new Map<string, { cell: string; value: unknown; stamp: number; node: string }>()
  readonly #removed = new Set<string>()
  total = 0
  balance = 0

  write(replica: TestReplica, { field, key, value, isRemoval }: Write, work: () => void): void {
    const view = replica.views.get(field)!
    const before = [...view.cells].flatMap(([cell, slot]) => {
      const seen: [string, string][] = []
      for (let one: typeof slot | undefined = slot; one !== undefined; one = one.next) seen.push([`${field}:${cell}`, versionOf(one)])
      return seen
    })
    work()
    if (field === 'counter') this.total += value
    else if (field === 'balance') this.balance += isRemoval ? -value : value
    const written = [...view.cells].find(([, slot]) => !before.some(([, version]) => version === versionOf(slot)))
    const touched = written?.[0] ?? (field === 'register' ? '' : field === 'set' ? `{"key":${JSON.stringify(key)},"value":${value}}` : key)
    for (const [cell, version] of before) if (cell === `${field}:${touched}`) this.#removed.add(version)
    if (written === undefined) return
    const [cell, slot] = written
    this.#puts.set(versionOf(slot), { cell: `${field}:${cell}`, value: slot.value, stamp: slot.stamp, node: slot.node })
  }

  expected(): Map<string, unknown> {
    const winners = new Map<string, { value: unknown; stamp: number; node: string }>()
    for (const [version, put] of this.#puts) {
      if (this.#removed.has(version)) continue
      const there = winners.get(put.cell)
      if (there === undefined || put.stamp > there.stamp || (put.stamp === there.stamp && put.node > there.node)) winners.set(put.cell, put)
    }
    return new Map([...winners].map(([cell, { value }]) => [cell, value]))
  }
}

function run(steps: readonly Step[]): { replicas: TestReplica[]; oracle: Oracle } {
  const replicas = Array.from({ length: REPLICAS }, (_, index) => createReplica(`n${index}`))
  const sent: Frame[][] = replicas.map(() => [])
  const oracle = new Oracle()
  const send = (at: number): void => {
    replicas[at]!.settle()
    sent[at]!.push(...replicas[at]!.outbox.splice(0).map(({ frame }) => frame))
  }
  for (const step of steps) {
    switch (step.type) {
      case 'write':
        oracle.write(replicas[step.at]!, step.write, () => apply(replicas[step.at]!, step.write))
        if (step.isSent) send(step.at)
        break
      case 'jump':
        replicas[step.at]!.time.ms += step.ms
        break
      case 'deliver': {
        const frame = sent[step.from]!.at(-1 - (step.which % Math.max(1, sent[step.from]!.length)))
        if (frame !== undefined && step.from !== step.to) expect(replicas[step.to]!.merge(frame).outcome).not.toBe('refused')
        break
      }
      case 'exchange':
        send(step.from)
        if (step.from !== step.to) exchange(replicas[step.from]!, replicas[step.to]!)
        break
      case 'rotate':
        send(step.at)
        replicas[step.at]!.rotate(ALL_SHARDS, 'ops')
        send(step.at)
        break
    }
  }
  for (let round = 0; round < 2 * REPLICAS; round++) {
    let isQuiet = true
    for (const [from] of replicas.entries()) {
      send(from)
      for (const [to] of replicas.entries()) if (from !== to && exchange(replicas[from]!, replicas[to]!)) isQuiet = false
    }
    if (isQuiet) break
  }
  return { replicas, oracle }
}

const ALL_SHARDS = Array.from({ length: 16 }, (_, shard) => shard)

function check(steps: readonly Step[]): void {
  const { replicas, oracle } = run(steps)
  const [first, ...others] = replicas.map((replica) => contentOf(replica))
  for (const other of others) expect(other).toEqual(first)
  expect(first).toMatchObject({ counter: oracle.total, balance: oracle.balance })
  const { views } = replicas[0]!
  const actual = [...views.values()].flatMap((view) => [...view.cells].map(([key, { value }]) => [`${view.name}:${key}`, value] as const))
  expect(new Map(actual)).toEqual(oracle.expected())
}

it(`[S2] [S5] five replicas agree with a naive oracle after loss, repetition, disorder, partitions and new epochs, ${RUNS} runs`, () => {
  fc.assert(fc.property(fc.array(step, { minLength: 1, maxLength: 40, size: 'max' }), check), { numRuns: RUNS })
}, 120_000)
