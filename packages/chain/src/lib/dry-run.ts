import type { ChainsOptions, PlannedStep } from './chain.ts'
import type { CompiledStep, FrozenChain } from './compiled.ts'
import type { Expression } from './expression.ts'
import { chainFrame, type Frame, scopeOf } from './frame.ts'
import { acceptInput } from './input.ts'
import { wireOf } from './invoke.ts'
import { outputOf } from './output.ts'
import { expressionsOf, fill, type Template } from './template.ts'

/**
 * What each step would do, in the order of the definition, both branches where a condition depends on a result.
 * Nothing is called but plans.
 */
export async function planChain(
  frozen: FrozenChain,
  input: Readonly<Record<string, unknown>>,
  options: Pick<ChainsOptions, 'command' | 'plan'>,
  plugin?: string,
): Promise<readonly PlannedStep[]> {
  const planned: PlannedStep[] = []
  const identity = { id: 'dry-run', startedMs: 0 }
  /** The step whose failure the steps at hand answer for. */
  let failing: string | undefined
  /** What must hold for the steps at hand, as far as only results will tell. */
  let conditions: readonly string[] = []
  await visitAll(frozen.root.steps, chainFrame(frozen.root, '', input))
  return planned

  async function visitAll(steps: readonly CompiledStep[], frame: Frame): Promise<void> {
    for (const step of steps) await visit(step, frame)
  }

  async function visit(compiled: CompiledStep, frame: Frame): Promise<void> {
    if (isSkipped(compiled, frame)) {
      add({ path: `${frame.prefix}${compiled.step.id}`, does: 'is skipped' })
      return visitAll(compiled.otherwise, frame)
    }
    const outer = conditions
    const open = compiled.when !== undefined && unknownIn(compiled.when, frame).length > 0 ? conditionOf(compiled.step.when!) : undefined
    if (open !== undefined) conditions = [...outer, open]
    await visitItself(compiled, frame)
    if (compiled.fallback.length > 0) {
      const before = failing
      failing = `${frame.prefix}${compiled.step.id}`
      await visitAll(compiled.fallback, frame)
      failing = before
    }
    if (open !== undefined) {
      conditions = [...outer, `!(${open})`]
      await visitAll(compiled.otherwise, frame)
    }
    conditions = outer
  }

  function isSkipped({ when }: CompiledStep, frame: Frame): boolean {
    return when !== undefined && unknownIn(when, frame).length === 0 && fill(when, scopeOf(frame, identity)) !== true
  }

  function add(step: PlannedStep): void {
    planned.push({
      ...step,
      ...(conditions.length > 0 && { when: conditions.join(' && ') }),
      ...(failing !== undefined && { onlyAfter: failing }),
    })
  }

  async function visitItself(compiled: CompiledStep, frame: Frame): Promise<void> {
    const { step, kind } = compiled
    const path = `${frame.prefix}${step.id}`
    const scope = scopeOf(frame, identity)
    const needs = [...new Set(unknownIn(compiled.main, frame))]
    const known = needs.length === 0
    if ('call' in step) return planCall(compiled, step.call, path, frame, needs)
    if ('wait' in step) {
      const { wait } = step
      add({
        path,
        does:
          typeof wait === 'string'
            ? `waits ${wait}`
            : 'event' in wait
              ? `waits for ${wait.event}`
              : `waits until ${known ? String(fill(compiled.main!, scope)) : wait.until}`,
      })
    } else if ('ask' in step) add({ path, does: `asks: ${known ? String(fill(compiled.main!, scope)) : step.ask}` })
    else if (kind === 'value' && known && conditions.length === 0)
      frame.outcomes.set(step.id, { state: 'done', output: outputOf({ value: fill(compiled.main!, scope) }) })
    else if (compiled.sub !== undefined) {
      const sub = compiled.sub
      const given = known ? acceptInput(sub.definition, fill(compiled.main!, scope)).input : {}
      await visitAll(sub.steps, chainFrame(sub, `${path}/`, given))
    } else if (kind === 'forEach' || kind === 'repeat') {
      add({
        path,
        does: kind === 'repeat' ? 'repeats' : known ? `does ${lengthOf(fill(compiled.main!, scope))} times` : 'does for each element',
        ...(kind === 'forEach' && !known && { needs }),
      })
      await visitAll(compiled.children, { ...frame, prefix: `${path}/`, outer: frame, outcomes: new Map() })
    } else await visitAll(compiled.children, frame)
  }

  async function planCall(compiled: CompiledStep, command: string, path: string, frame: Frame, needs: readonly string[]): Promise<void> {
    const facts = options.command(command)
    const does = `calls ${command}`
    if (facts?.effect === 'read' || options.plan === undefined) add({ path, does })
    else if (needs.length > 0) add({ path, does, needs })
    else {
      try {
        add({ path, does, plan: await options.plan(command, fill(compiled.main!, scopeOf(frame, identity)), plugin) })
      } catch (error) {
        add({ path, does, error: wireOf(error) })
      }
    }
  }
}

/** An expression as it stands between its braces. */
const conditionOf = (when: string): string => /^\s*\$\{\{(.*)\}\}\s*$/s.exec(when)?.[1]?.trim() ?? when

/** What must be known before a template can be filled. */
function unknownIn(template: Template | undefined, frame: Frame): readonly string[] {
  if (template === undefined) return []
  return expressionsOf(template)
    .flatMap((expression) => [...pathsOf(expression)])
    .filter((path) => {
      if (path.root === 'item' || path.root === 'index') return true
      const [id] = path.keys
      return path.root === 'steps' && !(id?.kind === 'literal' && frame.outcomes.has(String(id.value)))
    })
    .map(({ root, keys }) => [root, ...keys.map((key) => (key.kind === 'literal' ? String(key.value) : '…'))].join('.'))
}

function* pathsOf(expression: Expression): Generator<Extract<Expression, { kind: 'path' }>> {
  if (expression.kind === 'path') {
    yield expression
    for (const key of expression.keys) yield* pathsOf(key)
  } else if (expression.kind === 'not') yield* pathsOf(expression.of)
  else if (expression.kind === 'function') for (const one of expression.arguments) yield* pathsOf(one)
  else if (expression.kind !== 'literal') {
    yield* pathsOf(expression.left)
    yield* pathsOf(expression.right)
  }
}

const lengthOf = (list: unknown): number => (Array.isArray(list) ? list.length : 0)
