import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

/** What a request may do, once it has shown that it comes from the page. */
export interface Guard {
  /** The path behind the token, or why the request is refused. */
  admit(request: Pick<IncomingMessage, 'method' | 'url' | 'headers'>): { readonly path: string } | { readonly refused: Refusal }
}

interface Refusal {
  readonly status: number
  readonly why: string
}

const refuse = (status: number, why: string): { refused: Refusal } => ({ refused: { status, why } })

/**
 * Lets through what names this server as its host, carries the token as the first part of its path, and was not sent by another
 * site's page. That the host is checked first keeps out names that were bound to 127.0.0.1 after a page of theirs was loaded.
 */
export function createGuard({ token, port }: { token: string; port: () => number }): Guard {
  const wanted = digest(token)
  return {
    admit({ method = 'GET', url = '/', headers }) {
      const hosts = [`127.0.0.1:${port()}`, `localhost:${port()}`]
      const host = headers.host?.toLowerCase()
      if (host === undefined || !hosts.includes(host)) return refuse(421, 'This server answers to 127.0.0.1 alone')
      // Read as text: what a parser of addresses would straighten out is not worth understanding.
      const [, given = '', path = ''] = /^\/([^/?#]*)(\/[^?#]*)?/.exec(url) ?? []
      if (!timingSafeEqual(digest(given), wanted)) return refuse(401, 'Open the address that "switchyard trace view" printed')
      const { origin, 'sec-fetch-site': site } = headers
      if (origin !== undefined && origin !== `http://${host}`) return refuse(403, 'Only the page itself may ask for this')
      if (method !== 'GET' && method !== 'POST') return refuse(405, 'There is nothing but GET and POST here')
      if (method === 'POST') {
        if (origin === undefined) return refuse(403, 'Only the page itself may change anything')
        if (headers['content-type'] !== 'application/json') return refuse(415, 'What changes something must be JSON')
      }
      const isPage = method === 'GET' && (path === '/' || path === '')
      if (site !== undefined && site !== 'same-origin' && !isPage) return refuse(403, 'Only the page itself may ask for this')
      if (/[^\w./-]|\/\.\.?(\/|$)|\/\/|^$/.test(path)) return path === '' ? { path } : refuse(400, 'There is no such path')
      return { path }
    },
  }
}

/** Of one length whatever the text, so that comparing tells nothing about it. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
