import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, posix } from 'node:path'
import { type Caddyfile, walkDirectives } from '../model/caddyfile.ts'
import { folderOf } from '../model/compose.ts'
import { isUnread } from '../model/project-files.ts'
import type { Spot } from '../model/source.ts'
import type { Stack } from '../model/stack.ts'
import type { Unit } from '../model/unit.ts'

/** A program that was asked, or why it was not. */
export interface ToolAnswer {
  readonly tool: string
  readonly ran: boolean
  readonly why?: string
  readonly found: readonly Said[]
}

interface Said {
  readonly rule: 'caddy.adapt' | 'systemd.verify'
  readonly spot: Spot
  readonly note: string
  /** No line was named: it is said of the file as a whole. */
  readonly isWhole: boolean
}

const TIMEOUT_MS = 15_000
const MAX_OUTPUT_BYTES = 4 * 1024 * 1024

interface Answer {
  readonly code: number
  readonly stderr: string
}

/** Undefined where there is no such program. */
function ask(
  program: string,
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>>,
  signal: AbortSignal | undefined,
) {
  return new Promise<Answer | undefined>((resolve) => {
    execFile(
      program,
      args,
      { cwd, env: { PATH: process.env.PATH ?? '', LC_ALL: 'C', ...env }, timeout: TIMEOUT_MS, maxBuffer: MAX_OUTPUT_BYTES, signal },
      (error, _stdout, stderr) => {
        const { code } = (error ?? { code: 0 }) as { code?: number | string | null }
        resolve(code === 'ENOENT' ? undefined : { code: typeof code === 'number' ? code : 1, stderr })
      },
    )
  })
}

/** Asks Caddy to read each Caddyfile. One that imports from outside of the project is not given to it: what Caddy says could tell what stands there. */
export async function askCaddy(stack: Stack, signal?: AbortSignal): Promise<ToolAnswer | undefined> {
  if (stack.caddyfiles.length === 0) return undefined
  const tool = 'caddy adapt'
  const home = mkdtempSync(join(tmpdir(), 'switchyard-caddy-'))
  try {
    const found: Said[] = []
    for (const caddyfile of stack.caddyfiles) {
      if (leadsOut(stack, caddyfile))
        return { tool, ran: false, why: `${caddyfile.source.path} imports from outside of the project`, found: [] }
      const path = join(stack.files.root, caddyfile.source.path)
      const variables = namedVariables(stack, caddyfile)
      const answer = await ask(
        'caddy',
        ['adapt', '--config', path, '--adapter', 'caddyfile'],
        home,
        { ...variables, HOME: home, XDG_DATA_HOME: home, XDG_CONFIG_HOME: home },
        signal,
      )
      if (answer === undefined) return { tool, ran: false, why: 'caddy is not installed here', found: [] }
      if (answer.code !== 0) found.push({ rule: 'caddy.adapt', ...readCaddyError(answer.stderr, caddyfile, stack) })
    }
    return { tool, ran: true, found }
  } finally {
    rmSync(home, { recursive: true, force: true })
  }
}

/** The values that a Caddyfile asks for, and no other: some variables make any program load code. */
function namedVariables({ envFiles }: Stack, { source, variables }: Caddyfile): Record<string, string> {
  const paths = ['.env', posix.join(folderOf(source.path), '.env')]
  const values = new Map(envFiles.filter((file) => paths.includes(file.source.path)).flatMap((file) => [...file.values]))
  const names = new Set(variables.map(({ name }) => name).filter((name) => !/^(PATH|HOME|GO.*|LD_.*|XDG_.*|SSL_.*)$/.test(name)))
  return Object.fromEntries([...names].flatMap((name) => (values.has(name) ? [[name, values.get(name) ?? '']] : [])))
}

function leadsOut({ problems }: Stack, { source, sites, global, imports }: Caddyfile): boolean {
  if (imports.some((path) => posix.isAbsolute(path) || posix.normalize(posix.join(folderOf(source.path), path)).startsWith('..')))
    return true
  // What a matcher or a directive reads by itself is read when Caddy runs, not now.
  const paths = new Set([
    source.path,
    ...[...walkDirectives([...global, ...sites.flatMap(({ directives }) => directives)])].map(
      ({ directive }) => directive.spot.source.path,
    ),
  ])
  return problems.some(({ rule, spot }) => rule === 'stack.path-escape' && paths.has(spot.source.path))
}

/** Caddy names the file and the line somewhere in what it says, or not at all. */
function readCaddyError(stderr: string, { source }: Caddyfile, { files }: Stack): Omit<Said, 'rule'> {
  const line = stderr.split('\n').findLast((text) => text.startsWith('Error: ')) ?? 'Error: caddy adapt failed'
  const text = line.slice('Error: '.length).replaceAll(`${files.root}/`, '')
  const [, path, number, message] = /([^\s:]+):(\d+)(?:: | - )(?:Error during parsing: |Syntax error: )?(.*)$/.exec(text) ?? []
  const where = path === undefined || path === source.path ? source : files.read(path)
  if (number === undefined || isUnread(where)) return { spot: source.spot(0), note: `caddy says: ${text}`, isWhole: true }
  const spot = where.spot(lineStart(where.text, where.offsetOf(Number(number), 1)))
  return { spot, note: `caddy says: ${message}`, isWhole: false }
}

const lineStart = (text: string, offset: number): number => offset + (/^[ \t]*/.exec(text.slice(offset))?.[0].length ?? 0)

/** What systemd-analyze says of this machine rather than of the unit: programs and units that only the host it is for has. */
const OF_THIS_MACHINE =
  /is not executable|Unit [^ ]+ not found|Failed to (prepare|create|load)|Cannot add dependency|has a bad unit file setting/

/** Asks systemd to look at each unit. */
export async function askSystemd({ units, files }: Stack, signal?: AbortSignal): Promise<ToolAnswer | undefined> {
  const asked = units.filter(({ kind, name }) => kind !== 'mount' && !name.includes('@.'))
  if (asked.length === 0) return undefined
  const tool = 'systemd-analyze verify'
  const paths = asked.map(({ source }) => join(files.root, source.path))
  const answer = await ask('systemd-analyze', ['verify', '--man=no', '--recursive-errors=no', ...paths], files.root, {}, signal)
  if (answer === undefined) return { tool, ran: false, why: 'systemd-analyze is not installed here', found: [] }
  const said = answer.stderr.split('\n').flatMap((line) => readSystemdLine(line, asked, files.root) ?? [])
  // "Refusing" follows from a line that was named already.
  const lined = new Set(said.filter(({ isWhole }) => !isWhole).map(({ spot }) => spot.source))
  return { tool, ran: true, found: said.filter(({ isWhole, spot }) => !isWhole || !lined.has(spot.source)) }
}

function readSystemdLine(line: string, units: readonly Unit[], root: string): Said | undefined {
  if (OF_THIS_MACHINE.test(line)) return undefined
  const [, path, number, message] = /^(\/.*?):(\d+): (.*)$/.exec(line) ?? []
  const unit = units.find(({ source, name }) => (path === undefined ? line.startsWith(`${name}: `) : join(root, source.path) === path))
  if (unit === undefined) return undefined
  const { source, name } = unit
  const spot = source.spot(number === undefined ? 0 : source.offsetOf(Number(number), 1))
  const note = `systemd says: ${(message ?? line.slice(name.length + 2)).replace(/, ignoring(: .*)?\.?$|\.$/, '')}`
  return { rule: 'systemd.verify', spot, note, isWhole: number === undefined }
}
