import type { Reference } from '../commits/commit.ts'

/** Addresses of a project's pages; undefined where the remote has none that is known. */
export interface WebLinks {
  /** Such as https://github.com/owner/name; never with credentials. */
  readonly base: string | undefined
  /** owner/name. */
  readonly repository: string | undefined
  readonly host: string | undefined
  commit(id: string): string | undefined
  issue(reference: Reference): string | undefined
  compare(from: string, to: string): string | undefined
  release(tag: string): string | undefined
}

/** Reads the address of a remote: https, ssh, or the short form of ssh. What is neither, such as a path, has no pages. */
export function webLinks(remoteUrl: string | undefined): WebLinks {
  const short = /^(?:[\w.-]+@)?([\w.-]+\.[\w.-]+):(?!\/)([\w./~-]+?)(?:\.git)?\/?$/.exec(remoteUrl ?? '')
  const long = /^(https?|ssh|git):\/\/(?:[^@/\s]*@)?([\w.-]+)(:\d+)?\/([\w./~-]+?)(?:\.git)?\/?$/.exec(remoteUrl ?? '')
  const host = short?.[1] ?? long?.[2]
  const repository = short?.[2] ?? long?.[4]
  // The port of ssh is not the port of the pages.
  const port = long?.[1]?.startsWith('http') ? (long[3] ?? '') : ''
  const scheme = long?.[1] === 'http' ? 'http' : 'https'
  const base = host === undefined || repository === undefined ? undefined : `${scheme}://${host}${port}/${repository}`
  const page = host !== undefined && /(?:^|\.)gitlab\./.test(host) ? '/-' : ''
  const at = (path: string): string | undefined => (base === undefined ? undefined : `${base}${page}${path}`)
  return {
    base,
    repository,
    host: host === undefined ? undefined : `${host}${port}`,
    commit: (id) => at(`/commit/${id}`),
    issue: ({ repository: other, issue }) => {
      if (base === undefined || !/^[\w-]+$/.test(issue)) return undefined
      if (other === null) return `${base}${page}/issues/${issue}`
      return /^[\w.-]+\/[\w.-]+$/.test(other) ? `${scheme}://${host}${port}/${other}${page}/issues/${issue}` : undefined
    },
    compare: (from, to) => at(`/compare/${encodeRef(from)}...${encodeRef(to)}`),
    release: (tag) => at(page === '/-' ? `/releases/${encodeRef(tag)}` : `/releases/tag/${encodeRef(tag)}`),
  }
}

const encodeRef = (ref: string): string => encodeURIComponent(ref).replaceAll('%2F', '/').replaceAll('%40', '@')
