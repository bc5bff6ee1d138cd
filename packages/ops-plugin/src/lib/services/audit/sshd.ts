import type { AuditFinding, AuditRule, AuditSeverity, Host } from './rule.ts'

const MAIN = '/etc/ssh/sshd_config'

interface Setting {
  readonly key: string
  readonly value: string
  readonly file: string
  readonly line: number
}

/** The settings that hold for everybody: of each key the first one, included files where they are named, no Match blocks. */
async function sshdSettings(host: Host): Promise<ReadonlyMap<string, Setting> | undefined> {
  if ((await host.read(MAIN)) === undefined) return undefined
  const settings = new Map<string, Setting>()
  await readFile(MAIN, 0)
  return settings

  async function readFile(file: string, depth: number): Promise<void> {
    const text = (await host.read(file)) ?? ''
    for (const [index, raw] of text.split('\n').entries()) {
      const [, key = '', value = ''] = /^\s*(\w+)(?:\s+|\s*=\s*)(.*?)\s*$/.exec(raw) ?? []
      if (key.toLowerCase() === 'match') return
      if (key.toLowerCase() === 'include' && depth < 3) {
        for (const included of await expand(value)) await readFile(included, depth + 1)
      } else if (key !== '' && !settings.has(key.toLowerCase())) {
        settings.set(key.toLowerCase(), { key, value: value.replace(/^"(.*)"$/, '$1'), file, line: index + 1 })
      }
    }
  }

  /** `*` in the last part is all that is used in practice. */
  async function expand(pattern: string): Promise<readonly string[]> {
    const whole = pattern.startsWith('/') ? pattern : `/etc/ssh/${pattern}`
    const folder = whole.slice(0, whole.lastIndexOf('/'))
    const name = whole.slice(folder.length + 1)
    if (!name.includes('*')) return [whole]
    const [before = '', after = ''] = name.split('*')
    return (await host.list(folder)).filter((one) => one.startsWith(before) && one.endsWith(after)).map((one) => `${folder}/${one}`)
  }
}

interface SshRule {
  readonly id: string
  readonly title: string
  readonly key: string
  readonly severity: AuditSeverity
  readonly mend: string
  /** The value that holds where the key is absent. */
  readonly absent: string
  isBad(value: string): boolean
}

const WEAK = /arcfour|3des|blowfish|cast128|-cbc|hmac-md5|hmac-sha1(?:$|,|-96)|umac-64|diffie-hellman-group1-|ssh-dss|group-exchange-sha1/i

const RULES: readonly SshRule[] = [
  {
    id: 'ssh.root-login',
    title: 'root cannot log in by SSH with a password',
    key: 'PermitRootLogin',
    severity: 'high',
    mend: 'set "PermitRootLogin no", or "prohibit-password" where keys of root are needed',
    absent: 'prohibit-password',
    isBad: (value) => value === 'yes',
  },
  {
    id: 'ssh.passwords',
    title: 'SSH takes keys and no passwords',
    key: 'PasswordAuthentication',
    severity: 'medium',
    mend: 'set "PasswordAuthentication no" once every user has a key',
    absent: 'yes',
    isBad: (value) => value === 'yes',
  },
  {
    id: 'ssh.empty-passwords',
    title: 'SSH refuses accounts without a password',
    key: 'PermitEmptyPasswords',
    severity: 'critical',
    mend: 'set "PermitEmptyPasswords no"',
    absent: 'no',
    isBad: (value) => value === 'yes',
  },
  ...['Ciphers', 'MACs', 'KexAlgorithms'].map(
    (key): SshRule => ({
      id: `ssh.weak-${key.toLowerCase()}`,
      title: `no weak algorithm is switched on by ${key}`,
      key,
      severity: 'medium',
      mend: `remove the line, as the defaults of ${key} are sound, or name strong ones only`,
      absent: '',
      isBad: (value) => !value.startsWith('-') && WEAK.test(value),
    }),
  ),
  {
    id: 'ssh.auth-tries',
    title: 'a connection has at most six tries to log in',
    key: 'MaxAuthTries',
    severity: 'low',
    mend: 'set "MaxAuthTries 4"',
    absent: '6',
    isBad: (value) => Number(value) > 6,
  },
]

export const sshRules: readonly AuditRule[] = RULES.map(({ id, title, key, severity, mend, absent, isBad }) => ({
  id,
  title,
  mend,
  focus: 'security',
  async look(host) {
    const settings = await sshdSettings(host)
    if (settings === undefined) return `${MAIN} is not there or cannot be read`
    const setting = settings.get(key.toLowerCase())
    const value = (setting?.value ?? absent).toLowerCase()
    if (!isBad(value)) return []
    const found: AuditFinding =
      setting === undefined
        ? { severity, evidence: `${key} is not set, and is "${absent}" by default`, file: MAIN }
        : { severity, evidence: `${setting.key} ${setting.value}`, file: setting.file, line: setting.line }
    return [found]
  },
}))
