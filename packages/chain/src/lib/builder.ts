import type { CommandRef } from '@switchyard/plugin-kit'
import type { CallStep, ChainDefinition, InputField, Step } from './definition.ts'

/** A value that is known only when the chain runs; its members are references too. */
export type Reference<value> = { readonly [REFERENCE]: value } & (value extends readonly (infer element)[]
  ? { readonly [index: number]: Reference<element> }
  : value extends object
    ? { readonly [key in keyof value]-?: Reference<value[key]> }
    : unknown)

declare const REFERENCE: unique symbol

/** What can stand where a value is wanted: itself, a reference to one, or one made of both. */
export type Given<value> = value | Reference<value> | (value extends object ? { readonly [key in keyof value]: Given<value[key]> } : never)

type FieldType = {
  string: string
  number: number
  integer: number
  boolean: boolean
  list: readonly unknown[]
  object: Readonly<Record<string, unknown>>
}
type InputOf<fields extends Readonly<Record<string, InputField>>> = {
  readonly [name in keyof fields]: fields[name] extends { readonly enum: readonly (infer value)[] }
    ? value
    : FieldType[fields[name]['type']]
}

type CallExtras = Omit<CallStep, 'id' | 'call' | 'input'>

/** Adds steps to a chain, one after another. */
export interface ChainBuilder<input> {
  readonly input: Reference<input>
  /** Calls a command; the reference is to its output. */
  call<given, output>(id: string, command: CommandRef<given, output>, input: Given<given>, extras?: CallExtras): Reference<output>
  /** Any step as data; the reference is to its output. */
  step(step: Step): Reference<unknown>
}

/**
 * A definition whose inputs and references are typed. The result is plain data, the same that a file would give.
 */
export function defineChain<const fields extends Readonly<Record<string, InputField>>>(
  name: string,
  options: Omit<ChainDefinition, 'name' | 'steps' | 'input' | 'output'> & { readonly input?: fields },
  build: (chain: ChainBuilder<InputOf<fields>>) => unknown,
): ChainDefinition {
  const steps: Step[] = []
  const output = build({
    input: reference('input') as Reference<InputOf<fields>>,
    call(id, { id: call }, input, extras = {}) {
      steps.push({ id, call, input: asData(input) as Record<string, unknown>, ...(asData(extras) as CallExtras) })
      return reference(`steps.${id}.output`) as Reference<never>
    },
    step(step) {
      steps.push(asData(step) as Step)
      return reference(`steps.${step.id}.output`) as Reference<unknown>
    },
  })
  return { name, ...options, steps, ...(output !== undefined && { output: asData(output) }) }
}

const paths = new WeakMap<object, string>()

function reference(path: string): object {
  const proxy: object = new Proxy(Object.create(null) as object, {
    get(_, key) {
      if (typeof key === 'symbol') return key === Symbol.toPrimitive ? () => text(path) : undefined
      return reference(
        /^[A-Za-z_][\w-]*$/.test(key)
          ? `${path}.${key}`
          : /^\d+$/.test(key)
            ? `${path}[${key}]`
            : `${path}['${key.replaceAll("'", "''")}']`,
      )
    },
  })
  paths.set(proxy, path)
  return proxy
}

const text = (path: string): string => `\${{ ${path} }}`

/** With every reference written out. */
function asData(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  const path = paths.get(value)
  if (path !== undefined) return text(path)
  if (Array.isArray(value)) return value.map(asData)
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, asData(one)]))
}
