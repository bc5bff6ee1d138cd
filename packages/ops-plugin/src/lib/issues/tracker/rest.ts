import { z } from 'zod'
import { trackerEndless, trackerUnreachable } from '../errors.ts'
import type { RemoteIssue, Tracker } from '../tracker.ts'
import type { Send } from './http.ts'

const issueShape = z.object({
  number: z.int(),
  html_url: z.string(),
  title: z.string(),
  body: z.string().nullish(),
  state: z.string(),
  labels: z.array(z.union([z.string(), z.object({ name: z.string().nullish() })])).nullish(),
  created_at: z.string(),
  closed_at: z.string().nullish(),
  pull_request: z.unknown().optional(),
})
type Shape = z.output<typeof issueShape>

/** GitHub and Gitea agree on paths and shapes of issues; they differ in what `query` asks for. */
export function restTracker(name: string, send: Send, { repo, query }: { repo: string; query: string }): Tracker {
  const path = `/repos/${repo.split('/').map(encodeURIComponent).join('/')}/issues`
  const parse = <shape extends z.ZodType>(shape: shape, body: unknown): z.output<shape> => {
    const parsed = shape.safeParse(body)
    if (!parsed.success) throw trackerUnreachable(name, 'its answer is no issue')
    return parsed.data
  }
  return {
    name,
    async *list({ closed }) {
      const seen = new Set<string>()
      let page: string | undefined = `${path}?state=${closed ? 'all' : 'open'}&${query}`
      while (page !== undefined) {
        if (seen.has(page)) throw trackerEndless(name)
        seen.add(page)
        const { body, next } = await send('GET', page)
        for (const one of parse(z.array(issueShape), body))
          if (one.pull_request === undefined || one.pull_request === null) yield remote(one)
        page = next
      }
    },
    create: async (draft) => remote(parse(issueShape, (await send('POST', path, draft)).body)),
    async update(number, { isClosed, ...patch }) {
      const state = isClosed === undefined ? {} : { state: isClosed ? 'closed' : 'open' }
      return remote(parse(issueShape, (await send('PATCH', `${path}/${number}`, { ...patch, ...state })).body))
    },
  }
}

function remote({ number, html_url, title, body, state, labels, created_at, closed_at }: Shape): RemoteIssue {
  const closedMs = Date.parse(closed_at ?? '')
  return {
    number,
    url: html_url,
    title,
    body: body ?? '',
    isClosed: state === 'closed',
    labels: (labels ?? []).map((label) => (typeof label === 'string' ? label : (label.name ?? ''))),
    createdMs: Date.parse(created_at) || 0,
    closedMs: Number.isNaN(closedMs) ? undefined : closedMs,
  }
}
