import type { Grant } from '@switchyard/contracts'
import { mayCall, mayHear, mayPublish, mayServe } from '../grant.ts'
import type { LinkFrame } from '../link.ts'
import { callForbidden, listenForbidden, notAttached, publishForbidden, serveForbidden } from './errors.ts'
import type { Want } from './interest.ts'

/** The identities of one process and what each may do; every answer is kept, as grants do not change while attached. */
export interface Identities {
  readonly all: ReadonlyMap<string, Grant>
  attach(identity: string, grant: Grant): void
  detach(identity: string): void
  /** @throws FORBIDDEN */
  checkListen(identity: string, want: Want, pattern: string): void
  /** @throws FORBIDDEN */
  checkSend(kind: LinkFrame['kind'], identity: string, subject: string): void
}

interface Known {
  grant: Grant
  publishes: Set<string>
  calls: Set<string>
}

const MAX_KEPT_ANSWERS = 4_096

export function createIdentities(): Identities {
  const known = new Map<string, Known>()
  const all = new Map<string, Grant>()

  function find(identity: string): Known {
    const found = known.get(identity)
    if (found === undefined) throw notAttached(identity)
    return found
  }

  return {
    all,
    attach(identity, grant) {
      known.set(identity, { grant, publishes: new Set(), calls: new Set() })
      all.set(identity, grant)
    },
    detach(identity) {
      known.delete(identity)
      all.delete(identity)
    },
    checkListen(identity, want, pattern) {
      const { grant } = find(identity)
      if (want === 'topic') {
        if (!mayHear(grant, pattern)) throw listenForbidden(identity, pattern)
      } else if (!mayServe(identity, grant, pattern)) throw serveForbidden(identity, pattern)
    },
    checkSend(kind, identity, subject) {
      const { grant, publishes, calls } = find(identity)
      if (kind === 'publish') {
        if (publishes.has(subject)) return
        if (!mayPublish(grant, subject)) throw publishForbidden(identity, subject)
        keep(publishes, subject)
      } else if (kind === 'request') {
        if (calls.has(subject)) return
        if (!mayCall(grant, subject)) throw callForbidden(identity, subject)
        keep(calls, subject)
      }
    },
  }
}

function keep(answers: Set<string>, subject: string): void {
  if (answers.size >= MAX_KEPT_ANSWERS) answers.clear()
  answers.add(subject)
}
