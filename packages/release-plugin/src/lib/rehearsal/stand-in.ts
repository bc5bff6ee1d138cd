import { createHash, randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { z } from 'zod'

/** A package's version as it arrived. */
interface Artifact {
  readonly name: string
  readonly version: string
  readonly tag: string
  readonly bytes: number
  readonly sha512: string
}

interface ForgeRelease {
  readonly id: number
  readonly repository: string
  readonly tag_name: string
  readonly name: string
  readonly body: string
  readonly draft: boolean
  readonly prerelease: boolean
}

/** What stands where npm's registry and a forge would: a real server on this machine, which keeps what it is sent for one rehearsal. */
export interface StandIn extends AsyncDisposable {
  /** Of the registry. */
  readonly url: string
  /** Root of the forge's API. */
  readonly forgeUrl: string
  /** What both want to see; made for this one rehearsal, and of no use anywhere else. */
  readonly token: string
  readonly artifacts: readonly Artifact[]
  readonly releases: readonly ForgeRelease[]
  /** Every request, such as `PUT /tea`. */
  readonly requests: readonly string[]
  /** Answers the next requests that fit with this status instead: `before` it did anything, or `after` it did everything. */
  fail(request: RegExp, status: number, when?: 'before' | 'after'): void
}

const MAX_BODY_BYTES = 512 * 1024 * 1024

const published = z.looseObject({
  name: z.string(),
  'dist-tags': z.record(z.string(), z.string()),
  versions: z.record(z.string(), z.looseObject({ version: z.string(), dist: z.looseObject({ integrity: z.string().optional() }) })),
  _attachments: z.record(z.string(), z.looseObject({ data: z.string() })),
})
type Packument = Pick<z.output<typeof published>, 'name' | 'dist-tags' | 'versions'>

const release = z.object({ tag_name: z.string(), name: z.string(), body: z.string(), draft: z.boolean(), prerelease: z.boolean() })

/** Opens one on a free port of this machine alone. */
export async function openStandIn(): Promise<StandIn> {
  const token = `rehearsal-${randomBytes(16).toString('hex')}`
  const packages = new Map<string, Packument>()
  const artifacts: Artifact[] = []
  const releases: ForgeRelease[] = []
  const requests: string[] = []
  const failures: { request: RegExp; status: number; when: 'before' | 'after' }[] = []

  const server = createServer((request, response) => {
    const line = `${request.method} ${decodeURIComponent(request.url ?? '')}`
    requests.push(line)
    const failure = failures.find((one) => one.request.test(line))
    if (failure !== undefined) failures.splice(failures.indexOf(failure), 1)
    if (failure?.when === 'before') return send(response, failure.status, { error: 'made to fail' })
    answer(request)
      .then(({ status, body }) => send(response, failure?.status ?? status, body))
      .catch((error: unknown) => send(response, 400, { error: String(error) }))
  })
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const url = `http://127.0.0.1:${port}/`

  async function answer(request: IncomingMessage): Promise<Answer> {
    const { pathname } = new URL(request.url ?? '/', url)
    if (!request.headers.authorization?.endsWith(token)) return { status: 401, body: { message: 'the token of the rehearsal is wanted' } }
    const forge = /^\/forge\/repos\/([^/]+\/[^/]+)(\/releases(?:\/(\d+))?)?$/.exec(decodeURIComponent(pathname))
    if (forge !== null) return forgeAnswer(request, forge[1] ?? '', forge[2] !== undefined, forge[3])
    if (pathname === '/-/whoami') return { status: 200, body: { username: 'rehearsal' } }
    const name = decodeURIComponent(pathname.slice(1))
    if (request.method === 'PUT') return take(name, published.parse(JSON.parse(await bodyOf(request))))
    const known = packages.get(name)
    return known === undefined ? { status: 404, body: { error: 'not_found' } } : { status: 200, body: known }
  }

  function take(name: string, { _attachments: attachments, ...given }: z.output<typeof published>): Answer {
    if (given.name !== name) return { status: 400, body: { error: 'another name than the address says' } }
    const known = packages.get(name)
    for (const [version, { dist }] of Object.entries(given.versions)) {
      if (known?.versions[version] !== undefined)
        return { status: 403, body: { error: 'You cannot publish over the previously published versions' } }
      const bytes = Buffer.from(Object.values(attachments)[0]?.data ?? '', 'base64')
      const sha512 = `sha512-${createHash('sha512').update(bytes).digest('base64')}`
      if (dist.integrity !== undefined && dist.integrity !== sha512)
        return { status: 400, body: { error: 'the tarball is not what was announced' } }
      const tag = Object.entries(given['dist-tags']).find(([, of]) => of === version)?.[0] ?? 'latest'
      artifacts.push({ name, version, tag, bytes: bytes.length, sha512 })
    }
    const versions = { ...known?.versions, ...given.versions }
    packages.set(name, { ...given, versions, 'dist-tags': { ...known?.['dist-tags'], ...given['dist-tags'] } })
    return { status: 201, body: { ok: true } }
  }

  async function forgeAnswer(request: IncomingMessage, repository: string, isReleases: boolean, id: string | undefined): Promise<Answer> {
    if (!isReleases) return { status: 200, body: { full_name: repository } }
    const index = releases.findIndex((one) => one.repository === repository && one.id === Number(id))
    const found = releases[index]
    if (id !== undefined && found === undefined) return { status: 404, body: { message: 'Not Found' } }
    if (request.method === 'GET') return { status: 200, body: found ?? releases.filter((one) => one.repository === repository).map(shown) }
    if (request.method === 'DELETE') {
      releases.splice(index, 1)
      return { status: 204, body: undefined }
    }
    const body = JSON.parse(await bodyOf(request)) as Record<string, unknown>
    const next = { id: found?.id ?? releases.length + 1, repository, ...release.parse({ ...found, ...body }) }
    if (found === undefined) releases.push(next)
    else releases[index] = next
    return { status: found === undefined ? 201 : 200, body: shown(next) }
  }

  const shown = (one: ForgeRelease): object => ({ ...one, html_url: `${url}${one.repository}/releases/${one.id}` })

  return {
    url,
    forgeUrl: `${url}forge`,
    token,
    artifacts,
    releases,
    requests,
    fail: (request, status, when = 'before') => void failures.push({ request, status, when }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

interface Answer {
  readonly status: number
  readonly body: unknown
}

function send(response: ServerResponse, status: number, body: unknown): void {
  if (response.headersSent) return
  response.writeHead(status, { 'content-type': 'application/json' }).end(body === undefined ? undefined : JSON.stringify(body))
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > MAX_BODY_BYTES) throw new RangeError('the body is too large')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
