import type { AuditFinding, AuditRule, AuditSeverity, Host } from './rule.ts'

const lineOf = (text: string, line: string): number => text.split('\n').indexOf(line) + 1

const accountRules: readonly AuditRule[] = [
  {
    id: 'accounts.second-root',
    focus: 'security',
    title: 'no account but root has the user id 0',
    mend: 'remove the account or give it an id of its own',
    async look(host) {
      const text = await host.read('/etc/passwd')
      if (text === undefined) return '/etc/passwd cannot be read'
      return text
        .split('\n')
        .filter((line) => line.split(':')[2] === '0' && !line.startsWith('root:'))
        .map((line) => ({
          severity: 'critical',
          evidence: `account "${line.split(':')[0]}" has the user id 0`,
          file: '/etc/passwd',
          line: lineOf(text, line),
        }))
    },
  },
  {
    id: 'accounts.no-password',
    focus: 'security',
    title: 'every account has a password or is locked',
    mend: 'lock the account: passwd --lock NAME',
    async look(host) {
      const text = await host.read('/etc/shadow')
      if (text === undefined) return '/etc/shadow cannot be read, which takes root'
      return text
        .split('\n')
        .filter((line) => line.includes(':') && line.split(':')[1] === '')
        .map((line) => ({
          severity: 'critical',
          evidence: `account "${line.split(':')[0]}" has no password`,
          file: '/etc/shadow',
          line: lineOf(text, line),
        }))
    },
  },
  {
    id: 'accounts.sudo-without-password',
    focus: 'compliance',
    title: 'sudo asks for a password before everything may be done',
    mend: 'take NOPASSWD away, or name the very commands that it is for',
    async look(host) {
      const files = ['/etc/sudoers', ...(await host.list('/etc/sudoers.d')).map((name) => `/etc/sudoers.d/${name}`)]
      const texts = await Promise.all(files.map(async (file) => ({ file, text: await host.read(file) })))
      if (texts.every(({ text }) => text === undefined)) return 'sudoers is not there or cannot be read'
      return texts.flatMap(({ file, text = '' }) =>
        text
          .split('\n')
          .filter((line) => /^[^#]*NOPASSWD\s*:\s*ALL\b/.test(line))
          .map((line) => ({ severity: 'medium' as const, evidence: line.trim().slice(0, 200), file, line: lineOf(text, line) })),
      )
    },
  },
  {
    id: 'accounts.password-length',
    focus: 'compliance',
    title: 'new passwords have at least 12 characters',
    mend: 'set "minlen = 12" in /etc/security/pwquality.conf',
    async look(host) {
      const quality = await host.read('/etc/security/pwquality.conf')
      const least = /^\s*minlen\s*=\s*(\d+)/m.exec(quality ?? '')?.[1]
      if (least !== undefined && Number(least) >= 12) return []
      if ((await host.read('/etc/login.defs')) === undefined && quality === undefined) return 'there is no policy of passwords to read'
      const evidence = least === undefined ? 'no least length is set' : `minlen = ${least}`
      return [{ severity: 'low', evidence, file: '/etc/security/pwquality.conf' }]
    },
  },
]

interface KernelSetting {
  readonly id: string
  readonly path: string
  readonly title: string
  readonly severity: AuditSeverity
  readonly key: string
  readonly right: readonly string[]
}

const KERNEL: readonly KernelSetting[] = [
  {
    id: 'kernel.aslr',
    key: 'kernel.randomize_va_space',
    path: '/proc/sys/kernel/randomize_va_space',
    title: 'addresses of programs are random',
    severity: 'high',
    right: ['2'],
  },
  {
    id: 'kernel.links',
    key: 'fs.protected_symlinks',
    path: '/proc/sys/fs/protected_symlinks',
    title: 'links in shared folders are not followed for others',
    severity: 'medium',
    right: ['1'],
  },
  {
    id: 'kernel.hardlinks',
    key: 'fs.protected_hardlinks',
    path: '/proc/sys/fs/protected_hardlinks',
    title: 'nobody links to files of others',
    severity: 'medium',
    right: ['1'],
  },
  {
    id: 'kernel.syncookies',
    key: 'net.ipv4.tcp_syncookies',
    path: '/proc/sys/net/ipv4/tcp_syncookies',
    title: 'floods of half-open connections are withstood',
    severity: 'low',
    right: ['1', '2'],
  },
  {
    id: 'kernel.redirects',
    key: 'net.ipv4.conf.all.accept_redirects',
    path: '/proc/sys/net/ipv4/conf/all/accept_redirects',
    title: 'nobody else changes the routes',
    severity: 'low',
    right: ['0'],
  },
]

const kernelRules: readonly AuditRule[] = KERNEL.map(({ id, key, path, title, severity, right }) => ({
  id,
  title,
  focus: 'compliance',
  mend: `sysctl -w ${key}=${right[0]}, and the same in /etc/sysctl.d`,
  async look(host) {
    const value = (await host.read(path))?.trim()
    if (value === undefined) return `${path} cannot be read`
    return right.includes(value) ? [] : [{ severity, evidence: `${key} is ${value}`, file: path }]
  },
}))

async function pendingUpdates(host: Host): Promise<readonly AuditFinding[] | string> {
  const told = host.isThisMachine ? await host.ask(['apt-get', '--simulate', '-o', 'Debug::NoLocking=true', 'upgrade']) : undefined
  if (told === undefined) {
    const notes = await host.read('/var/lib/update-notifier/updates-available')
    const count = Number(/(\d+) (?:updates?|packages?)/.exec(notes ?? '')?.[1] ?? Number.NaN)
    if (Number.isNaN(count)) return 'pending updates cannot be told: no apt-get to ask, and no note of the update notifier'
    return count === 0
      ? []
      : [{ severity: 'medium', evidence: `${count} updates are pending`, file: '/var/lib/update-notifier/updates-available' }]
  }
  const packages = told.split('\n').filter((line) => line.startsWith('Inst '))
  const urgent = packages.filter((line) => /-security/i.test(line)).map((line) => line.split(' ')[1])
  if (urgent.length > 0)
    return [{ severity: 'high', evidence: `${urgent.length} security updates are pending, such as ${urgent.slice(0, 3).join(', ')}` }]
  return packages.length === 0 ? [] : [{ severity: 'low', evidence: `${packages.length} updates are pending` }]
}

const maintenanceRules: readonly AuditRule[] = [
  {
    id: 'updates.pending',
    focus: 'security',
    title: 'no update is pending, as far as the package lists of this machine say',
    mend: 'apt-get update && apt-get upgrade, or what this system has for it',
    look: pendingUpdates,
  },
  {
    id: 'updates.restart',
    focus: 'security',
    title: 'what was updated is what runs',
    mend: 'restart the machine in a quiet hour',
    async look(host) {
      if ((await host.stat('/run/reboot-required')) === undefined && (await host.stat('/var/run/reboot-required')) === undefined) return []
      return [{ severity: 'medium', evidence: 'an update wants a restart of the machine', file: '/run/reboot-required' }]
    },
  },
  {
    id: 'updates.automatic',
    focus: 'compliance',
    title: 'security updates are installed by themselves',
    mend: 'apt-get install unattended-upgrades, and switch it on',
    async look(host) {
      if ((await host.stat('/etc/apt')) === undefined) return 'only apt is known to this rule'
      const names = await host.list('/etc/apt/apt.conf.d')
      const texts = await Promise.all(names.map((name) => host.read(`/etc/apt/apt.conf.d/${name}`)))
      const isOn = texts.some((text) => /^[^/#]*APT::Periodic::Unattended-Upgrade\s+"?[1-9a]/m.test(text ?? ''))
      return isOn
        ? []
        : [{ severity: 'low', evidence: 'APT::Periodic::Unattended-Upgrade is not switched on', file: '/etc/apt/apt.conf.d' }]
    },
  },
  {
    id: 'logs.kept',
    focus: 'compliance',
    title: 'the system log outlives a restart',
    mend: 'mkdir /var/log/journal, or set "Storage=persistent" in journald.conf',
    async look(host) {
      const hasJournal = (await host.stat('/var/log/journal'))?.isDirectory() === true
      const hasSyslog = (await host.stat('/var/log/syslog')) !== undefined || (await host.stat('/var/log/messages')) !== undefined
      if (hasJournal || hasSyslog) return []
      if ((await host.stat('/var/log')) === undefined) return '/var/log is not there'
      return [{ severity: 'low', evidence: 'there is neither /var/log/journal nor a syslog' }]
    },
  },
]

export const systemRules: readonly AuditRule[] = [...accountRules, ...kernelRules, ...maintenanceRules]
