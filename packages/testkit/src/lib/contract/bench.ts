import { isSwitchyardError } from '@switchyard/contracts'
import type { Command, Plugin } from '@switchyard/plugin-kit'
import { contractBroken } from '../errors.ts'
import { createTestYard, type TestYard, type TestYardOptions } from '../test-yard.ts'
import { type WatchedRun, watched } from './watched.ts'

/** What the rules need of a plugin under test. */
export interface Subject {
  readonly plugin: Plugin
  readonly others: readonly Plugin[]
  readonly files: NonNullable<TestYardOptions['files']>
  readonly ignore: readonly string[]
  readonly abortLimitMs: number
  arrange(kit: TestYard): void | Promise<void>
  inputsOf(name: string): readonly unknown[]
  failingInputsOf(name: string): readonly unknown[]
}

/** One command with one input. */
export interface Case {
  readonly name: string
  readonly id: string
  readonly command: Command
  readonly input: unknown
}

/** A fresh yard for one look at one case; told of each run as it begins. */
export interface Bench {
  readonly kit: TestYard
  readonly runs: readonly WatchedRun[]
  onRun(listener: (run: WatchedRun) => void): void
}

export async function onBench(
  subject: Subject,
  use: (bench: Bench) => Promise<void>,
  { files = subject.files, arranged = true }: { files?: Subject['files']; arranged?: boolean } = {},
): Promise<void> {
  const runs: WatchedRun[] = []
  const listeners: ((run: WatchedRun) => void)[] = []
  const plugin = watched(subject.plugin, (run) => {
    runs.push(run)
    for (const listener of listeners) listener(run)
  })
  await using kit = await createTestYard({ plugins: [plugin, ...subject.others], files })
  if (arranged) await subject.arrange(kit)
  await use({ kit, runs, onRun: (listener) => void listeners.push(listener) })
}

export function casesOf(subject: Subject, name: string): readonly Case[] {
  const command = subject.plugin.commands[name]
  if (command === undefined) return []
  const id = `${subject.plugin.name}.${name}`
  return subject.inputsOf(name).map((input) => ({ name, id, command, input }))
}

/** Runs a case that must succeed. */
export async function runs(rule: string, { kit }: Bench, { id, input }: Case): Promise<unknown> {
  try {
    return await kit.call(id, input)
  } catch (error) {
    throw contractBroken(
      rule,
      `${id} with ${JSON.stringify(input)}`,
      'must succeed with the inputs that it is tried with',
      [describe(error)],
      error,
    )
  }
}

export function describe(error: unknown): string {
  if (isSwitchyardError(error)) return `${error.code}: ${error.message}`
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error)
}
