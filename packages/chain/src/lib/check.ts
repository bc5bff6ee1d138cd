import { isRepeatable } from './call-step.ts'
import type { ChainsOptions, CheckResult, Problem } from './chain.ts'
import { checkReferences } from './check-references.ts'
import { checkSecrets } from './check-secrets.ts'
import { type ChainDefinition, durationMs, kindOf, MAX_STEPS, type Step } from './definition.ts'
import { callerText } from './errors.ts'
import { readShape } from './shape.ts'
import { readSource, type Source } from './source.ts'
import { type Path, type Report, stepsWithPaths } from './steps-with-paths.ts'
import { describeType, fits, typeOfField, typeOfValue } from './type.ts'
import { worstCaseOf } from './worst-case.ts'

/** Everything that can be known of a chain before it runs. */
export function checkChain(
  given: ChainDefinition | string,
  options: Pick<ChainsOptions, 'command' | 'mayCall' | 'chain'>,
  plugin?: string,
): CheckResult {
  const source: Source | undefined = typeof given === 'string' ? readSource(given) : undefined
  const problems: Problem[] = []
  const missing = new Set<string>()
  const report: Report = (severity, code, path, message, offset) => {
    problems.push({ severity, code, message, path, ...source?.positionOf(path, offset) })
  }
  if (source !== undefined && source.problems.length > 0) return { problems: source.problems, missingCommands: [] }
  const shape = readShape(source === undefined ? given : source.value)
  if ('mistakes' in shape) {
    for (const { path, message } of shape.mistakes) report('error', 'SHAPE', path, message)
    return { problems, missingCommands: [] }
  }
  const { definition } = shape
  checkInput(definition, report)
  const callable: Callable = (command, path) => {
    if (options.command(command) === undefined) {
      missing.add(command)
      report('error', 'UNKNOWN_COMMAND', path, `no plugin here has the command "${command}"`)
    } else if (options.mayCall?.(command, plugin) === false)
      report('error', 'PERMISSION', path, `${callerText(plugin)} may not call "${command}"`)
    else return true
    return false
  }
  checkSteps(definition, options, report, callable)
  checkSubChains(definition, options, report, callable)
  checkCycles(definition, options.chain, report)
  checkReferences(definition, options, report)
  checkSecrets(definition, options, report)
  // What the parts of a chain add up to can be as large as one likes, so nothing is worked out over all of them before.
  const isTooLarge = countSteps(definition, options.chain) > MAX_STEPS
  if (isTooLarge) report('error', 'TOO_MANY_STEPS', ['steps'], `a chain has at most ${MAX_STEPS} steps, those of its sub-chains included`)
  const worstCase = isTooLarge ? undefined : worstCaseOf(definition, options)
  problems.sort((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0))
  return { problems, definition, ...(worstCase !== undefined && { worstCase }), missingCommands: [...missing] }
}

function checkInput({ input = {} }: ChainDefinition, report: Report): void {
  for (const [name, field] of Object.entries(input)) {
    if (field.default === undefined || field.default === null) continue
    const type = typeOfField({ ...field, default: undefined })
    if (fits(typeOfValue(field.default), type) === 'no')
      report('error', 'TYPE', ['input', name, 'default'], `the default of "${name}" must be ${describeType(type)}`)
  }
}

/** Whether a command can be called; reports why not, at the path. */
type Callable = (command: string, path: Path) => boolean

/** What each step is by itself and beside the others; its references are looked at elsewhere. */
function checkSteps(definition: ChainDefinition, options: Pick<ChainsOptions, 'command'>, report: Report, callable: Callable): void {
  const isSaga = definition.saga !== false
  const ids = new Map<string, Path>()
  let pivot: string | undefined
  for (const { step, path, insideRace } of stepsWithPaths(definition.steps, ['steps'])) {
    if (ids.size >= MAX_STEPS) return
    if (ids.has(step.id)) report('error', 'DUPLICATE_ID', [...path, 'id'], `"${step.id}" is the id of another step`)
    ids.set(step.id, path)
    checkCombination(step, path, report)
    if (!('call' in step)) {
      if ('ask' in step && step.pivot === true) pivot ??= step.id
      continue
    }
    const facts = options.command(step.call)
    callable(step.call, [...path, 'call'])
    if (step.undo !== undefined && step.undo !== false) {
      const at = [...path, 'undo', 'call']
      if (callable(step.undo.call, at) && isSaga && !isRepeatable(options.command(step.undo.call)!))
        report('warning', 'UNDO_NOT_REPEATABLE', at, `"${step.undo.call}" may run twice after a crash, and does not say that it may`)
    }
    if (facts === undefined) continue
    if (facts.effect === 'read' || !isSaga) continue
    if (pivot !== undefined) {
      if (step.retry === undefined)
        report('warning', 'NO_RETRY_AFTER_PIVOT', path, `"${step.id}" cannot be undone after the pivot "${pivot}", so it should be retried`)
    } else if (step.undo === undefined && facts.undo === undefined && step.pivot !== true)
      report(
        'warning',
        'NO_UNDO',
        path,
        `"${step.id}" changes something and nothing says how to take it back: give it undo, or undo: false`,
      )
    if (!isRepeatable(facts) && step.compensateOnFailure !== true)
      report(
        'warning',
        'ASKS_AFTER_CRASH',
        path,
        `should its process die, only a person can say whether "${step.id}" ran: "${step.call}" may not be repeated`,
      )
    if (insideRace) report('warning', 'RACE_CHANGES', path, `"${step.id}" changes something, and may be aborted half-way when another wins`)
    if (step.pivot === true) pivot ??= step.id
  }
}

