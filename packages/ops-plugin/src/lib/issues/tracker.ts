/** An issue as a tracker has it. */
export interface RemoteIssue {
  readonly number: number
  readonly url: string
  readonly title: string
  readonly body: string
  readonly isClosed: boolean
  readonly labels: readonly string[]
  readonly createdMs: number
  readonly closedMs: number | undefined
}

interface RemoteDraft {
  readonly title: string
  readonly body: string
  readonly labels: readonly string[]
}

/** Issues of one repository elsewhere. Every call may throw TRACKER_REFUSED, TRACKER_LIMITED, TRACKER_UNREACHABLE or CANCELLED. */
export interface Tracker {
  /** Stable name of the repository, for links: `github.com/owner/name`. */
  readonly name: string
  /** Every issue, page by page; pull requests are left out. */
  list(options: { closed: boolean }): AsyncIterable<RemoteIssue>
  create(draft: RemoteDraft): Promise<RemoteIssue>
  /** Labels are added: those that people gave it there stay. */
  update(number: number, patch: Partial<RemoteDraft> & { isClosed?: boolean }): Promise<RemoteIssue>
}

/** By which an issue of ours is known again, should the answer to its creation have been lost. */
export const markerOf = (uid: string): string => `<!-- switchyard-issue: ${uid} -->`
const MARKER = /<!-- switchyard-issue: ([0-9a-f-]{36}) -->/

export const uidIn = (body: string): string | undefined => MARKER.exec(body)?.[1]
