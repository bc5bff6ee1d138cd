import type { ChainsOptions } from './chain.ts'
import type { ChainDefinition, Step } from './definition.ts'
import type { Expression } from './expression.ts'
import { ExpressionMistake } from './expression-parser.ts'
import { FUNCTIONS } from './functions.ts'
import { isRecord } from './json.ts'
import { type Path, type Report, stepsWithPaths } from './steps-with-paths.ts'
import { parseTemplate, type Template } from './template.ts'
import {
  ANY,
  arrayOf,
  BOOLEAN,
  describeType,
  type Field,
  fits,
  INTEGER,
  mayBeNull,
  memberType,
  NULL,
  NUMBER,
  objectOf,
  orNull,
  TEXT,
  type Type,
  typeOfField,
  typeOfSchema,
  typeOfValue,
  unionOf,
  withoutNull,
} from './type.ts'

/** What can be referred to at one place of a chain. */
interface Sight {
  /** Types of the outputs of the steps that have run by then. */
  readonly steps: Map<string, Type>
  /** `item`, `output` and other names that mean something only here. */
  readonly names: ReadonlyMap<string, Type>
}

type Options = Pick<ChainsOptions, 'command' | 'chain'>

/** Holds every reference against what there is to refer to, and every value against what takes it. */
export function checkReferences(definition: ChainDefinition, options: Options, report: Report): void {
  const all = new Set([...stepsWithPaths(definition.steps, [])].map(({ step }) => step.id))
  const input: Type = {
    kind: 'object',
    fields: new Map(Object.entries(definition.input ?? {}).map(([name, field]) => [name, { type: typeOfField(field), required: true }])),
  }
  const chain = objectOf({ id: TEXT, name: TEXT, startedMs: INTEGER })
  const root: Sight = { steps: new Map(), names: new Map([['input', input] as const, ['chain', chain] as const]) }
  visitSteps(definition.steps, ['steps'], root)
  if (definition.output !== undefined) visitValue(definition.output, ['output'], root)

  function visitSteps(steps: readonly Step[], path: Path, sight: Sight): Type {
    let last: Type = NULL
    for (const [index, step] of steps.entries()) {
      const type = visitStep(step, [...path, index], sight)
      sight.steps.set(step.id, type)
      last = mayBeNull(type) && step.when !== undefined && index > 0 ? unionOf([type, last]) : type
    }
    return last
  }

  function visitStep(step: Step, path: Path, sight: Sight): Type {
    const truth = step.when === undefined ? true : visitCondition(step.when, [...path, 'when'], sight)
    const otherwise = 'otherwise' in step ? step.otherwise : undefined
    if (step.when !== undefined && truth === false)
      report('warning', 'UNREACHABLE', [...path, 'when'], `"${step.id}" never runs: its condition is never true`)
    if (truth === true && otherwise !== undefined && step.when !== undefined)
      report('warning', 'UNREACHABLE', [...path, 'otherwise'], `the otherwise of "${step.id}" never runs: its condition is always true`)
    const before = new Set(sight.steps.keys())
    let type = visitKind(step, path, sight)
    if (step.when !== undefined) for (const [id, inner] of sight.steps) if (!before.has(id)) sight.steps.set(id, orNull(inner))
    if (otherwise !== undefined) {
      const among = new Set(sight.steps.keys())
      type = unionOf([type, visitSteps(otherwise, [...path, 'otherwise'], sight)])
      for (const [id, inner] of sight.steps) if (!among.has(id)) sight.steps.set(id, orNull(inner))
    } else if (step.when !== undefined) type = orNull(type)
    if (step.onError === 'continue') type = orNull(type)
    if (step.fallback === undefined) return type
    const inner: Sight = { ...sight, steps: new Map(sight.steps).set(step.id, NULL) }
    const instead = visitSteps(step.fallback, [...path, 'fallback'], inner)
    for (const [id, found] of inner.steps) if (!sight.steps.has(id)) sight.steps.set(id, orNull(found))
    return unionOf([type, instead])
  }

  function visitKind(step: Step, path: Path, sight: Sight): Type {
    if ('call' in step) return visitCall(step, path, sight)
    if ('steps' in step) return visitSteps(step.steps, [...path, 'steps'], sight)
    if ('parallel' in step) return visitParallel(step, path, sight)
    if ('forEach' in step) {
      const list = visitValue(step.forEach, [...path, 'forEach'], sight)
      if (fits(list, arrayOf(ANY)) === 'no')
        report('error', 'TYPE', [...path, 'forEach'], `forEach must be a list: this is ${describeType(list)}`)
      return arrayOf(visitSteps(step.do, [...path, 'do'], turn(sight, elementOf(list))))
    }
    if ('repeat' in step) {
      const inner = turn(sight, NULL)
      const type = visitSteps(step.repeat, [...path, 'repeat'], inner)
      if (visitCondition(step.until, [...path, 'until'], inner) === false)
        report('error', 'UNREACHABLE', [...path, 'until'], `"${step.id}" never ends: its until is never true`)
      return type
    }
    if ('wait' in step) {
      if (typeof step.wait === 'string') return NULL
      if ('until' in step.wait) {
        expect(visitValue(step.wait.until, [...path, 'wait', 'until'], sight), TEXT, [...path, 'wait', 'until'])
        return NULL
      }
      if (step.wait.match !== undefined) visitValue(step.wait.match, [...path, 'wait', 'match'], sight)
      return ANY
    }
    if ('ask' in step) {
      visitValue(step.ask, [...path, 'ask'], sight)
      const value: Type =
        step.choices === undefined
          ? { approval: BOOLEAN, text: TEXT, number: NUMBER }[step.answer ?? 'approval']
          : { kind: 'text', values: step.choices }
      return objectOf({ value, by: orNull(TEXT) })
    }
    if ('chain' in step) {
      const sub = options.chain?.(step.chain)
      if (sub === undefined) visitValue(step.input ?? {}, [...path, 'input'], sight)
      else visitInput(step.input ?? {}, chainInput(sub), [...path, 'input'], sight, `the chain "${step.chain}"`)
      return ANY
    }
    return visitValue(step.value, [...path, 'value'], sight)
  }

  function visitCall(step: Extract<Step, { call: string }>, path: Path, sight: Sight): Type {
    const facts = options.command(step.call)
    const target = facts?.input === undefined ? ANY : typeOfSchema(facts.input, 'input')
    visitInput(step.input ?? {}, target, [...path, 'input'], sight, `"${step.call}"`)
    if (step.key !== undefined) expect(visitValue(step.key, [...path, 'key'], sight), TEXT, [...path, 'key'])
    const output = facts?.output === undefined ? ANY : typeOfSchema(facts.output, 'output')
    if (step.undo !== undefined && step.undo !== false) {
      const undo = options.command(step.undo.call)
      const takes = undo?.input === undefined ? ANY : typeOfSchema(undo.input, 'input')
      const seen = step.compensateOnFailure === true ? orNull(output) : output
      const inner = { ...sight, names: new Map([...sight.names, ['output', seen] as const]) }
      visitInput(step.undo.input ?? {}, takes, [...path, 'undo', 'input'], inner, `"${step.undo.call}"`)
    }
    return output
  }

  function visitParallel(step: Extract<Step, { parallel: readonly Step[] }>, path: Path, sight: Sight): Type {
    const found = new Map<string, Type>()
    const types = step.parallel.map((child, index) => {
      const inner: Sight = { ...sight, steps: new Map(sight.steps) }
      const type = visitStep(child, [...path, 'parallel', index], inner)
      inner.steps.set(child.id, type)
      for (const [id, one] of inner.steps) if (!sight.steps.has(id)) found.set(id, (step.mode ?? 'all') === 'all' ? one : orNull(one))
      return type
    })
    for (const [id, type] of found) sight.steps.set(id, type)
    if (step.mode === 'race') return unionOf(types)
    if (step.mode === 'allSettled')
      return arrayOf(objectOf({ ok: BOOLEAN, output: orNull(unionOf(types)), error: orNull(objectOf({ code: TEXT, message: TEXT })) }))
    return arrayOf(step.mode === 'quorum' ? orNull(unionOf(types)) : unionOf(types))
  }

  /** What an input holds, field by field, against what is taken. */
  function visitInput(value: unknown, target: Type, path: Path, sight: Sight, taker: string): void {
    if (target.kind !== 'object' || !isRecord(value)) {
      expect(visitValue(value, path, sight), target, path)
      return
    }
    for (const [name, one] of Object.entries(value)) {
      const field = target.fields.get(name)
      const type = visitValue(one, [...path, name], sight)
      if (field !== undefined) expect(type, field.required ? field.type : orNull(field.type), [...path, name])
      else if (target.others === undefined) report('error', 'UNKNOWN_FIELD', [...path, name], `${taker} takes no "${name}"`)
    }
    for (const [name, { required }] of target.fields)
      if (required && !Object.hasOwn(value, name)) report('error', 'MISSING_FIELD', path, `${taker} must be given "${name}"`)
  }

  function expect(type: Type, target: Type, path: Path): void {
    const fit = fits(type, target)
    if (fit === 'no') report('error', 'TYPE', path, `this must be ${describeType(target)}: it is ${describeType(type)}`)
    else if (fit === 'maybe' && type.kind === 'union' && mayBeNull(type) && !mayBeNull(target) && fits(withoutNull(type), target) !== 'no')
      report('warning', 'MAYBE_NULL', path, `this may be null, as a step that it comes from may not have run: use default(…, …)`)
  }

  function visitValue(value: unknown, path: Path, sight: Sight): Type {
    if (Array.isArray(value)) return arrayOf(unionOf(value.map((one, index) => visitValue(one, [...path, index], sight))))
    if (isRecord(value)) {
      const fields = Object.entries(value).map(([key, one]): [string, Field] => [
        key,
        { type: visitValue(one, [...path, key], sight), required: true },
      ])
      return { kind: 'object', fields: new Map(fields) }
    }
    if (typeof value !== 'string') return typeOfValue(value)
    const template = read(value, path)
    if (template === undefined) return ANY
    if (template.kind === 'constant') return typeOfValue(value)
    if (template.kind === 'expression') return visitExpression(template.expression, path, sight)
    if (template.kind === 'text') for (const part of template.parts) if (typeof part !== 'string') visitExpression(part, path, sight)
    return TEXT
  }

  function read(text: string, path: Path): Template | undefined {
    try {
      return parseTemplate(text)
    } catch (error) {
      if (!(error instanceof ExpressionMistake)) throw error
      report('error', 'EXPRESSION', path, error.message, error.at)
      return undefined
    }
  }

  function visitCondition(text: string, path: Path, sight: Sight): boolean | undefined {
    const template = read(text, path)
    if (template === undefined) return undefined
    if (template.kind !== 'expression') {
      report('error', 'EXPRESSION', path, 'a condition must be one expression')
      return undefined
    }
    const type = visitExpression(template.expression, path, sight)
    if (fits(type, orNull(BOOLEAN)) === 'no')
      report('error', 'TYPE', path, `a condition must be true or false: this is ${describeType(type)}`)
    return truthOf(template.expression, sight)
  }

  function visitExpression(expression: Expression, path: Path, sight: Sight): Type {
    switch (expression.kind) {
      case 'literal':
        return typeOfValue(expression.value)
      case 'not':
        visitExpression(expression.of, path, sight)
        return BOOLEAN
      case 'and':
      case 'or':
        for (const side of [expression.left, expression.right]) {
          const type = visitExpression(side, path, sight)
          if (fits(type, orNull(BOOLEAN)) === 'no')
            report('error', 'TYPE', path, `both sides of ${expression.kind} must be true or false: this is ${describeType(type)}`)
        }
        return BOOLEAN
      case 'compare': {
        const left = visitExpression(expression.left, path, sight)
        const right = visitExpression(expression.right, path, sight)
        if (expression.operator !== '==' && expression.operator !== '!=' && !mayBeOrdered(left, right))
          report('error', 'TYPE', path, `${describeType(left)} and ${describeType(right)} have no order`, expression.at)
        return BOOLEAN
      }
      case 'function': {
        const types = expression.arguments.map((one) => visitExpression(one, path, sight))
        const known = FUNCTIONS[expression.name]
        if (known === undefined) {
          report(
            'error',
            'FUNCTION',
            path,
            `there is no function "${expression.name}": there are ${Object.keys(FUNCTIONS).join(', ')}`,
            expression.at,
          )
          return ANY
        }
        const { parameters, variadic, signature } = known
        if (types.length < parameters.length || (variadic !== true && types.length > parameters.length))
          report(
            'error',
            'FUNCTION',
            path,
            `${signature} takes ${parameters.length}${variadic === true ? ' or more' : ''}: it is given ${types.length}`,
            expression.at,
          )
        for (const [index, type] of types.entries()) {
          const parameter = parameters[Math.min(index, parameters.length - 1)] ?? ANY
          if (fits(type, orNull(parameter)) === 'no')
            report('error', 'TYPE', path, `${signature} takes ${describeType(parameter)}: it is given ${describeType(type)}`, expression.at)
        }
        return known.returns(types)
      }
      case 'path':
        return visitPath(expression, path, sight, true)
    }
  }

  function visitPath(expression: Extract<Expression, { kind: 'path' }>, path: Path, sight: Sight, isLoud: boolean): Type {
    const { root, keys, at } = expression
    const complain = (message: string): Type => {
      if (isLoud) report('error', 'REFERENCE', path, message, at)
      return ANY
    }
    for (const key of keys) if (isLoud && key.kind !== 'literal') visitExpression(key, path, sight)
    const constants = keys.map((key) =>
      key.kind === 'literal' && (typeof key.value === 'string' || typeof key.value === 'number') ? key.value : undefined,
    )
    let type: Type
    let rest = constants
    let name = root
    if (root === 'steps') {
      const id = constants[0]
      if (typeof id !== 'string') return complain('steps must be followed by the id of a step')
      const output = sight.steps.get(id)
      if (output === undefined)
        return complain(all.has(id) ? `"${id}" has not run when this is read, or cannot be seen from here` : `there is no step "${id}"`)
      type = objectOf({
        output,
        state: { kind: 'text', values: ['done', 'skipped', 'failed'] },
        error: orNull(objectOf({ code: TEXT, message: TEXT })),
        degraded: BOOLEAN,
      })
      rest = constants.slice(1)
      name = `steps.${id}`
    } else {
      const known = sight.names.get(root)
      if (known === undefined) return complain(`"${root}" means nothing here: there are ${[...sight.names.keys(), 'steps'].join(', ')}`)
      type = known
    }
    for (const key of rest) {
      const member = memberType(type, key)
      if (member === 'missing') return complain(`${name} has no "${key}": it is ${describeType(type)}`)
      type = member
      name += typeof key === 'string' ? `.${key}` : '[…]'
    }
    return type
  }

  /** What a condition always is, where that can be known. */
  function truthOf(expression: Expression, sight: Sight): boolean | undefined {
    switch (expression.kind) {
      case 'literal':
        return expression.value === true
      case 'not': {
        const inner = truthOf(expression.of, sight)
        return inner === undefined ? undefined : !inner
      }
      case 'and':
      case 'or': {
        const sides = [truthOf(expression.left, sight), truthOf(expression.right, sight)]
        const decisive = expression.kind === 'or'
        if (sides.includes(decisive)) return decisive
        return sides.every((side) => side === !decisive) ? !decisive : undefined
      }
      case 'compare': {
        const [left, right] = [expression.left, expression.right].map((side) => quietType(side, sight))
        const isEqual = expression.operator === '=='
        if (!isEqual && expression.operator !== '!=') return undefined
        return fits(left!, right!) === 'no' && fits(right!, left!) === 'no' ? !isEqual : undefined
      }
      default:
        return undefined
    }
  }

  function quietType(expression: Expression, sight: Sight): Type {
    if (expression.kind === 'literal') return typeOfValue(expression.value)
    return expression.kind === 'path' ? visitPath(expression, [], sight, false) : ANY
  }
}

function turn(sight: Sight, item: Type): Sight {
  return { steps: new Map(sight.steps), names: new Map([...sight.names, ['item', item] as const, ['index', INTEGER] as const]) }
}

function elementOf(type: Type): Type {
  if (type.kind === 'list') return type.of
  return type.kind === 'union' ? unionOf(type.of.filter(({ kind }) => kind === 'list').map(elementOf)) : ANY
}

function chainInput({ input = {} }: ChainDefinition): Type {
  const fields = Object.entries(input).map(([name, field]): [string, Field] => [
    name,
    { type: typeOfField(field), required: field.optional !== true && field.default === undefined },
  ])
  return { kind: 'object', fields: new Map(fields) }
}

function mayBeOrdered(left: Type, right: Type): boolean {
  return [NUMBER, TEXT].some((type) => fits(left, orNull(type)) !== 'no' && fits(right, orNull(type)) !== 'no')
}