function checkCombination(step: Step, path: Path, report: Report): void {
  const kind = kindOf(step)!
  const kinds = ['call', 'steps', 'parallel', 'forEach', 'repeat', 'wait', 'ask', 'chain', 'value'].filter((one) =>
    Object.hasOwn(step, one),
  )
  if (kinds.length > 1) report('error', 'SHAPE', path, `a step is of one kind: "${step.id}" has ${kinds.join(' and ')}`)
  if ((step.onError === 'fallback') !== (step.fallback !== undefined))
    report('error', 'FALLBACK', path, `"${step.id}" must have both, fallback and onError: fallback, or neither`)
  if (kind === 'steps' && 'otherwise' in step && step.otherwise !== undefined && step.when === undefined)
    report('error', 'UNREACHABLE', [...path, 'otherwise'], `"${step.id}" never gets to its otherwise: it has no when`)
  if ('compensateOnFailure' in step && step.compensateOnFailure === true && !step.undo)
    report('error', 'NO_UNDO', path, `"${step.id}" has no result to compute an undo from when it fails: give it undo`)
  if ('parallel' in step) {
    if ((step.mode === 'quorum') !== (step.quorum !== undefined))
      report('error', 'QUORUM', path, `"${step.id}" must have both, quorum and mode: quorum, or neither`)
    if ((step.quorum ?? 0) > step.parallel.length)
      report('error', 'QUORUM', [...path, 'quorum'], `"${step.id}" can never have ${step.quorum} successes of ${step.parallel.length}`)
  }
  if ('wait' in step && typeof step.wait === 'object' && 'event' in step.wait && step.timeout === undefined)
    report('warning', 'WAITS_FOREVER', path, `"${step.id}" may wait for ever: give it a timeout`)
  if ('retry' in step && step.retry !== undefined && step.timeout !== undefined && durationMs(step.timeout) === 0)
    report('error', 'TIMEOUT', [...path, 'timeout'], `"${step.id}" can never end in time`)
}

/** What a part calls counts as called where the part is named: it can be mended there only by naming another. */
function checkSubChains(
  root: ChainDefinition,
  options: Pick<ChainsOptions, 'command' | 'chain'>,
  report: Report,
  callable: Callable,
): void {
  const seen = new Set<string>()
  for (const { step, path } of stepsWithPaths(root.steps, ['steps'])) if ('chain' in step) visit(step.chain, [...path, 'chain'])

  function visit(name: string, path: Path): void {
    if (seen.has(name)) return
    seen.add(name)
    const part = options.chain?.(name)
    if (part === undefined) return
    checkSecrets(part, options, (severity, code, _, message) => report(severity, code, path, message))
    for (const { step } of stepsWithPaths(part.steps, [])) {
      if ('chain' in step) visit(step.chain, path)
      if (!('call' in step)) continue
      callable(step.call, path)
      if (step.undo) callable(step.undo.call, path)
    }
  }
}

/** With those of all sub-chains, as often as they occur. */
function countSteps(root: ChainDefinition, find: ChainsOptions['chain']): number {
  const known = new Map<string, number>()
  return count(root)

  function count(definition: ChainDefinition): number {
    let total = 0
    for (const { step } of stepsWithPaths(definition.steps, [])) total += 1 + ('chain' in step ? countOf(step.chain) : 0)
    return total
  }

  function countOf(name: string): number {
    const found = known.get(name)
    if (found !== undefined) return found
    // A chain that is a part of itself is refused elsewhere.
    known.set(name, 0)
    const definition = find?.(name)
    const total = definition === undefined ? 0 : count(definition)
    known.set(name, total)
    return total
  }
}

function checkCycles(root: ChainDefinition, find: ChainsOptions['chain'], report: Report): void {
  const sound = new Set<string>()
  for (const { step, path } of stepsWithPaths(root.steps, ['steps'])) {
    if (!('chain' in step)) continue
    const cycle = cycleFrom(step.chain, [root.name])
    if (cycle !== undefined) report('error', 'CYCLE', [...path, 'chain'], `"${root.name}" would be a part of itself: ${cycle.join(' > ')}`)
    else if (find?.(step.chain) === undefined) report('error', 'UNKNOWN_CHAIN', [...path, 'chain'], `there is no chain "${step.chain}"`)
  }

  function cycleFrom(name: string, above: readonly string[]): readonly string[] | undefined {
    if (above.includes(name)) return [...above, name]
    const definition = sound.has(name) ? undefined : find?.(name)
    if (definition === undefined) return undefined
    for (const { step } of stepsWithPaths(definition.steps, [])) {
      const cycle = 'chain' in step ? cycleFrom(step.chain, [...above, name]) : undefined
      if (cycle !== undefined) return cycle
    }
    sound.add(name)
    return undefined
  }
}
