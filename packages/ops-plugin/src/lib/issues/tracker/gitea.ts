import type { Tracker } from '../tracker.ts'
import { createHttp, type HttpOptions } from './http.ts'
import { restTracker } from './rest.ts'

/** Issues on a Gitea or Forgejo of one's own; `baseUrl` is the instance, not its API. */
export function giteaTracker(token: string, repo: string, options: Omit<HttpOptions, 'tracker' | 'headers'>): Tracker {
  const { baseUrl } = options
  const headers = { accept: 'application/json', authorization: `token ${token}` }
  const http = createHttp({ ...options, baseUrl: `${baseUrl.replace(/\/$/, '')}/api/v1`, tracker: 'Gitea', headers })
  return restTracker(`${new URL(baseUrl).host}/${repo}`, http, { repo, query: 'type=issues&limit=50', labelsBy: 'id' })
}
