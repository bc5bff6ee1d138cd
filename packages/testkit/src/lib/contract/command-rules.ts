import { isSwitchyardError } from '@switchyard/contracts'
import type { Plan } from '@switchyard/plugin-kit'
import { differences } from '../differences.ts'
import { diskChanges } from '../disk.ts'
import { contractBroken } from '../errors.ts'
import type { TestYard } from '../test-yard.ts'
import { type Bench, type Case, casesOf, describe, onBench, runs, type Subject } from './bench.ts'

const told = (changes: ReturnType<typeof diskChanges>): string[] => changes.map(({ path, change }) => `${path}: ${change}`)
const tried = ({ id, input }: Case): string => `${id} with ${JSON.stringify(input)}`

/** [R1] */
export async function outputFits(subject: Subject, one: Case): Promise<void> {
  await onBench(subject, async (bench) => {
    const called = runs('R1', bench, one)
    // The plugin's own result is looked at, as the yard answers a wrong one with an error that says less.
    await called.catch(() => undefined)
    const outcome = await bench.runs.find(({ command }) => command === one.name)?.outcome
    if (outcome !== undefined && 'result' in outcome) {
      const fitted = one.command.output.safeParse(outcome.result)
      if (!fitted.success) {
        const found = fitted.error.issues.map(({ path, message }) => `${path.join('.') || 'result'}: ${message}`)
        throw contractBroken('R1', tried(one), 'its result must fit its output schema', found)
      }
      const found = differences(fitted.data, JSON.parse(JSON.stringify(fitted.data) ?? 'null'))
      if (found.length > 0) throw contractBroken('R1', tried(one), 'its result must survive being sent as JSON', found)
    }
    await called
  })
}

/** [R2] */
export async function readChangesNothing(subject: Subject, one: Case): Promise<void> {
  await onBench(subject, async (bench) => {
    const before = bench.kit.disk(subject)
    await runs('R2', bench, one)
    const changes = diskChanges(before, bench.kit.disk(subject))
    if (changes.length > 0) throw contractBroken('R2', tried(one), 'what reads must change nothing on disk', told(changes))
  })
}

/** [P1] */
export async function planChangesNothing(subject: Subject, one: Case): Promise<void> {
  await onBench(subject, async ({ kit }) => {
    const before = kit.disk(subject)
    const observed = await observe(subject, kit)
    await plans('P1', kit, one)
    const changes = [...told(diskChanges(before, kit.disk(subject))), ...differences(observed, await observe(subject, kit))]
    if (changes.length > 0) throw contractBroken('P1', tried(one), 'its plan must change nothing', changes)
  })
}

