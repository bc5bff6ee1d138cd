import type { Tracker } from '../tracker.ts'
import { createHttp, type HttpOptions } from './http.ts'
import { restTracker } from './rest.ts'

export const GITHUB_URL = 'https://api.github.com'

/** Issues on GitHub. */
export function githubTracker(token: string, repo: string, options: Omit<HttpOptions, 'tracker' | 'headers'>): Tracker {
  const headers = {
    accept: 'application/vnd.github+json',
    'x-github-api-version': '2022-11-28',
    authorization: `Bearer ${token}`,
  }
  return restTracker(`github.com/${repo}`, createHttp({ ...options, tracker: 'GitHub', headers }), {
    repo,
    query: 'per_page=100',
    labelsBy: 'name',
  })
}
