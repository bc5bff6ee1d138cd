import type { Slot } from '../handlers/slots.ts'

/** Where on the host one environment of a stack keeps what. */
export interface Paths {
  readonly root: string
  readonly base: string
  readonly lock: string
  readonly state: string
  readonly backups: string
  service(name: string): ServicePaths
}

export interface ServicePaths {
  readonly base: string
  readonly releases: string
  release(id: string): string
  /** A link to the release that runs there. */
  slot(slot: Slot): string
  /** Variables of what runs there; mode 0600. */
  variables(slot: Slot): string
  /** Variables that a release had, by the fingerprint of its settings; mode 0600. */
  settings(id: string): string
  /** A link to the release that serves, for people. */
  readonly current: string
  /** The folder that the proxy looks into: green serves while `green` is in it, else blue. */
  readonly switch: string
}

export function pathsOf(root: string, stack: string, env: string): Paths {
  const base = `${root}/${stack}/${env}`
  return {
    root,
    base,
    lock: `${base}/lock.json`,
    state: `${base}/state.json`,
    backups: `${base}/backups`,
    service(name) {
      const own = `${base}/services/${name}`
      return {
        base: own,
        releases: `${own}/releases`,
        release: (id) => `${own}/releases/${folderOf(id)}`,
        slot: (slot) => `${own}/${slot}`,
        variables: (slot) => `${own}/${slot}.env`,
        settings: (id) => `${own}/settings/${id}.json`,
        current: `${own}/current`,
        switch: `${own}/switch`,
      }
    },
  }
}

/** A digest as a folder's name. */
export const folderOf = (release: string): string => release.replace(/^sha256:/, '').slice(0, 24)

/** A release as people are shown it. */
export const shortRelease = (release: string): string => (/^sha256:[0-9a-f]{64}$/.test(release) ? release.slice(0, 19) : release)
