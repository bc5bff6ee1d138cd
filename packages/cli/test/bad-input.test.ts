import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statfsSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, describe, expect, it } from 'vitest'
import { type Ended, ended, installForAll, makeWorkspace, type RunOptions, run, start } from './process.ts'

/** Whoever runs these as root can play a stranger; nobody else can. */
const isRoot = process.getuid?.() === 0
const STRANGER = { uid: 65534, gid: 65534 }
const installed = isRoot ? makeWorkspace() : undefined
const NOBODY = installed && { ...STRANGER, ...installForAll(installed.dir) }
afterAll(() => installed?.[Symbol.dispose]())

/** Every file with its mode, owner and content. SQLite's shared memory and an empty log hold no data. */
function fingerprint(dir: string): string {
  const hash = createHash('sha256')
  for (const entry of readdirSync(dir, { recursive: true, encoding: 'utf8' }).sort()) {
    const path = join(dir, entry)
    const status = statSync(path)
    if (entry.endsWith('-shm') || (entry.endsWith('-wal') && status.size === 0)) continue
    hash.update(`${entry} ${status.mode} ${status.uid}\n`)
    if (status.isFile()) hash.update(readFileSync(path))
  }
  return hash.digest('hex')
}

/** Runs it and holds what is true of every refusal: nothing on stdout, one to three lines on stderr, nothing changed. */
async function refused(dir: string, args: readonly string[], options?: RunOptions): Promise<Pick<Ended, 'code'> & { lines: string[] }> {
  const before = fingerprint(dir)
  const { code, stdout, stderr } = await run(dir, args, options)
  expect(stdout).toBe('')
  const lines = stderr.trimEnd().split('\n')
  expect(lines.length, stderr).toBeLessThanOrEqual(3)
  expect(fingerprint(dir)).toBe(before)
  return { code, lines }
}

describe('an unknown command', () => {
  it('is refused with the one that was most likely meant', async () => {
    using workspace = makeWorkspace({ plugins: 'notes' })
    expect(await refused(workspace.dir, ['notse'])).toEqual({
      code: 2,
      lines: [
        '✗ Cannot run "notse" as there is no such command or plugin: did you mean "notes"',
        '→ switchyard notes, or in plain words: switchyard "what you want done"',
      ],
    })
    expect(await refused(workspace.dir, ['--dir', '.', 'notes', 'note', 'lits'])).toEqual({
      code: 2,
      lines: [
        '✗ Cannot run "switchyard notes note" as the command line must be right: unknown command "lits": did you mean list',
        '→ switchyard notes note --help',
      ],
    })
  })
})

describe('a wrong flag', () => {
  it('is refused with the one that was most likely meant', async () => {
    using workspace = makeWorkspace({ plugins: 'notes' })
    expect(await refused(workspace.dir, ['notes', 'note', 'list', '--limt', '3'])).toEqual({
      code: 2,
      lines: [
        '✗ Cannot run "switchyard notes note list" as the command line must be right: unknown option "--limt": did you mean --limit',
        '→ switchyard notes note list --help',
      ],
    })
  })
})

describe('a wrong type', () => {
  it('is refused with every mistake at once, each by its flag', async () => {
    using workspace = makeWorkspace({ plugins: 'notes' })
    expect(await refused(workspace.dir, ['notes', 'note', 'list', '--limit', 'many', '--kind', 'poem'])).toEqual({
      code: 2,
      lines: [
        '✗ Cannot run "switchyard notes note list" as --kind must be one of "todo", "idea": it is "poem", and --limit must be a number: it is "many"',
        '→ switchyard notes note list --help',
      ],
    })
    expect(await refused(workspace.dir, ['notes', 'note', 'add', '--yes'])).toEqual({
      code: 2,
      lines: ['✗ Cannot run "switchyard notes note add" as --name must be given', '→ switchyard notes note add --help'],
    })
  })
})

