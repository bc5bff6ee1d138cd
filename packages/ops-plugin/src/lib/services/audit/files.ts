import { basename, join, relative } from 'node:path'
import { type AuditFinding, type AuditRule, type Host, modeText, walk } from './rule.ts'

const PROGRAM_FOLDERS = [
  '/usr/local/sbin',
  '/usr/local/bin',
  '/usr/sbin',
  '/usr/bin',
  '/etc/cron.d',
  '/etc/cron.daily',
  '/etc/systemd/system',
]
const MAX_FOUND = 50

const SECRET_NAME =
  /^(?:\.env(?:\..+)?|.+\.(?:pem|key|p12|pfx|jks|kdbx|ppk)|id_(?:rsa|dsa|ecdsa|ed25519)|\.npmrc|\.netrc|\.pgpass|\.git-credentials|credentials(?:\.json)?|kubeconfig)$/i
const NO_SECRET = /\.(?:example|sample|template|dist|schema)$|\.pub$/i

async function worldWritable(host: Host): Promise<readonly AuditFinding[]> {
  const found: AuditFinding[] = []
  const look = (path: string, stats: { mode: number; isFile(): boolean; isDirectory(): boolean }, text: string): void => {
    const isSticky = stats.isDirectory() && (stats.mode & 0o1000) !== 0
    if ((stats.mode & 0o002) === 0 || isSticky || !(stats.isFile() || stats.isDirectory())) return
    found.push({ severity: 'high', evidence: `everybody may write to it (${text})`, file: path })
  }
  for (const folder of PROGRAM_FOLDERS) {
    const own = await host.stat(folder)
    if (own !== undefined) look(folder, own, modeText(own))
    for await (const { path, stats } of walk(host, folder, 1)) look(path, stats, modeText(stats))
  }
  for await (const { path, stats } of walk(host, '/etc', 4)) look(path, stats, modeText(stats))
  const unique = new Map(found.map((one) => [one.file, one]))
  return [...unique.values()].slice(0, MAX_FOUND)
}

async function openSecrets(host: Host): Promise<readonly AuditFinding[]> {
  const found: AuditFinding[] = []
  const shadow = await host.stat('/etc/shadow')
  if (shadow !== undefined && (shadow.mode & 0o007) !== 0)
    found.push({ severity: 'critical', evidence: `others may read or write it (${modeText(shadow)})`, file: '/etc/shadow' })
  for (const name of await host.list('/etc/ssh')) {
    if (!/^ssh_host_.+_key$/.test(name)) continue
    const stats = await host.stat(join('/etc/ssh', name))
    if (stats !== undefined && (stats.mode & 0o077 & ~0o040) !== 0)
      found.push({ severity: 'high', evidence: `others may read or write it (${modeText(stats)})`, file: join('/etc/ssh', name) })
  }
  const homes = ['/root', ...(await host.list('/home')).map((name) => join('/home', name))]
  for (const home of homes) {
    for await (const { path, stats } of walk(host, join(home, '.ssh'), 1)) {
      if (!stats.isFile() || !SECRET_NAME.test(basename(path)) || (stats.mode & 0o077) === 0) continue
      found.push({ severity: 'high', evidence: `others may read or write it (${modeText(stats)})`, file: path })
    }
  }
  return found
}

/** Its paths are the machine's own, whatever `root` is. */
async function openWorkspaceSecrets(host: Host): Promise<readonly AuditFinding[]> {
  const found: AuditFinding[] = []
  const inside: Host = { ...host, list: (path) => listReal(path), lstat: (path) => lstatReal(path) }
  for await (const { path, stats } of walk(inside, host.workspace, 4)) {
    const name = basename(path)
    if (name === '.switchyard' && stats.isDirectory() && (stats.mode & 0o077) !== 0)
      found.push({ severity: 'medium', evidence: `others may look into it (${modeText(stats)})`, file: name })
    if (!stats.isFile() || !SECRET_NAME.test(name) || NO_SECRET.test(name) || (stats.mode & 0o007) === 0) continue
    found.push({
      severity: 'medium',
      evidence: `others on this machine may read it (${modeText(stats)})`,
      file: relative(host.workspace, path),
    })
  }
  return found.slice(0, MAX_FOUND)
}

async function listReal(path: string): Promise<readonly string[]> {
  const { readdir } = await import('node:fs/promises')
  return (await readdir(path).catch(() => [])).sort()
}

async function lstatReal(path: string) {
  const { lstat } = await import('node:fs/promises')
  return lstat(path).catch(() => undefined)
}

export const fileRules: readonly AuditRule[] = [
  {
    id: 'files.world-writable',
    focus: 'security',
    title: 'nobody but their owners may write to configuration and programs',
    mend: 'take the right away: chmod o-w FILE',
    look: worldWritable,
  },
  {
    id: 'files.secret-modes',
    focus: 'security',
    title: 'keys and password hashes are for their owners alone',
    mend: 'take the rights of others away: chmod go-rwx FILE',
    look: openSecrets,
  },
  {
    id: 'files.workspace-secrets',
    focus: 'security',
    title: 'env files and keys of the workspace are not for everybody on this machine',
    mend: 'take the rights of others away: chmod 600 FILE',
    look: openWorkspaceSecrets,
  },
  {
    id: 'files.sticky-tmp',
    focus: 'security',
    title: 'in /tmp one removes only what is one’s own',
    mend: 'set the sticky bit: chmod 1777 /tmp',
    async look(host) {
      const stats = await host.stat('/tmp')
      if (stats === undefined) return '/tmp cannot be looked at'
      const isOpen = (stats.mode & 0o002) !== 0 && (stats.mode & 0o1000) === 0
      return isOpen ? [{ severity: 'high', evidence: `everybody may remove what others put there (${modeText(stats)})`, file: '/tmp' }] : []
    },
  },
]
