import { existsSync } from 'node:fs'
import type { Clock } from '@switchyard/contracts'
import { type Figures, NO_FIGURES, together } from './figures.ts'
import { type Health, healthOf, type Signs } from './health.ts'
import type { Processes, ServingProcess } from './processes.ts'
import type { Snapshot } from './snapshot.ts'
import type { Sources } from './sources.ts'
import type { Traffic } from './traffic.ts'

/** Whose eyes a plugin's health is seen with. */
export interface View {
  /** Needs no process that serves it for others. */
  isServedHere(plugin: string): boolean
  processes(): readonly ServingProcess[]
  /** With the process that sees it so, where it is another's word. */
  breaker(plugin: string): Pick<Signs, 'breaker'> & { readonly pid?: number }
  figures(command: string): Figures
  /** What took a source away. */
  missing(source: string): string | undefined
}

export interface ViewParts {
  readonly sources: Sources
  readonly traffic: Traffic
  readonly processes: Processes
  /** Those that are not closed here. */
  readonly breakers: ReadonlyMap<string, 'half-open' | 'open'>
  readonly served: () => readonly string[]
  readonly clock: Clock
}

export interface Views {
  /** As it is for this process: what another has a bad time with may well work from here. */
  own(): View
  /** As it is for the workspace, the same for each of its processes: what is written down, and the worst that those see who are alive. */
  shared(isSelfListed: boolean): View
  /** Looks again whether folders are there. */
  recheck(): void
}

/** How long it is believed that a folder is still there. */
const FOLDER_CHECK_MS = 2_000

export function createViews({ sources, traffic, processes, breakers, served, clock }: ViewParts): Views {
  let folders: { readonly atMs: number; readonly missing: ReadonlyMap<string, string> } | undefined

  function missing(source: string): string | undefined {
    const atMs = clock.monotonicMs()
    if (folders === undefined || atMs - folders.atMs >= FOLDER_CHECK_MS) {
      const gone = sources.list().filter(({ folder }) => folder !== undefined && !existsSync(folder))
      folders = { atMs, missing: new Map(gone.map(({ id, folder }) => [id, `its folder ${folder} is no more`])) }
    }
    return folders.missing.get(source)
  }

  function recheck(): void {
    folders = undefined
  }

  return {
    recheck,
    own() {
      const here = new Set(served())
      let all: readonly ServingProcess[] | undefined
      return {
        isServedHere: (plugin) => here.has(plugin),
        processes() {
          all ??= processes.list()
          return all
        },
        breaker: (plugin) => ({ breaker: breakers.get(plugin) ?? 'closed' }),
        figures: traffic.of,
        missing,
      }
    },
    shared(isSelfListed) {
      // Another process may have looked just now, and is to have seen the same.
      recheck()
      const all = processes.list()
      const here = new Set(isSelfListed ? [] : served())
      const seen = all.filter(({ state }) => state !== 'down').map(({ pid, breakers: open = {} }) => ({ pid, open }))
      if (!isSelfListed) seen.push({ pid: process.pid, open: Object.fromEntries(breakers) })
      return {
        isServedHere: (plugin) => here.has(plugin),
        processes: () => all,
        breaker(plugin) {
          for (const breaker of ['open', 'half-open'] as const) {
            const one = seen.find(({ open }) => open[plugin] === breaker)
            if (one !== undefined) return { breaker, pid: one.pid }
          }
          return { breaker: 'closed' }
        },
        figures: traffic.reread(),
        missing,
      }
    },
  }
}

/** Of a plugin, or of one of its commands. */
export function figuresIn({ plugins }: Snapshot, id: string, of: View['figures']): Figures {
  const plugin = plugins.get(id)
  if (plugin === undefined) return of(id)
  if (plugin.origin === 'files') return NO_FIGURES
  return together(plugin.entries.filter(({ kind }) => kind === 'command').map((entry) => of(entry.id)))
}

export function healthIn(snapshot: Snapshot, name: string, view: View): Health {
  const plugin = snapshot.plugins.get(name)
  if (plugin === undefined) return { state: 'gone', reason: 'it is not registered' }
  const isFiles = plugin.origin === 'files'
  const { runs, errorRate } = figuresIn(snapshot, name, view.figures)
  const { breaker, pid } = view.breaker(name)
  const health = healthOf({
    process: isFiles || view.isServedHere(name) ? undefined : bestOf(view.processes(), name),
    breaker,
    runs,
    errorRate,
    missing: isFiles ? view.missing(plugin.source!) : undefined,
  })
  return health.sign === 'breaker' && pid !== undefined ? { ...health, reason: `${health.reason}, as process ${pid} sees it` } : health
}

/** Of the processes that serve a plugin. */
function bestOf(all: readonly ServingProcess[], plugin: string): Pick<Health, 'state' | 'reason'> {
  const serving = all.filter((process) => process.plugins.includes(plugin))
  const best = ['ready', 'degraded', 'down'].flatMap((state) => serving.findLast((process) => process.state === state) ?? [])[0]
  return best ?? { state: 'registered', reason: 'no process serves it yet' }
}
