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

const labelShape = z.array(z.object({ id: z.int(), name: z.string() }))
const LABEL_COLOR = '#ededed'

export interface RestOptions {
  readonly repo: string
  readonly query: string
  /** How a label is named in what is sent; only where it is its id, a label has to be made before. */
  readonly labelsBy: 'name' | 'id'
}

/** GitHub and Gitea agree on paths and shapes of issues; they differ in what `query` asks for, and in how labels are named. */
export function restTracker(name: string, send: Send, { repo, query, labelsBy }: RestOptions): Tracker {
  const base = `/repos/${repo.split('/').map(encodeURIComponent).join('/')}`
  const path = `${base}/issues`
  const parse = <shape extends z.ZodType>(shape: shape, body: unknown): z.output<shape> => {
    const parsed = shape.safeParse(body)
    if (!parsed.success) throw trackerUnreachable(name, 'its answer is no issue')
    return parsed.data
  }
  let ids: Map<string, number> | undefined
  const namesOf = async (labels: readonly string[]): Promise<readonly (string | number)[]> => {
    if (labelsBy === 'name' || labels.length === 0) return labels
    ids ??= await labelIds()
    const found: number[] = []
    for (const label of labels) {
      const known = ids.get(label.toLowerCase())
      if (known !== undefined) found.push(known)
      else {
        const [made] = parse(labelShape, [(await send('POST', `${base}/labels`, { name: label, color: LABEL_COLOR })).body])
        if (made === undefined) continue
        ids.set(label.toLowerCase(), made.id)
        found.push(made.id)
      }
    }
    return found
  }
  async function labelIds(): Promise<Map<string, number>> {
    const found = new Map<string, number>()
    for await (const body of pages(`${base}/labels?limit=50`))
      for (const { id, name: label } of parse(labelShape, body)) found.set(label.toLowerCase(), id)
    return found
  }
  async function* pages(first: string): AsyncIterable<unknown> {
    const seen = new Set<string>()
    let page: string | undefined = first
    while (page !== undefined) {
      if (seen.has(page)) throw trackerEndless(name)
      seen.add(page)
      const { body, next } = await send('GET', page)
      yield body
      page = next
    }
  }

  return {
    name,
    async *list({ closed }) {
      for await (const body of pages(`${path}?state=${closed ? 'all' : 'open'}&${query}`))
        for (const one of parse(z.array(issueShape), body))
          if (one.pull_request === undefined || one.pull_request === null) yield remote(one)
    },
    async create({ labels, ...draft }) {
      const named = await namesOf(labels)
      return remote(parse(issueShape, (await send('POST', path, { ...draft, ...(named.length > 0 && { labels: named }) })).body))
    },
    async update(number, { isClosed, labels = [], ...patch }) {
      const state = isClosed === undefined ? {} : { state: isClosed ? 'closed' : 'open' }
      const named = await namesOf(labels)
      if (named.length > 0) await send('POST', `${path}/${number}/labels`, { labels: named })
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
