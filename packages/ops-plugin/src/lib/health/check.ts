import type { Fix } from './fix.ts'
import type { PluginType, Project } from './project.ts'
import type { TextFile } from './snapshot.ts'

export const DOMAINS = [
  'structure',
  'docs',
  'dependencies',
  'quality',
  'files',
  'security',
  'plugin',
  'skills',
  'agents',
  'hooks',
  'mcp',
] as const
export type Domain = (typeof DOMAINS)[number]

/** One thing that a check found wrong, or could not find out. */
export interface Finding {
  readonly status: 'warn' | 'fail' | 'unknown'
  /** What is the case, without a final period. */
  readonly note: string
  readonly file?: string | undefined
  readonly line?: number | undefined
}

/**
 * One question with a clear answer. It reads the snapshot and nothing else, so that the same tree gives the same answer.
 * No finding means that it passes; else the worst finding decides.
 */
export interface Check {
  /** `domain.what`; never reused for another question. */
  readonly id: string
  readonly domain: Domain
  /** What is true of a project that passes. */
  readonly title: string
  /** Points to earn: about 10 where a project is broken without it, 5 where it hurts, 2 where it is nicer. */
  readonly weight: number
  /** What it weighs in a Claude Code plugin of a kind, where that is something else. */
  readonly weights?: Readonly<Partial<Record<PluginType, number>>>
  /** The whole score is no more than this where it fails: for what no other merit makes good. */
  readonly cap?: number
  /** Its findings are of this moment, so that no baseline keeps them. */
  readonly isOfTheMoment?: true
  /** The next thing to do about a finding. */
  readonly mend: string
  /** A mend that needs nobody's judgement. */
  readonly fix?: Fix
  applies(project: Project): boolean
  /** Looks at each text file once; the findings are handed to `run`. */
  inspect?(file: TextFile, project: Project): readonly Finding[]
  run(project: Project, inspected: readonly Finding[]): readonly Finding[]
}

export function weightOf({ weight, weights }: Check, { pluginType }: Project): number {
  return (pluginType === undefined ? undefined : weights?.[pluginType]) ?? weight
}

/** The score at most where a secret lies open, the tests are red or a manifest cannot be read: it fails, whatever else is well. */
export const HARD_CAP = 49

export interface Place {
  readonly file?: string | undefined
  readonly line?: number | undefined
}

export const warn = (note: string, place: Place = {}): Finding => finding('warn', note, place)
export const fail = (note: string, place: Place = {}): Finding => finding('fail', note, place)
export const unknown = (note: string, place: Place = {}): Finding => finding('unknown', note, place)

/** Names and values in it are whatever a file held. */
const MAX_NOTE_CHARS = 300

function finding(status: Finding['status'], note: string, { file, line }: Place): Finding {
  return {
    status,
    note: note.length > MAX_NOTE_CHARS ? `${note.slice(0, MAX_NOTE_CHARS)}…` : note,
    ...(file !== undefined && { file }),
    ...(line !== undefined && { line }),
  }
}
