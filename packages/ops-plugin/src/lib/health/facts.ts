import type { Settings } from './settings.ts'

/** What is known of a project beside its files. What nobody asked for is undefined, and its checks do not apply. */
export interface Facts {
  /** The day of the scan, such as `2026-11-21`: suppressions end. */
  readonly today?: string | undefined
  readonly git?: GitFacts | undefined
  readonly registry?: RegistryFacts | undefined
  readonly runs?: readonly ScriptRun[] | undefined
  readonly settings?: Settings | undefined
}

export const NO_FACTS: Facts = {}

/** The state of a work tree that is a whole repository. */
export interface GitFacts {
  /** Paths that differ from the last commit, in order; a string says why that cannot be told. */
  readonly changed: readonly string[] | string
  /** The number of commits, 2 standing for any more; a string says why that cannot be told. */
  readonly commits: number | string
}

/** What a package registry knew of the project's dependencies. */
export interface RegistryFacts {
  /** A string says why the registry could not be asked. */
  readonly advisories: readonly Advisory[] | string
  readonly latest: ReadonlyMap<string, string> | string
}

export interface Advisory {
  readonly name: string
  readonly version: string
  readonly severity: 'critical' | 'high' | 'moderate' | 'low' | 'info'
  readonly title: string
  readonly url: string
}

/** One of the project's own programs, run because somebody asked for it. */
export interface ScriptRun {
  readonly step: 'build' | 'typecheck' | 'test'
  /** As a person would type it. */
  readonly commandLine: string
  readonly outcome: 'passed' | 'failed' | 'timed out' | 'not startable'
  /** The last lines that it printed. */
  readonly tail: string
}
