import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isSwitchyardError, type SwitchyardError } from '@switchyard/contracts'
import { differences } from './differences.ts'
import { notAsExpected } from './errors.ts'
import type { TestYard } from './test-yard.ts'

/** @throws NOT_AS_EXPECTED with a line for each place where the two differ */
export function assertSame(actual: unknown, expected: unknown, what = 'the value'): void {
  const found = differences(expected, actual)
  if (found.length > 0) throw notAsExpected(what, found)
}

/** Holds the texts of files against what they must be; undefined says that the file must not be there. @throws NOT_AS_EXPECTED */
export function assertFiles(kit: Pick<TestYard, 'dir'>, expected: Readonly<Record<string, string | undefined>>): void {
  const actual = Object.fromEntries(Object.keys(expected).map((path) => [path, textOf(join(kit.dir, path))]))
  assertSame(actual, expected, 'the workspace')
}

/** Holds what was published, in order and without anything more, against topics and payloads. @throws NOT_AS_EXPECTED */
export function assertHeard(kit: Pick<TestYard, 'messages'>, expected: readonly (readonly [topic: string, payload: unknown])[]): void {
  const actual = kit.messages.map(({ topic, payload }) => [topic, payload])
  assertSame(actual, expected, 'what was published')
}

/** The error that a run failed with, which must have this code. @throws NOT_AS_EXPECTED */
export async function assertFails(run: Promise<unknown>, code: string): Promise<SwitchyardError> {
  let result: unknown
  try {
    result = await run
  } catch (error) {
    if (isSwitchyardError(error, code)) return error
    const found = isSwitchyardError(error) ? error.code : `no SwitchyardError: ${String(error)}`
    throw notAsExpected('the failure', [`expected ${code}, got ${found}`])
  }
  throw notAsExpected('the run', [`expected ${code}, and it succeeded with ${JSON.stringify(result)}`])
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
