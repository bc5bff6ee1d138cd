import { z } from 'zod'
import type { PublishStep } from '../plan/release-plan.ts'
import { publishFailed, publishUnclear, tokenMissing } from './errors.ts'
import type { PublishContext, Published, Publisher } from './publisher.ts'

type ForgeStep = Extract<PublishStep, { kind: 'github' | 'gitea' }>

const FORGES = {
  github: { name: 'GitHub', variables: ['GITHUB_TOKEN', 'GH_TOKEN'], scheme: 'Bearer' },
  gitea: { name: 'Gitea', variables: ['GITEA_TOKEN', 'FORGEJO_TOKEN'], scheme: 'token' },
} as const

const PER_PAGE = 50
const MAX_PAGES = 20
const WAIT_MS = 30_000

const release = z.looseObject({ id: z.int(), tag_name: z.string(), draft: z.boolean(), html_url: z.string().optional() })

/**
 * GitHub and Gitea by their API, which are alike here. The release is made as a draft, which nobody sees and which makes no tag, and
 * shown once the tag is pushed.
 */
export const forgePublisher: Publisher<ForgeStep> = {
  noWayBack: () => undefined,
  async check(step, context) {
    await request(step, context, 'GET', '')
  },
  look: find,
  async publish(step, context) {
    const body = {
      tag_name: step.tag,
      target_commitish: context.commit,
      name: step.title,
      body: step.notes,
      draft: true,
      prerelease: step.prerelease,
    }
    return publishedOf(release.parse(await request(step, context, 'POST', '/releases', body)))
  },
  show: (step, published, context) => change(step, published, context, { draft: step.draft, tag_name: step.tag }),
  hide: (step, published, context) => change(step, published, context, { draft: true, tag_name: step.tag }),
  async takeBack(step, { reference }, context) {
    await request(step, context, 'DELETE', `/releases/${Number(reference)}`)
  },
}

async function change(step: ForgeStep, { reference }: Published, context: PublishContext, fields: object): Promise<Published> {
  return publishedOf(release.parse(await request(step, context, 'PATCH', `/releases/${Number(reference)}`, fields)))
}

async function find(step: ForgeStep, context: PublishContext): Promise<Published | 'no'> {
  for (let page = 1; page <= MAX_PAGES; page++) {
    const found = z
      .array(release)
      .parse(await request(step, context, 'GET', `/releases?per_page=${PER_PAGE}&limit=${PER_PAGE}&page=${page}`))
    const ours = found.find(({ tag_name }) => tag_name === step.tag)
    if (ours !== undefined) return publishedOf(ours)
    if (found.length < PER_PAGE) break
  }
  return 'no'
}

const publishedOf = ({ id, html_url }: z.output<typeof release>): Published => ({
  reference: String(id),
  ...(html_url !== undefined && { url: html_url }),
})

async function request(step: ForgeStep, { env, signal }: PublishContext, method: string, path: string, body?: unknown): Promise<unknown> {
  const { name, variables, scheme } = FORGES[step.kind]
  const token = variables.map((variable) => env[variable]).find((value) => value !== undefined && value !== '')
  if (token === undefined) throw tokenMissing(name, variables)
  const [owner = '', repository = ''] = step.repository.split('/')
  const url = `${step.url.replace(/\/$/, '')}/repos/${encodeURIComponent(owner)}/${encodeURIComponent(repository)}${path}`
  let response: Response
  let text: string
  try {
    response = await fetch(url, {
      method,
      // A token goes to the host that was named and to no other.
      redirect: 'error',
      headers: {
        authorization: `${scheme} ${token}`,
        accept: 'application/json',
        'content-type': 'application/json',
        'user-agent': 'switchyard',
      },
      signal: AbortSignal.any([signal, AbortSignal.timeout(WAIT_MS)]),
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    text = await response.text()
  } catch (error) {
    signal.throwIfAborted()
    throw publishUnclear(step.id, `${name} did not answer: ${error instanceof Error ? error.message : String(error)}`)
  }
  if (method === 'DELETE' && response.status === 404) return undefined
  if (response.status >= 500) throw publishUnclear(step.id, `${name} answered ${response.status}`)
  if (!response.ok) throw publishFailed(step.id, `${name} answered ${response.status}${messageOf(text)}`)
  return text === '' ? undefined : JSON.parse(text)
}

function messageOf(text: string): string {
  try {
    const { message } = JSON.parse(text) as { message?: unknown }
    return typeof message === 'string' ? `: ${message.slice(0, 300)}` : ''
  } catch {
    return ''
  }
}