describe('a configuration with three mistakes', () => {
  it('is refused with the place of each', async () => {
    using workspace = makeWorkspace('{\n  "logLevel": "loud",\n  "plugin": [],\n  "store": { "busyTimeoutMs": "long" }\n}\n')
    expect(await refused(workspace.dir, ['plugins'])).toEqual({
      code: 2,
      lines: [
        '✗ switchyard.config.json:2:15: logLevel must be one of "debug", "info", "warn", "error", "silent": current value is "loud"',
        '  switchyard.config.json:3:3: plugin is no key: did you mean "plugins"',
        '  switchyard.config.json:4:31: store.busyTimeoutMs must be a number: current value is "long"',
      ],
    })
  })
})

describe('a plugin that cannot be loaded', () => {
  it('is refused with the reason', async () => {
    using workspace = makeWorkspace('{ "plugins": ["./gone.ts"] }')
    const { code, lines } = await refused(workspace.dir, ['plugins'])
    expect(code).toBe(1)
    expect(lines[0]).toContain(`Cannot load the plugin "${join(workspace.dir, 'gone.ts')}" as it must be installed`)
    expect(lines[1]).toContain('switchyard config says where that is set')
  })
})

describe('a folder where the plugin kit is not installed', () => {
  it('is given no plugin that could not load', async () => {
    using workspace = makeWorkspace()
    const { code, lines } = await refused(workspace.dir, ['new', 'plugin', 'greeter'])
    expect(code).toBe(1)
    expect(lines[0]).toContain('as what a plugin imports must be installed there')
    expect(lines[1]).toContain('npm install --save-dev @switchyard/plugin-kit')
  })
})

describe.runIf(isRoot)('a workspace that is not writable (only root can play its owner)', () => {
  it('is refused with whose it is', async () => {
    using workspace = makeWorkspace()
    mkdirSync(join(workspace.dir, '.git'))
    chmodSync(workspace.dir, 0o755)
    const { code, lines } = await refused(workspace.dir, ['plans'], { user: NOBODY! })
    expect(code).toBe(1)
    expect(lines[0]).toBe(`✗ Cannot write to "${workspace.dir}" as uid 65534 must be allowed to: it belongs to uid 0 and has mode 755`)
    expect(lines[1]).toContain('→ Run Switchyard as the owner')
  })

  it('takes no configuration either', async () => {
    using workspace = makeWorkspace()
    chmodSync(workspace.dir, 0o755)
    const { code, lines } = await refused(workspace.dir, ['init'], { user: NOBODY! })
    expect(code).toBe(1)
    expect(lines[0]).toContain('switchyard.config.json as its folder must be writable and its disk have room: EACCES')
  })
})

describe.runIf(isRoot)('a data folder of another user (only root can play one)', () => {
  it('is refused with whose it is', async () => {
    using workspace = makeWorkspace()
    const data = join(workspace.dir, '.switchyard')
    await run(workspace.dir, ['plans'])
    chownSync(workspace.dir, STRANGER.uid, STRANGER.gid)
    const { code, lines } = await refused(workspace.dir, ['plans'], { user: NOBODY! })
    expect(code).toBe(1)
    expect(lines[0]).toBe(`✗ Cannot write to "${data}" as uid 65534 must be allowed to: it belongs to uid 0 and has mode 700`)
  })
})

