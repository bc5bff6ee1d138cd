import { parse as parseYaml } from 'yaml'

/** A step that runs a script, or one that asks a person. */
export interface RunbookStep {
  readonly name: string
  readonly line: number
  readonly script?: string
  readonly shell?: 'sh' | 'bash'
  /** A question that must be answered with yes. */
  readonly ask?: string
  /** Scripts that must succeed before and after. */
  readonly before: readonly string[]
  readonly after: readonly string[]
  /** Texts that the output must contain. */
  readonly expect: readonly string[]
  /** Exit codes that mean success. */
  readonly exits: readonly number[]
  readonly timeoutMs: number
  /** Whether it may simply be run again when it was interrupted. */
  readonly repeatable: boolean
}

export interface Runbook {
  readonly title: string
  readonly summary: string
  /** Names of values that it must be given. */
  readonly inputs: readonly string[]
  readonly steps: readonly RunbookStep[]
  /** Why it cannot be run as it stands. */
  readonly problems: readonly string[]
}

const DEFAULT_TIMEOUT_MS = 600_000
const MAX_TIMEOUT_MS = 86_400_000
/** What is longer is neither heading nor directive, and no pattern is slow on less. */
const MAX_LINE_LENGTH = 2_000
const UNIT_MS = { s: 1_000, m: 60_000, h: 3_600_000 } as const
const SHELLS: Readonly<Record<string, 'sh' | 'bash'>> = { sh: 'sh', shell: 'sh', bash: 'bash', console: 'sh', 'shell-session': 'sh' }
const SESSIONS: ReadonlySet<string> = new Set(['console', 'shell-session'])

/**
 * Reads an ordinary Markdown runbook: each shell block is a step, named after its heading. Lines such as ``check: `test -f x` ``
 * beside a block say what must be true around it; prose, and blocks in other languages, are for people.
 */
