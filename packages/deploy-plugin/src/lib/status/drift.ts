import { shortRelease } from '../records/columns.ts'

/** What the host itself says that it serves, and what was seen of it. */
export interface Seen {
  /** By the state that is kept on the host. */
  readonly release: string | undefined
  readonly state: 'running' | 'starting' | 'stopped' | 'missing' | undefined
  readonly restarts: number
  /** Which release really runs, where the host can tell. */
  readonly runs: string | undefined
  readonly ended: string | undefined
  readonly replicas?: { readonly wanted: number; readonly running: number }
}

export const DRIFTS = ['gone', 'unrecorded', 'other-release', 'stopped', 'foreign', 'restarting'] as const

/** One way in which what runs is not what was recorded. */
export interface Drift {
  readonly kind: (typeof DRIFTS)[number]
  readonly text: string
}

/** More often than this a service comes up again by itself only when something is wrong with it. */
const MANY_RESTARTS = 3

/** Holds what was recorded against what was seen: three tellings of one truth, and where they differ. */
export function findDrift(recorded: string | undefined, seen: Seen): readonly Drift[] {
  const { release, state, runs, restarts, ended, replicas } = seen
  const found: Drift[] = []
  const add = (kind: Drift['kind'], text: string): void => void found.push({ kind, text })
  if (recorded !== undefined && release === undefined) add('gone', `${shortRelease(recorded)} was deployed, and the host knows of none`)
  if (recorded === undefined && release !== undefined)
    add('unrecorded', `the host serves ${shortRelease(release)}, deployed from elsewhere`)
  if (recorded !== undefined && release !== undefined && recorded !== release) {
    add('other-release', `the host serves ${shortRelease(release)}, recorded is ${shortRelease(recorded)}`)
  }
  if (release !== undefined && (state === 'stopped' || state === 'missing')) {
    add('stopped', `${state === 'missing' ? 'what should run is not there' : 'it does not run'}${ended === undefined ? '' : `: ${ended}`}`)
  } else if (replicas !== undefined && replicas.running < replicas.wanted)
    add('stopped', `${replicas.running} of ${replicas.wanted} replicas run`)
  if (release !== undefined && runs !== undefined && runs !== release) {
    add('foreign', `${shortRelease(runs)} runs instead of ${shortRelease(release)}: somebody changed it by hand`)
  }
  if (restarts >= MANY_RESTARTS) add('restarting', `it was started again ${restarts} times by itself`)
  return found
}
