import { once } from 'node:events'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { dirname, join } from 'node:path'
import type { TestYard } from '@switchyard/testkit'
import { describe, expect, it } from 'vitest'
import { afterwards, serviceYard } from '../../../../test/services.ts'
import { AUDIT_RULES } from './audit.ts'

interface Report {
  status: string
  findings: { rule: string; severity: string; evidence: string; file?: string; line?: number }[]
  passed: string[]
  unknown: { rule: string }[]
  text: string
}

type Tree = Readonly<Record<string, string | readonly [text: string, mode: number]>>

/** What a host without a fault looks like, as far as the rules see. */
const SOUND: Tree = {
  '/etc/ssh/sshd_config': 'PasswordAuthentication no\nPermitRootLogin prohibit-password\n',
  '/etc/ssh/ssh_host_ed25519_key': ['key', 0o600],
  '/etc/passwd': 'root:x:0:0::/root:/bin/sh\nann:x:1000:1000::/home/ann:/bin/sh\n',
  '/etc/shadow': ['root:*:1::\nann:$6$x:1::\n', 0o640],
  '/etc/sudoers': 'ann ALL=(ALL) ALL\n# bob ALL=NOPASSWD: ALL\n',
  '/etc/security/pwquality.conf': 'minlen = 14\n',
  '/etc/login.defs': '',
  '/etc/apt/apt.conf.d/20auto': 'APT::Periodic::Unattended-Upgrade "1";\n',
  '/proc/sys/kernel/randomize_va_space': '2\n',
  '/proc/sys/fs/protected_symlinks': '1\n',
  '/proc/sys/fs/protected_hardlinks': '1\n',
  '/proc/sys/net/ipv4/tcp_syncookies': '1\n',
  '/proc/sys/net/ipv4/conf/all/accept_redirects': '0\n',
  '/proc/net/tcp':
    '  sl  local_address rem_address   st\n   0: 0100007F:1538 00000000:0000 0A 0\n   1: 00000000:01BB 00000000:0000 0A 0\n   2: 00000000:18EB 0100007F:1000 01 0\n',
  '/var/lib/update-notifier/updates-available': '0 updates can be applied\n',
  '/var/log/syslog': '',
  '/usr/bin/tool': ['', 0o755],
  '/home/ann/.ssh/id_ed25519': ['key', 0o600],
}

/** Each rule with what makes it fail, beside what is sound. */
const FAULTS: Readonly<Record<string, Tree>> = {
  'ssh.root-login': { '/etc/ssh/sshd_config': 'PermitRootLogin yes\nPasswordAuthentication no\n' },
  'ssh.passwords': { '/etc/ssh/sshd_config': '#PasswordAuthentication no\nMatch User ann\nPasswordAuthentication no\n' },
  'ssh.empty-passwords': { '/etc/ssh/sshd_config': 'PasswordAuthentication no\npermitemptypasswords yes\n' },
  'ssh.weak-ciphers': { '/etc/ssh/sshd_config': 'PasswordAuthentication no\nCiphers aes256-ctr,3des-cbc\n' },
  'ssh.weak-macs': { '/etc/ssh/sshd_config': 'PasswordAuthentication no\nMACs hmac-md5\n' },
  'ssh.weak-kexalgorithms': { '/etc/ssh/sshd_config': 'PasswordAuthentication no\nKexAlgorithms diffie-hellman-group1-sha1\n' },
  'ssh.auth-tries': { '/etc/ssh/sshd_config': 'PasswordAuthentication no\nMaxAuthTries 20\n' },
  'net.guarded-ports': { '/proc/net/tcp6': '  sl\n   0: 00000000000000000000000000000000:18EB 0:0 0A 0\n' },
  'files.world-writable': { '/usr/bin/tool': ['', 0o777] },
  'files.secret-modes': { '/home/ann/.ssh/id_ed25519': ['key', 0o644] },
  'accounts.second-root': { '/etc/passwd': 'root:x:0:0::/root:/bin/sh\ntoor:x:0:0::/:/bin/sh\n' },
  'accounts.no-password': { '/etc/shadow': ['ann::1::\n', 0o640] },
  'accounts.sudo-without-password': { '/etc/sudoers.d/ann': 'ann ALL=(ALL) NOPASSWD: ALL\n' },
  'accounts.password-length': { '/etc/security/pwquality.conf': 'minlen = 8\n' },
  'kernel.aslr': { '/proc/sys/kernel/randomize_va_space': '0\n' },
  'kernel.links': { '/proc/sys/fs/protected_symlinks': '0\n' },
  'kernel.hardlinks': { '/proc/sys/fs/protected_hardlinks': '0\n' },
  'kernel.syncookies': { '/proc/sys/net/ipv4/tcp_syncookies': '0\n' },
  'kernel.redirects': { '/proc/sys/net/ipv4/conf/all/accept_redirects': '1\n' },
  'updates.pending': { '/var/lib/update-notifier/updates-available': '7 updates can be applied\n' },
  'updates.restart': { '/run/reboot-required': '' },
  'updates.automatic': { '/etc/apt/apt.conf.d/20auto': '// APT::Periodic::Unattended-Upgrade "1";\n' },
}

