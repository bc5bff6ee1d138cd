import { z } from 'zod'
import { inventoryInsecure, inventoryRefused, inventoryStrange, inventoryUnreachable } from './errors.ts'
import type { NetBoxSettings } from './settings.ts'

/** A device or a virtual machine as NetBox knows it, so far as deployments are concerned. */
export interface InventoryHost {
  readonly id: number
  readonly kind: 'device' | 'vm'
  readonly name: string
  readonly status: string
  /** Without its prefix's length; undefined where it has no primary one. */
  readonly address: string | undefined
  readonly role: string | undefined
  readonly site: string | undefined
  readonly platform: string | undefined
  readonly tags: readonly string[]
}

interface HostFilter {
  readonly status: string
  readonly role?: string | undefined
  readonly tag?: string | undefined
  readonly site?: string | undefined
}

export interface NetBox {
  /** Devices first, each by name. */
  hosts(filter: HostFilter): Promise<readonly InventoryHost[]>
  /** Writes into a host's journal. */
  note(host: Pick<InventoryHost, 'id' | 'kind'>, comments: string): Promise<void>
  /** Says which ports a service of a host listens on; made where it is not there yet. */
  service(host: Pick<InventoryHost, 'id' | 'kind'>, service: { readonly name: string; readonly ports: readonly number[] }): Promise<void>
}

const slugged = z.object({ slug: z.string() }).nullish()
const page = z.object({ count: z.int(), next: z.string().nullable(), results: z.array(z.unknown()) })
const hostShape = z.object({
  id: z.int(),
  name: z.string().nullable(),
  status: z.object({ value: z.string() }).nullish(),
  primary_ip: z.object({ address: z.string() }).nullish(),
  role: slugged,
  /** Its name before NetBox 3.6. */
  device_role: slugged,
  site: slugged,
  platform: slugged,
  tags: z.array(z.object({ slug: z.string() })).default([]),
})
const serviceShape = z.object({ id: z.int(), name: z.string() })

const KINDS = {
  device: { path: 'dcim/devices', type: 'dcim.device', field: 'device' },
  vm: { path: 'virtualization/virtual-machines', type: 'virtualization.virtualmachine', field: 'virtual_machine' },
} as const

const PAGE_SIZE = 100
const MAX_PAGES = 100
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/

/** NetBox's REST API. The token goes to that origin alone, whatever a page says comes next. @throws INVENTORY_INSECURE */
export function openNetBox({ url, token, timeoutMs }: NetBoxSettings, signal: AbortSignal): NetBox {
  const base = new URL(url)
  if (base.protocol !== 'https:' && !LOOPBACK.test(base.hostname))
    throw inventoryInsecure(base.origin, 'be reached over https, or be this machine')
  // People name the server, or its API.
  const root = `${base.href.replace(/\/+$/, '').replace(/\/api$/, '')}/api/`
  // Tokens of version 2 say so themselves.
  const authorization = token.startsWith('nbt_') ? `Bearer ${token}` : `Token ${token}`

  return {
    async hosts(filter) {
      const [devices, machines] = await Promise.all([hostsOf('device', filter), hostsOf('vm', filter)])
      return [...devices, ...machines]
    },
    async note({ id, kind }, comments) {
      await send('POST', `${root}extras/journal-entries/`, {
        assigned_object_type: KINDS[kind].type,
        assigned_object_id: id,
        kind: 'info',
        comments,
      })
    },
    async service({ id, kind }, { name, ports }) {
      const { type, field } = KINDS[kind]
      const found = await all(`${root}ipam/services/?${new URLSearchParams({ [`${field}_id`]: String(id), name, limit: '10' })}`)
      const [known] = found.map((one) => serviceShape.safeParse(one).data).filter((one) => one?.name === name)
      if (known !== undefined) {
        await send('PATCH', `${root}ipam/services/${known.id}/`, { ports })
        return
      }
      // Since 4.3 a service has a parent of any kind; what is not known is left aside by both.
      await send('POST', `${root}ipam/services/`, {
        name,
        protocol: 'tcp',
        ports,
        [field]: id,
        parent_object_type: type,
        parent_object_id: id,
      })
    },
  }

  async function hostsOf(kind: InventoryHost['kind'], { status, role, tag, site }: HostFilter): Promise<readonly InventoryHost[]> {
    const { path } = KINDS[kind]
    const query = new URLSearchParams({ status, limit: String(PAGE_SIZE), ordering: 'name' })
    for (const [key, value] of Object.entries({ role, tag, site })) if (value !== undefined) query.set(key, value)
    const found = await all(`${root}${path}/?${query}`)
    return found.flatMap((one) => {
      const host = hostShape.safeParse(one)
      if (!host.success) throw inventoryStrange(path)
      const { id, name, status: state, primary_ip: ip, device_role: oldRole, role: newRole, site: at, platform, tags } = host.data
      // What has no name cannot be named as a target either.
      if (name === null) return []
      return {
        id,
        kind,
        name,
        status: state?.value ?? 'unknown',
        address: ip?.address.split('/')[0],
        role: (newRole ?? oldRole)?.slug,
        site: at?.slug,
        platform: platform?.slug,
        tags: tags.map(({ slug }) => slug),
      }
    })
  }

  async function all(first: string): Promise<readonly unknown[]> {
    const results: unknown[] = []
    let next: string | null = first
    for (let pages = 0; next !== null && pages < MAX_PAGES; pages++) {
      const answer = page.safeParse(await send('GET', next))
      if (!answer.success) throw inventoryStrange(new URL(next).pathname)
      results.push(...answer.data.results)
      next = answer.data.next
    }
    return results
  }

  async function send(method: 'GET' | 'POST' | 'PATCH', address: string, body?: object): Promise<unknown> {
    const to = new URL(address)
    if (to.origin !== base.origin) throw inventoryInsecure(to.origin, `be ${base.origin}`)
    signal.throwIfAborted()
    let response: Response
    try {
      response = await fetch(to, {
        method,
        headers: { authorization, accept: 'application/json', ...(body !== undefined && { 'content-type': 'application/json' }) },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        redirect: 'manual',
        signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
      })
    } catch (error) {
      signal.throwIfAborted()
      throw inventoryUnreachable(base.origin, reasonOf(error))
    }
    const text = await response.text()
    if (!response.ok) throw inventoryRefused(response.status, detailOf(text).replaceAll(token, '[token]'))
    try {
      return JSON.parse(text)
    } catch {
      throw inventoryStrange(to.pathname)
    }
  }
}

function reasonOf(error: unknown): string {
  const { message, cause } = error as Error
  return cause instanceof Error ? ((cause as NodeJS.ErrnoException).code ?? cause.message) : message
}

/** NetBox's own words for why it refused. */
function detailOf(text: string): string {
  try {
    const { detail } = JSON.parse(text) as { detail?: unknown }
    return typeof detail === 'string' ? detail.slice(0, 200) : text.slice(0, 200)
  } catch {
    return ''
  }
}
