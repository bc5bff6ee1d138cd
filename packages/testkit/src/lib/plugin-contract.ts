import type { Command, Commands, Plugin } from '@switchyard/plugin-kit'
import type { z } from 'zod'
import { type Case, casesOf, type Subject } from './contract/bench.ts'
import {
  errorsAreCoded,
  outputFits,
  planChangesNothing,
  planNamesWhatIsTouched,
  readChangesNothing,
  secondRunChangesNothing,
  stopsWhenAborted,
  undoReallyUndoes,
} from './contract/command-rules.ts'
import { definitionIsValid, examplesAreUnique, schemasBecomeJson } from './contract/definition-rules.ts'
import type { TestFile } from './disk.ts'
import { contractBroken } from './errors.ts'
import type { TestYard } from './test-yard.ts'

/** One rule for one subject; `run` rejects with CONTRACT_BROKEN, whose text says where it is broken. */
export interface ContractTest {
  readonly name: string
  run(): Promise<void>
}

type Inputs<commands extends Commands> = {
  readonly [name in keyof commands]?: readonly (commands[name] extends Command<infer input, z.ZodType> ? z.input<input> : unknown)[]
}

export interface ContractOptions<commands extends Commands = Commands> {
  /** What to try each command with; it must succeed. @default `{}` where the command's schema takes that */
  inputs?: Inputs<commands>
  /** What must fail, with a code of its own. */
  failing?: Inputs<commands>
  /** What the workspace holds before each try. */
  files?: Readonly<Record<string, TestFile>>
  /** Brings about what no file can, before each try. */
  arrange?: (kit: TestYard) => void | Promise<void>
  /** Other plugins that this one calls. */
  plugins?: readonly Plugin[]
  /** Paths that do not count, such as a journal that an undo rightly leaves. */
  ignore?: readonly string[]
  /** How long a command may take to notice that it is aborted, in real time. @default 2000 */
  abortLimitMs?: number
}

/**
 * What every plugin must keep, as tests for any runner: `for (const { name, run } of pluginContract(plugin, …)) it(name, run)`.
 * Each try has a yard and a folder of its own.
 */
export function pluginContract<const commands extends Commands>(
  plugin: Plugin<commands>,
  { inputs, failing, files = {}, arrange = () => {}, plugins = [], ignore = [], abortLimitMs = 2_000 }: ContractOptions<commands> = {},
): readonly ContractTest[] {
  const given = (inputs ?? {}) as Readonly<Record<string, readonly unknown[] | undefined>>
  const mustFail = (failing ?? {}) as Readonly<Record<string, readonly unknown[] | undefined>>
  const subject: Subject = {
    plugin,
    others: plugins,
    files,
    ignore,
    abortLimitMs,
    arrange,
    inputsOf: (name) => given[name] ?? (plugin.commands[name]?.input.safeParse({}).success === true ? [{}] : []),
    failingInputsOf: (name) => mustFail[name] ?? [],
  }
  const tests: ContractTest[] = []
  const test = (name: string, run: () => void | Promise<void>): void => void tests.push({ name, run: async () => run() })

  test(`[D1] ${plugin.name}: its definition is valid`, () => definitionIsValid(plugin))
  test(`[D3] ${plugin.name}: its examples are there, each for one command and once`, () => examplesAreUnique(plugin))
  for (const [name, command] of Object.entries(plugin.commands)) {
    const id = `${plugin.name}.${name}`
    const each = (rule: (subject: Subject, one: Case) => Promise<void>) => async (): Promise<void> => {
      for (const one of casesOf(subject, name)) await rule(subject, one)
    }
    test(`[D2] ${id}: its schemas become JSON Schema`, () => schemasBecomeJson(id, command))
    test(`[D4] ${id}: there is an input to try it with`, () => hasInput(subject, name))
    test(`[R1] ${id}: its result fits its schema and survives JSON`, each(outputFits))
    if (command.effect === 'read') test(`[R2] ${id}: changes nothing on disk`, each(readChangesNothing))
    else {
      test(`[P1] ${id}: its plan changes nothing`, each(planChangesNothing))
      test(`[P2] ${id}: its plan names what it touches`, each(planNamesWhatIsTouched))
    }
    if (command.undo !== undefined) test(`[U1] ${id}: its undo leaves everything as it was`, () => undoReallyUndoes(subject, name))
    if ((command.idempotent ?? command.effect === 'read') === true)
      test(`[I1] ${id}: a second run changes nothing and answers the same`, each(secondRunChangesNothing))
    test(`[S1] ${id}: ends when its signal is aborted`, each(stopsWhenAborted))
    test(`[E1] ${id}: throws SwitchyardErrors alone`, () => errorsAreCoded(subject, name))
  }
  return tests
}

/** [D4] */
function hasInput(subject: Subject, name: string): void {
  if (subject.inputsOf(name).length > 0) return
  throw contractBroken('D4', `${subject.plugin.name}.${name}`, 'the contract must be given an input for it', [
    `add inputs: { '${name}': [{ … }] }`,
  ])
}
