import { posix } from 'node:path'
import type { Problem } from './problem.ts'
import type { Source, Spot } from './source.ts'

export interface UnitEntry {
  readonly section: string
  readonly key: string
  /** With continued lines joined. */
  readonly value: string
  readonly spot: Spot
  readonly valueSpot: Spot
}

interface UnitSection {
  readonly name: string
  readonly spot: Spot
  /** After its last line that says something: where a line can be added. */
  readonly end: number
}

/** A unit file with the drop-ins beside it. */
export interface Unit {
  /** Such as `api.service`. */
  readonly name: string
  readonly kind: string
  readonly source: Source
  readonly sections: readonly UnitSection[]
  readonly entries: readonly UnitEntry[]
  readonly problems: readonly Problem[]
}

export const UNIT_FILE = /\.(service|timer|socket|path|target|mount)$/

/** Reads a unit file as systemd does; drop-ins come after it, in the order given. */
export function readUnit(source: Source, dropIns: readonly Source[] = []): Unit {
  const name = posix.basename(source.path)
  const own = readEntries(source)
  const parts = [own, ...dropIns.map(readEntries)]
  return {
    name,
    kind: UNIT_FILE.exec(name)?.[1] ?? '',
    source,
    sections: own.sections,
    entries: parts.flatMap(({ entries }) => entries),
    problems: parts.flatMap(({ problems }) => problems),
  }
}

function readEntries(source: Source): { sections: UnitSection[]; entries: UnitEntry[]; problems: Problem[] } {
  const { text } = source
  const sections: UnitSection[] = []
  const entries: UnitEntry[] = []
  const problems: Problem[] = []
  const wrong = (note: string, start: number, end: number): void => {
    problems.push({ rule: 'systemd.syntax', note, spot: source.spot(start, end) })
  }
  let at = text.startsWith('\uFEFF') ? 1 : 0
  while (at < text.length) {
    const start = at
    let end = lineEnd(text, at)
    at = end + 1
    const line = text.slice(start, end)
    if (/^\s*([#;]|$)/.test(line)) continue
    const parts = [line]
    // A comment between continued lines does not end them.
    while (isContinued(parts.at(-1) ?? '') && at <= text.length) {
      const next = lineEnd(text, at)
      const more = text.slice(at, next)
      if (!/^\s*[#;]/.test(more)) parts.push(more)
      end = next
      at = next + 1
    }
    const value = parts.map((part) => (isContinued(part) ? part.trimEnd().slice(0, -1) : part)).join(' ')
    const first = start + line.search(/\S/)
    const [, section] = /^\s*\[([^\]]*)\]\s*$/.exec(value) ?? []
    if (section !== undefined) {
      sections.push({ name: section, spot: source.spot(first, end), end })
      continue
    }
    const [head = '', key] = /^\s*([A-Za-z0-9-]+)\s*=\s*/.exec(value) ?? []
    const current = sections.at(-1)
    if (current === undefined) wrong('stands before any [Section]', first, end)
    else if (key === undefined) wrong('is neither a [Section] nor a Key=value line', first, end)
    else {
      sections[sections.length - 1] = { ...current, end }
      entries.push({
        section: current.name,
        key,
        value: value.slice(head.length).trim(),
        spot: source.spot(first, end),
        valueSpot: source.spot(start + head.length, end),
      })
    }
  }
  return { sections, entries, problems }
}

const isContinued = (line: string): boolean => line.trimEnd().endsWith('\\')

function lineEnd(text: string, from: number): number {
  const found = text.indexOf('\n', from)
  return found === -1 ? text.length : found
}

/** All values of a key that count: an empty one takes back those before it. */
export function settingsOf({ entries }: Unit, section: string, key: string): readonly UnitEntry[] {
  const found = entries.filter((entry) => entry.section === section && entry.key === key)
  const reset = found.findLastIndex(({ value }) => value === '')
  return found.slice(reset + 1)
}

/** The value that counts where a key may be given once. */
export function settingOf(unit: Unit, section: string, key: string): UnitEntry | undefined {
  return settingsOf(unit, section, key).at(-1)
}
