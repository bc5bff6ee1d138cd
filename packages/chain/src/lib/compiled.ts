import { createHash } from 'node:crypto'
import { type ChainDefinition, childrenOf, kindOf, type Step, type StepKind } from './definition.ts'
import { unknownChain } from './errors.ts'
import { parseTemplate, type Template } from './template.ts'

/** A definition with its sub-chains and all its templates read, as it is run. */
export interface CompiledChain {
  readonly definition: ChainDefinition
  readonly steps: readonly CompiledStep[]
  readonly output: Template | undefined
}

/** What is kept of a chain's definition, so that a running chain never sees another one. */
export interface FrozenChain {
  readonly root: CompiledChain
  /** Names the content. */
  readonly hash: string
  readonly body: string
  /** Leaves and what holds them, by path without loop counts. */
  readonly byPath: ReadonlyMap<string, CompiledStep>
}

export interface CompiledStep {
  readonly step: Step
  readonly kind: StepKind
  readonly when: Template | undefined
  /** What `input`, `value`, `forEach`, `until`, the question, the moment or the match says. */
  readonly main: Template | undefined
  readonly key: Template | undefined
  readonly undoInput: Template | undefined
  readonly children: readonly CompiledStep[]
  readonly otherwise: readonly CompiledStep[]
  readonly fallback: readonly CompiledStep[]
  readonly sub: CompiledChain | undefined
}

interface FrozenBody {
  readonly root: ChainDefinition
  readonly chains: Readonly<Record<string, ChainDefinition>>
}

const MAX_SUB_CHAINS = 20

/** Reads a definition and those of its sub-chains. @throws CHAIN_UNKNOWN, CHAIN_CYCLE, and ExpressionMistake for what `check` refuses */
export function freezeChain(root: ChainDefinition, find: (name: string) => ChainDefinition | undefined): FrozenChain {
  const chains: Record<string, ChainDefinition> = {}
  collect(root, [root.name])
  return thaw(JSON.stringify({ root, chains } satisfies FrozenBody))

  function collect(definition: ChainDefinition, above: readonly string[]): void {
    for (const name of subChainsOf(definition.steps)) {
      if (above.includes(name) || above.length > MAX_SUB_CHAINS)
        throw unknownChain(name, `it is a part of itself: ${[...above, name].join(' > ')}`)
      if (Object.hasOwn(chains, name)) continue
      const found = find(name)
      if (found === undefined) throw unknownChain(name, 'there is none of that name')
      chains[name] = found
      collect(found, [...above, name])
    }
  }
}

/** The chain that `freezeChain` kept. */
export function thaw(body: string): FrozenChain {
  const { root, chains } = JSON.parse(body) as FrozenBody
  const byPath = new Map<string, CompiledStep>()
  const compiled = compileChain(root, '')
  return { root: compiled, hash: createHash('sha256').update(body).digest('base64url').slice(0, 22), body, byPath }

  function compileChain(definition: ChainDefinition, prefix: string): CompiledChain {
    return {
      definition,
      steps: definition.steps.map((step) => compile(step, prefix)),
      output: definition.output === undefined ? undefined : parseTemplate(definition.output),
    }
  }

  function compile(step: Step, prefix: string): CompiledStep {
    const kind = kindOf(step)!
    const path = `${prefix}${step.id}`
    const inner = kind === 'forEach' || kind === 'repeat' ? `${path}/` : prefix
    const all = (steps: readonly Step[] | undefined, where: string) => steps?.map((one) => compile(one, where)) ?? []
    const compiled: CompiledStep = {
      step,
      kind,
      when: optional(step.when),
      main: mainOf(step),
      key: 'key' in step ? optional(step.key) : undefined,
      undoInput: 'undo' in step && step.undo ? parseTemplate(step.undo.input ?? {}) : undefined,
      children: all(bodyOf(step), inner),
      otherwise: all('otherwise' in step ? step.otherwise : undefined, prefix),
      fallback: all(step.fallback, prefix),
      sub: 'chain' in step ? compileChain(chains[step.chain]!, `${path}/`) : undefined,
    }
    byPath.set(path, compiled)
    return compiled
  }
}

/** A path without the counts of loops, as `byPath` has it. */
export const staticPath = (path: string): string => path.replaceAll(/\[\d+\]/g, '')

function optional(text: string | undefined): Template | undefined {
  return text === undefined ? undefined : parseTemplate(text)
}

function bodyOf(step: Step): readonly Step[] | undefined {
  if ('steps' in step) return step.steps
  if ('parallel' in step) return step.parallel
  if ('repeat' in step) return step.repeat
  return 'do' in step ? step.do : undefined
}

function mainOf(step: Step): Template | undefined {
  if ('call' in step || 'chain' in step) return parseTemplate(step.input ?? {})
  if ('value' in step) return parseTemplate(step.value)
  if ('forEach' in step) return parseTemplate(step.forEach)
  if ('repeat' in step) return parseTemplate(step.until)
  if ('ask' in step) return parseTemplate(step.ask)
  if (!('wait' in step) || typeof step.wait === 'string') return undefined
  return parseTemplate('until' in step.wait ? step.wait.until : (step.wait.match ?? {}))
}

/** Every step of a list, with what is inside. */
export function* everyStep(steps: readonly Step[]): Generator<Step> {
  for (const step of steps) {
    yield step
    for (const [, inner] of childrenOf(step)) yield* everyStep(inner)
  }
}

function subChainsOf(steps: readonly Step[]): readonly string[] {
  return [...everyStep(steps)].flatMap((step) => ('chain' in step ? [step.chain] : []))
}

/** All that a chain may call, its parts and its undos included. */
export const commandsOf = ({ byPath }: FrozenChain): readonly string[] =>
  [...byPath.values()].flatMap(({ step }) => {
    if (!('call' in step)) return []
    return typeof step.undo === 'object' ? [step.call, step.undo.call] : [step.call]
  })
