import type { AuditFinding, AuditRule, AuditSeverity, Host } from './rule.ts'

interface Listener {
  readonly address: string
  readonly port: number
  readonly isEverywhere: boolean
}

/** Ports of programs that were never meant for a network one does not trust, and what answers there. */
const GUARDED: Readonly<Record<number, readonly [what: string, severity: AuditSeverity]>> = {
  2375: ['the container engine without TLS', 'critical'],
  2379: ['etcd', 'critical'],
  6379: ['Redis', 'critical'],
  9200: ['Elasticsearch', 'critical'],
  11211: ['memcached', 'critical'],
  27017: ['MongoDB', 'critical'],
  10250: ['the kubelet', 'critical'],
  23: ['telnet', 'critical'],
  873: ['rsync', 'high'],
  1433: ['SQL Server', 'high'],
  1521: ['Oracle', 'high'],
  3306: ['MySQL', 'high'],
  5432: ['PostgreSQL', 'high'],
  5984: ['CouchDB', 'high'],
  2019: ["Caddy's admin API", 'high'],
  9229: ['the Node debugger', 'high'],
  21: ['FTP', 'high'],
  111: ['rpcbind', 'medium'],
  139: ['NetBIOS', 'medium'],
  445: ['SMB', 'medium'],
  3389: ['RDP', 'medium'],
  5900: ['VNC', 'high'],
  4222: ['NATS', 'medium'],
  5672: ['RabbitMQ', 'medium'],
  9090: ['Prometheus', 'medium'],
  9092: ['Kafka', 'medium'],
}

const LISTEN = '0A'

/** Listening TCP sockets, as Linux keeps them; undefined where it tells of none. */
async function listeners(host: Host): Promise<readonly Listener[] | undefined> {
  const tables = await Promise.all(['/proc/net/tcp', '/proc/net/tcp6'].map((path) => host.read(path)))
  if (tables.every((text) => text === undefined)) return undefined
  return tables.flatMap((text) => (text ?? '').split('\n').flatMap((line) => parseLine(line) ?? []))
}

function parseLine(line: string): Listener | undefined {
  const [, local = '', , state] = line.trim().split(/\s+/)
  const [address = '', port = ''] = local.split(':')
  if (state !== LISTEN || !/^[0-9A-F]{8}(?:[0-9A-F]{24})?$/.test(address)) return undefined
  const isEverywhere = /^0+$/.test(address)
  return {
    address: isEverywhere ? 'every address' : told(address),
    port: Number.parseInt(port, 16),
    isEverywhere: isEverywhere || !isLoopback(address),
  }
}

const isLoopback = (address: string): boolean =>
  address.length === 8 ? address.endsWith('7F') : address === '00000000000000000000000001000000' || /^0{16}FFFF0000.{6}7F$/.test(address)

/** The kernel writes each four bytes backwards. */
function told(address: string): string {
  if (address.length !== 8) return address
  return (address.match(/../g) ?? [])
    .reverse()
    .map((byte) => Number.parseInt(byte, 16))
    .join('.')
}

export const networkRules: readonly AuditRule[] = [
  {
    id: 'net.guarded-ports',
    focus: 'security',
    title: 'no database or administration port is open to other machines',
    mend: 'let it listen on 127.0.0.1 or a private network, or close the port in the firewall',
    async look(host) {
      const found = await listeners(host)
      if (found === undefined) return '/proc/net/tcp cannot be read'
      const seen = new Map<number, AuditFinding>()
      for (const { address, port, isEverywhere } of found) {
        const guarded = GUARDED[port]
        if (!isEverywhere || guarded === undefined) continue
        seen.set(port, { severity: guarded[1], evidence: `port ${port} (${guarded[0]}) listens on ${address}` })
      }
      return [...seen.values()]
    },
  },
]

/** Whether a published container port is one of those that should not be. */
export const guardedPort = (port: number): readonly [string, AuditSeverity] | undefined => GUARDED[port]
