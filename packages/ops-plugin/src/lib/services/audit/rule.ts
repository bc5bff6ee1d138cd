import type { Stats } from 'node:fs'
import { lstat, readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Engine } from '../engine.ts'

export const SEVERITIES = ['critical', 'high', 'medium', 'low'] as const
export type AuditSeverity = (typeof SEVERITIES)[number]
export const FOCUSES = ['security', 'compliance'] as const
export type Focus = (typeof FOCUSES)[number]

/** Something that is not as it should be. */
export interface AuditFinding {
  readonly severity: AuditSeverity
  /** What was seen. */
  readonly evidence: string
  readonly file?: string
  readonly line?: number
}

/** What a rule found out; a string says why it could not look. */
export type RuleOutcome = readonly AuditFinding[] | string

/** One question about a host or its configuration, with a clear answer. */
export interface AuditRule {
  readonly id: string
  readonly focus: Focus
  /** What is true where it passes. */
  readonly title: string
  readonly mend: string
  look(host: Host): Promise<RuleOutcome>
}

/** A host as its files tell of it; `root` is another folder than / in tests and for mounted images. */
export interface Host {
  readonly root: string
  /** Whether programs and sockets of this machine may be asked too. */
  readonly isThisMachine: boolean
  readonly workspace: string
  readonly engine: Engine | undefined
  readonly signal: AbortSignal
  /** The text of a file of at most 4 MB; undefined where it is not there or may not be read. */
  read(path: string): Promise<string | undefined>
  stat(path: string): Promise<Stats | undefined>
  /** Without following a link. */
  lstat(path: string): Promise<Stats | undefined>
  /** Names in a folder, in order; none where it cannot be read. */
  list(path: string): Promise<readonly string[]>
  /** Output of a program of this machine; undefined where it is not there or takes too long. */
  ask(argv: readonly string[]): Promise<string | undefined>
}

const MAX_READ_BYTES = 4 * 1024 * 1024

export function createHost(options: Omit<Host, 'read' | 'stat' | 'lstat' | 'list'>): Host {
  const { root, signal } = options
  const at = (path: string): string => join(root, path)
  return {
    ...options,
    async read(path) {
      signal.throwIfAborted()
      const stats = await stat(at(path)).catch(() => undefined)
      if (stats?.isFile() !== true || stats.size > MAX_READ_BYTES) return undefined
      return readFile(at(path), 'utf8').catch(() => undefined)
    },
    stat: (path) => stat(at(path)).catch(() => undefined),
    lstat: (path) => lstat(at(path)).catch(() => undefined),
    list: async (path) => (await readdir(at(path)).catch(() => [])).sort(),
  }
}

const MAX_WALKED = 20_000

/** Every file and folder under a path, links not followed, up to 20,000. */
export async function* walk(host: Host, folder: string, depth: number): AsyncGenerator<{ path: string; stats: Stats }> {
  let walked = 0
  const open = [{ folder, depth }]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const name of await host.list(next.folder)) {
      host.signal.throwIfAborted()
      if (++walked > MAX_WALKED) return
      const path = join(next.folder, name)
      const stats = await host.lstat(path)
      if (stats === undefined) continue
      yield { path, stats }
      if (stats.isDirectory() && next.depth > 1 && name !== 'node_modules' && name !== '.git')
        open.push({ folder: path, depth: next.depth - 1 })
    }
  }
}

export const modeText = ({ mode }: Stats): string => (mode & 0o7777).toString(8).padStart(4, '0')