describe.runIf(isRoot)('a full disk (only root can mount one)', { timeout: 60_000 }, () => {
  it('is refused, and what was kept before is still there', async () => {
    using workspace = makeWorkspace()
    const disk = join(workspace.dir, 'disk')
    mkdirSync(disk)
    mkdirSync(join(workspace.dir, 'node_modules/@switchyard/plugin-kit'), { recursive: true })
    writeFileSync(join(workspace.dir, 'node_modules/@switchyard/plugin-kit/package.json'), '{}')
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk])
    try {
      writeFileSync(join(disk, 'switchyard.config.json'), '{}')
      mkdirSync(join(disk, 'fresh'))
      expect(await run(disk, ['plans'])).toMatchObject({ code: 0 })
      const { bavail, bsize } = statfsSync(disk)
      writeFileSync(join(disk, 'filler'), Buffer.alloc(bavail * bsize))
      const { code, lines } = await refused(disk, ['plans'])
      expect(code).toBe(1)
      expect(lines[0]).toMatch(/^✗ Cannot write to ".*yard\.db" as its disk must have space left: it is full$/)
      expect(lines[1]).toContain('→ Free some space')

      const scaffold = await refused(disk, ['new', 'plugin', 'greeter'])
      expect(scaffold.code).toBe(1)
      expect(scaffold.lines[0]).toContain('as its folder must be writable and its disk have room: ENOSPC')

      const init = await refused(disk, ['init', '--dir', 'fresh'])
      expect(init.code).toBe(1)
      expect(init.lines[0]).toContain('switchyard.config.json as its folder must be writable and its disk have room: ENOSPC')
    } finally {
      execFileSync('umount', [disk])
    }
  })
})

describe('an answer that cannot be written', () => {
  it('is said to be missing, and the process exits with 1', async () => {
    using workspace = makeWorkspace()
    const full = openSync('/dev/full', 'w')
    try {
      const child = start(workspace.dir, ['config', '--schema'], { stdout: full })
      expect(await ended(child)).toEqual({
        code: 1,
        stdout: '',
        stderr: '✗ Cannot write the answer as where it goes must have room: ENOSPC: no space left on device, write\n→ df -h\n',
      })
    } finally {
      closeSync(full)
    }
  })
})

describe('a yard.db of a newer version', () => {
  it('is refused and never touched', async () => {
    using workspace = makeWorkspace()
    await run(workspace.dir, ['plans'])
    const path = join(workspace.dir, '.switchyard/yard.db')
    const database = new DatabaseSync(path)
    database.exec("UPDATE store_room SET version = 99 WHERE room = 'yard'")
    database.close()
    expect(existsSync(`${path}-wal`)).toBe(false)
    const { code, lines } = await refused(workspace.dir, ['plans'])
    expect(code).toBe(1)
    expect(lines[0]).toMatch(/^✗ Cannot use the store as room "yard" of ".*" must be at most version \d+: it is 99$/)
    expect(lines[1]).toContain('→ A newer Switchyard wrote this file: update Switchyard')
  })
})

describe('a damaged yard.db', () => {
  it('is refused, and the doctor says so among its findings', async () => {
    using workspace = makeWorkspace()
    mkdirSync(join(workspace.dir, '.switchyard'), { mode: 0o700 })
    writeFileSync(join(workspace.dir, '.switchyard/yard.db'), 'no database at all, but long enough to be read as one '.repeat(100))
    const { code, lines } = await refused(workspace.dir, ['plans'])
    expect(code).toBe(1)
    expect(lines[0]).toContain('must be a sound SQLite file')
    const doctor = await run(workspace.dir, ['doctor', '--json'])
    expect(doctor.code).toBe(1)
    expect(JSON.parse(doctor.stdout)).toContainEqual(expect.objectContaining({ check: 'store', state: 'failed' }))
  })
})

describe('switchyard approve', () => {
  it('refuses a plan that nobody made', async () => {
    using workspace = makeWorkspace()
    await run(workspace.dir, ['plans'])
    const { code, lines } = await refused(workspace.dir, ['approve', 'p-nothing'])
    expect(code).toBe(2)
    expect(lines).toEqual(['✗ Cannot find the plan "p-nothing" as it must have been made in this workspace', '→ switchyard plans'])
  })
})

describe('switchyard init', () => {
  it('never overwrites', async () => {
    using workspace = makeWorkspace('{ "logLevel": "info" }')
    const { code, lines } = await refused(workspace.dir, ['init'])
    expect(code).toBe(1)
    expect(lines[0]).toContain('switchyard.config.json as nothing may be overwritten: it is there already')
  })
})