export function parseRunbook(text: string, file: string): Runbook {
  const lines = text.split(/\r?\n/)
  const { front, from } = frontmatter(lines)
  const steps: Draft[] = []
  const problems: string[] = []
  let title = ''
  let summary = ''
  let heading = ''
  let pending = emptyDirectives()
  let last: Draft | undefined

  for (let index = from; index < lines.length; index++) {
    const line = lines[index] ?? ''
    if (line.length > MAX_LINE_LENGTH) continue
    const [, marks, name] = /^(#{1,6})\s+(.+?)\s*#*$/.exec(line) ?? []
    if (name !== undefined) {
      if (marks === '#' && title === '') title = plain(name)
      else heading = plain(name)
      if (hasAny(pending)) problems.push(`line ${index + 1}: what is said before this heading belongs to no step`)
      pending = emptyDirectives()
      last = undefined
      continue
    }
    const fence = /^(\s*)(`{3,}|~{3,})\s*([\w-]*)\s*(.*)$/.exec(line)
    if (fence !== null) {
      const [, indent = '', ticks = '', language = '', info = ''] = fence
      const end = endOfFence(lines, index + 1, ticks)
      if (end === lines.length) problems.push(`line ${index + 1}: the block has no end`)
      const content = lines.slice(index + 1, end).map((one) => (one.startsWith(indent) ? one.slice(indent.length) : one.trimStart()))
      const shell = SHELLS[language.toLowerCase()]
      if (shell !== undefined && !/\b(skip|example)\b/.test(info)) {
        const script = (SESSIONS.has(language.toLowerCase()) ? commandsOf(content) : content).join('\n').trim()
        if (script !== '') {
          last = { heading, line: index + 1, script, shell, ...pending }
          steps.push(last)
          pending = emptyDirectives()
        }
      } else if (language === 'output' && last !== undefined) last.expect.push(content.join('\n').trim())
      index = end
      continue
    }
    const directive = directiveOf(line)
    if (directive === undefined) {
      if (title !== '' && summary === '' && heading === '' && /^\w/.test(line)) summary = plain(line)
      continue
    }
    if (directive.key === 'ask') {
      last = { heading, line: index + 1, ask: directive.value, ...emptyDirectives() }
      steps.push(last)
    } else if (directive.key === 'check before') (last ?? pending).before.push(directive.value)
    else if (last === undefined) note(pending, directive)
    else note(last, directive)
  }
  if (hasAny(pending)) problems.push('what is said at the end belongs to no step')

  const inputs = Array.isArray(front.inputs) ? front.inputs.filter((one): one is string => typeof one === 'string') : []
  return {
    title: textOf(front.title) ?? textOf(front.name) ?? (title || file),
    summary: textOf(front.summary) ?? textOf(front.description) ?? summary,
    inputs,
    steps: named(steps),
    problems: [...problems, ...steps.flatMap(placeholders), ...(steps.length === 0 ? ['it has no step: no ```sh block'] : [])],
  }
}

interface Directives {
  before: string[]
  after: string[]
  expect: string[]
  exits: number[] | undefined
  timeoutMs: number | undefined
  repeatable: boolean | undefined
}

interface Draft extends Directives {
  readonly heading: string
  readonly line: number
  readonly script?: string
  readonly shell?: 'sh' | 'bash'
  readonly ask?: string
}

const emptyDirectives = (): Directives => ({
  before: [],
  after: [],
  expect: [],
  exits: undefined,
  timeoutMs: undefined,
  repeatable: undefined,
})
const hasAny = ({ before, after, expect, exits, timeoutMs, repeatable }: Directives): boolean =>
  before.length + after.length + expect.length > 0 || exits !== undefined || timeoutMs !== undefined || repeatable !== undefined

interface Directive {
  readonly key: 'check' | 'check before' | 'expect' | 'exit' | 'timeout' | 'repeatable' | 'ask'
  readonly value: string
}

/** A command must stand in backticks, so that no sentence that begins with "Check:" is ever run. */
function directiveOf(line: string): Directive | undefined {
  const [, key, rest = ''] = /^\s*(?:[-*+]\s+)?(check before|check|expect|exit|timeout|repeatable|ask):\s*(.+?)\s*$/.exec(line) ?? []
  const [, code] = /^(?:`([^`]+)`)\.?$/.exec(rest) ?? []
  switch (key) {
    case 'check':
    case 'check before':
    case 'expect':
      return code === undefined ? undefined : { key, value: code }
    case 'exit':
      return /^\d+(\s*,\s*\d+)*$/.test(code ?? rest) ? { key, value: code ?? rest } : undefined
    case 'timeout':
      return /^\d{1,6}\s*[smh]$/.test(code ?? rest) ? { key, value: code ?? rest } : undefined
    case 'repeatable':
      return /^(yes|no|true|false)$/.test(rest) ? { key, value: rest } : undefined
    case 'ask':
      return { key, value: rest }
    default:
      return undefined
  }
}

function note(into: Directives, { key, value }: Directive): void {
  if (key === 'check') into.after.push(value)
  else if (key === 'expect') into.expect.push(value)
  else if (key === 'exit') into.exits = value.split(',').map(Number)
  else if (key === 'repeatable') into.repeatable = value === 'yes' || value === 'true'
  else if (key === 'timeout') {
    const [, amount, unit] = /^(\d+)\s*([smh])$/.exec(value) ?? []
    into.timeoutMs = Math.min(MAX_TIMEOUT_MS, Number(amount) * UNIT_MS[unit as keyof typeof UNIT_MS])
  }
}

/** Steps under one heading are told apart by their number. */
function named(drafts: readonly Draft[]): RunbookStep[] {
  const totals = new Map<string, number>()
  for (const { heading } of drafts) totals.set(heading, (totals.get(heading) ?? 0) + 1)
  const seen = new Map<string, number>()
  return drafts.map((draft, index) => {
    const { heading, line, script, shell, ask, before, after, expect, exits, timeoutMs, repeatable } = draft
    const number = (seen.get(heading) ?? 0) + 1
    seen.set(heading, number)
    const base = heading === '' ? `Step ${index + 1}` : heading
    return {
      name: (totals.get(heading) ?? 0) > 1 && heading !== '' ? `${base} (${number})` : base,
      line,
      ...(script !== undefined && { script, shell: shell ?? 'sh' }),
      ...(ask !== undefined && { ask }),
      before,
      after,
      expect,
      exits: exits ?? [0],
      timeoutMs: timeoutMs ?? DEFAULT_TIMEOUT_MS,
      repeatable: repeatable ?? false,
    }
  })
}

/** `<backup-id>` is for a person to replace; a shell would take it for a file. */
function placeholders({ script, line }: Draft): string[] {
  const [found] = /<[A-Za-z][\w -]*>(?!\()/.exec(script ?? '') ?? []
  return found === undefined || /<<-?\s*['"]?\w/.test(script ?? '')
    ? []
    : [`line ${line}: ${found} must be replaced, best by a value: "$NAME", with NAME among the inputs`]
}

/** Of a recorded session only what follows a prompt was typed. */
function commandsOf(content: readonly string[]): string[] {
  const commands: string[] = []
  let goesOn = false
  for (const line of content) {
    const [, typed] = /^\s*[$#]\s(.*)$/.exec(line) ?? []
    if (typed !== undefined) commands.push(typed)
    else if (goesOn) commands.push(line.replace(/^>\s?/, ''))
    goesOn = (typed ?? (goesOn ? line : '')).endsWith('\\')
  }
  return commands
}

function endOfFence(lines: readonly string[], from: number, ticks: string): number {
  for (let index = from; index < lines.length; index++) {
    const line = lines[index]?.trim() ?? ''
    if (line.startsWith(ticks) && /^(`+|~+)$/.test(line)) return index
  }
  return lines.length
}

function frontmatter(lines: readonly string[]): { front: Readonly<Record<string, unknown>>; from: number } {
  const end = lines[0] === '---' ? lines.indexOf('---', 1) : -1
  if (end === -1) return { front: {}, from: 0 }
  try {
    const front: unknown = parseYaml(lines.slice(1, end).join('\n'), { maxAliasCount: 10 })
    return { front: typeof front === 'object' && front !== null ? (front as Record<string, unknown>) : {}, from: end + 1 }
  } catch {
    return { front: {}, from: end + 1 }
  }
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined)
const plain = (text: string): string =>
  text
    .replace(/[*_`]/g, '')
    .replace(/^\d+[.)]\s+/, '')
    .trim()