function plant(kit: TestYard, tree: Tree): void {
  for (const [path, entry] of Object.entries(tree)) {
    const file = join(kit.dir, 'host', path)
    mkdirSync(dirname(file), { recursive: true })
    const [text, mode] = typeof entry === 'string' ? [entry, 0o644] : entry
    writeFileSync(file, text)
    chmodSync(file, mode)
  }
  mkdirSync(join(kit.dir, 'host/tmp'), { recursive: true })
  chmodSync(join(kit.dir, 'host/tmp'), 0o1777)
}

async function report(tree: Tree, input: object = {}): Promise<Report> {
  const kit = await serviceYard([])
  plant(kit, SOUND)
  plant(kit, tree)
  return (await kit.call('ops.audit', { root: 'host', ...input })) as Report
}

describe('ops.audit', () => {
  it('finds nothing in a host without a fault, and says which rules could not look', async () => {
    const { findings, passed, unknown, status, text } = await report({})
    expect(findings).toEqual([])
    expect(status).toBe('pass')
    expect(passed.length + unknown.length).toBe(AUDIT_RULES.length)
    expect(unknown.map(({ rule }) => rule).every((rule) => rule.startsWith('container.'))).toBe(true)
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
  })

  it.each(Object.entries(FAULTS))('finds %s alone where that is what is wrong', async (rule, tree) => {
    const { findings } = await report(tree)
    expect([...new Set(findings.map((one) => one.rule))]).toEqual([rule])
    expect(findings[0]!.evidence).not.toContain('undefined')
  })

  it('takes of sshd the first value, from included files too, with file and line', async () => {
    const { findings } = await report({
      '/etc/ssh/sshd_config': 'Include sshd_config.d/*.conf\nPermitRootLogin no\nPasswordAuthentication no\n',
      '/etc/ssh/sshd_config.d/10-cloud.conf': '# from the image\nPermitRootLogin yes\n',
    })
    expect(findings).toMatchObject([{ rule: 'ssh.root-login', file: '/etc/ssh/sshd_config.d/10-cloud.conf', line: 2 }])
  })

  it('never counts as passed what it could not look at', async () => {
    const kit = await serviceYard([])
    const { passed, unknown } = (await kit.call('ops.audit', { root: 'nowhere' })) as Report
    expect(unknown.map(({ rule }) => rule)).toEqual(
      expect.arrayContaining(['ssh.root-login', 'accounts.no-password', 'kernel.aslr', 'net.guarded-ports', 'updates.pending']),
    )
    expect(passed).not.toContain('ssh.root-login')
  })

  it('looks at the focus that is asked for, and lists from the severity that is asked for', async () => {
    const tree = { ...FAULTS['kernel.syncookies'], ...FAULTS['accounts.second-root'] }
    expect((await report(tree, { focus: 'compliance' })).findings.map(({ rule }) => rule)).toEqual(['kernel.syncookies'])
    expect(await report(tree, { severity: 'high' })).toMatchObject({ status: 'fail', findings: [{ rule: 'accounts.second-root' }] })
  })

  it('finds what is wrong in the definitions of services, and open secrets of the workspace', async () => {
    const url = 'http://api.example.com/health'
    const checks = [
      { type: 'http', url, headersFromEnv: { Authorization: 'TOKEN' } },
      { type: 'http', url: 'http://localhost:1/' },
    ]
    const kit = await serviceYard([{ name: 'api', checks }], { files: { '.env': 'A=1', '.env.example': 'A=' } })
    chmodSync(join(kit.dir, '.env'), 0o644)
    const { findings } = (await kit.call('ops.audit', { root: 'none' })) as Report
    expect(findings).toMatchObject([
      { rule: 'config.plain-http', severity: 'high' },
      { rule: 'files.workspace-secrets', file: '.env' },
    ])
    chmodSync(join(kit.dir, '.env'), 0o600)
    expect(((await kit.call('ops.audit', { root: 'none' })) as Report).findings).toHaveLength(1)
  })

  it('finds what containers may do that they should not', async () => {
    const bad = {
      Name: '/bad',
      Config: { User: '' },
      HostConfig: {
        Privileged: true,
        CapAdd: ['SYS_ADMIN', 'NET_BIND_SERVICE'],
        PidMode: 'host',
        SecurityOpt: ['seccomp=unconfined'],
        Memory: 0,
      },
      Mounts: [{ Source: '/var/run/docker.sock' }, { Source: '/etc', RW: true }, { Source: '/etc', RW: false }],
      NetworkSettings: { Ports: { '5432/tcp': [{ HostIp: '0.0.0.0', HostPort: '5432' }], '80/tcp': [{ HostIp: '', HostPort: '80' }] } },
    }
    const good = {
      Name: '/good',
      Config: { User: '1000' },
      HostConfig: { Memory: 1, CapAdd: null },
      Mounts: [],
      NetworkSettings: { Ports: { '5432/tcp': [{ HostIp: '127.0.0.1', HostPort: '5432' }], '6379/tcp': null } },
    }
    const kit = await serviceYard([])
    const socket = join(kit.dir, 'engine.sock')
    const answers: Readonly<Record<string, unknown>> = { json: [{ Id: 'bad' }, { Id: 'good' }], 'bad/json': bad, 'good/json': good }
    const server = createServer((request, response) =>
      response.end(JSON.stringify(answers[request.url!.split('/containers/')[1]!])),
    ).listen(socket)
    await once(server, 'listening')
    afterwards(() => server.close())
    writeFileSync(join(kit.dir, 'switchyard.services.json'), JSON.stringify({ engine: socket }))
    const { findings } = (await kit.call('ops.audit', { root: 'none', focus: 'security' })) as Report
    const containers = findings.filter(({ rule }) => rule.startsWith('container.'))
    expect(containers.every(({ evidence }) => evidence.startsWith('container "bad"'))).toBe(true)
    expect(containers.map(({ rule }) => rule).sort()).toEqual(
      AUDIT_RULES.filter(({ id }) => id.startsWith('container.'))
        .map(({ id }) => id)
        .sort(),
    )
  })

  it('looks at this very machine without failing', async () => {
    const kit = await serviceYard([])
    const { passed, findings, unknown } = (await kit.call('ops.audit')) as Report
    expect(passed.length).toBeGreaterThan(0)
    expect(new Set([...passed, ...findings.map(({ rule }) => rule), ...unknown.map(({ rule }) => rule)]).size).toBe(AUDIT_RULES.length)
  })

  it('has a stable id, a way to mend and a title for each rule', () => {
    expect(new Set(AUDIT_RULES.map(({ id }) => id)).size).toBe(AUDIT_RULES.length)
    for (const { id, title, mend } of AUDIT_RULES)
      expect([id, title.length > 10, mend.length > 5]).toEqual([expect.stringMatching(/^[a-z]+\.[a-z-]+$/), true, true])
  })
})