/** [P2] */
export async function planNamesWhatIsTouched(subject: Subject, one: Case): Promise<void> {
  await onBench(subject, async (bench) => {
    const { kit } = bench
    const plan = await plans('P2', kit, one)
    if (plan.summary.trim() === '' || plan.steps.length === 0 || plan.steps.some(({ target }) => target.trim() === '')) {
      throw contractBroken('P2', tried(one), 'its plan must say in a summary and steps what it would do', [JSON.stringify(plan)])
    }
    const before = kit.disk(subject)
    await runs('P2', bench, one)
    // What a plugin keeps for itself in its data folder is nobody's to approve.
    const touched = diskChanges(before, kit.disk(subject)).filter(({ path }) => !path.startsWith('.switchyard/'))
    const targets = plan.steps.map(({ target }) => target.replace(`${kit.dir}/`, '').replace(/^\.\//, '').replace(/\/$/, ''))
    const isNamed = (path: string): boolean =>
      targets.some((target) => target === path || path.startsWith(`${target}/`) || target.startsWith(`${path}/`))
    const unnamed = touched.filter(({ path }) => !isNamed(path))
    if (unnamed.length > 0)
      throw contractBroken('P2', tried(one), 'its plan must name every file that it touches', [
        ...told(unnamed),
        `named: ${targets.join(', ')}`,
      ])
  })
}

/** [U1] At least one of the inputs must give something to undo. */
export async function undoReallyUndoes(subject: Subject, name: string): Promise<void> {
  const cases = casesOf(subject, name)
  let undone = 0
  for (const one of cases) {
    await onBench(subject, async ({ kit }) => {
      const before = kit.disk(subject)
      const observed = await observe(subject, kit)
      try {
        const { id } = await kit.plan(one.id, one.input)
        await kit.approve(id)
        if (kit.yard.plans().find((run) => run.id === id)?.undoable !== true) return
        await kit.undo(id)
      } catch (error) {
        throw contractBroken(
          'U1',
          tried(one),
          'it and its undo must succeed with the inputs that it is tried with',
          [describe(error)],
          error,
        )
      }
      undone++
      const left = [...told(diskChanges(before, kit.disk(subject))), ...differences(observed, await observe(subject, kit))]
      if (left.length > 0) throw contractBroken('U1', tried(one), 'its undo must leave everything as it was', left)
    })
  }
  if (undone === 0 && cases[0] !== undefined) {
    throw contractBroken('U1', cases[0].id, 'its undo must know a way back', ['undo() returned nothing for any of the inputs'])
  }
}

/** [I1] */
export async function secondRunChangesNothing(subject: Subject, one: Case): Promise<void> {
  await onBench(subject, async (bench) => {
    const first = await runs('I1', bench, one)
    const disk = bench.kit.disk(subject)
    const observed = await observe(subject, bench.kit)
    const second = await runs('I1', bench, one)
    const changes = [...told(diskChanges(disk, bench.kit.disk(subject))), ...differences(observed, await observe(subject, bench.kit))]
    if (changes.length > 0) throw contractBroken('I1', tried(one), 'what is idempotent must change nothing the second time', changes)
    const found = differences(first, second)
    if (found.length > 0) throw contractBroken('I1', tried(one), 'what is idempotent must answer the same the second time', found)
  })
}

/** [S1] Real time is the only judge of what never ends. */
export async function stopsWhenAborted(subject: Subject, one: Case): Promise<void> {
  await onBench(subject, async (bench) => {
    const controller = new AbortController()
    // Not at once: the call must have returned its promise, as it has wherever a person gives up.
    bench.onRun(() => queueMicrotask(() => controller.abort()))
    const called = bench.kit.call(one.id, one.input, { signal: controller.signal }).catch(() => undefined)
    const outcome = await Promise.race([ended(bench, called), limit(subject.abortLimitMs)])
    if (outcome === 'too late') {
      throw contractBroken('S1', tried(one), 'it must end once its signal is aborted', [
        `it still ran ${subject.abortLimitMs} ms later: pass ctx.signal to what it waits for`,
      ])
    }
  })
}

async function ended(bench: Bench, called: Promise<unknown>): Promise<void> {
  await called
  for (const run of bench.runs) await run.outcome
}

async function limit(ms: number): Promise<'too late'> {
  const { promise, resolve } = Promise.withResolvers<'too late'>()
  setTimeout(resolve, ms, 'too late').unref()
  return promise
}

/** [E1] Tried where everything is missing, and with the inputs that are said to fail. */
export async function errorsAreCoded(subject: Subject, name: string): Promise<void> {
  const must = 'what it throws must be a SwitchyardError with a code of its own'
  const judge = async (bench: Bench, one: Case): Promise<boolean> => {
    const error: unknown = await bench.kit.call(one.id, one.input).then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
    const outcome = await bench.runs.findLast(({ command }) => command === name)?.outcome
    const thrown = outcome !== undefined && 'thrown' in outcome ? outcome.thrown : error
    if (thrown !== undefined && (!isSwitchyardError(thrown) || thrown.code === 'HANDLER_ERROR'))
      throw contractBroken('E1', tried(one), must, [describe(thrown)], thrown)
    return thrown !== undefined
  }
  for (const one of casesOf(subject, name))
    await onBench(subject, async (bench) => void (await judge(bench, one)), { files: {}, arranged: false })
  const [sample] = casesOf(subject, name)
  for (const input of subject.failingInputsOf(name)) {
    const one = sample === undefined ? undefined : { ...sample, input }
    if (one === undefined) continue
    await onBench(subject, async (bench) => {
      if (await judge(bench, one)) return
      throw contractBroken('E1', tried(one), 'it must fail with the inputs that are said to fail', ['it succeeded'])
    })
  }
}

async function plans(rule: string, kit: TestYard, one: Case): Promise<Plan> {
  try {
    return (await kit.plan(one.id, one.input)).plan
  } catch (error) {
    throw contractBroken(rule, tried(one), 'its plan must succeed with the inputs that it is tried with', [describe(error)], error)
  }
}

/** What the plugin's own reads answer now, by command and input; an error counts as its code. */
async function observe(subject: Subject, kit: TestYard): Promise<Record<string, unknown>> {
  const seen: Record<string, unknown> = {}
  for (const [name, { effect }] of Object.entries(subject.plugin.commands)) {
    if (effect !== 'read') continue
    for (const one of casesOf(subject, name)) {
      seen[tried(one)] = await kit
        .call(one.id, one.input)
        .catch((error: unknown) => (isSwitchyardError(error) ? error.code : describe(error)))
    }
  }
  return seen
}
