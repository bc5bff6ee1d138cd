import { durationText } from './duration.ts'
import type { Field } from './field.ts'
import { FILE_ENDINGS, type Mention } from './mention.ts'
import { momentText } from './moment.ts'
import { isOrdinary } from './name.ts'

/** How well a mention's shape fits a field, before anything around it is read. */
export function fitOf(
  { kind, slot, words, required, isCalled, orFile, isDate, integer, min = -Infinity, max = Infinity }: Field,
  { kind: seen, slot: known, value, written }: Mention,
): number {
  const inRange = typeof value !== 'number' || (value >= min && value <= max && (!integer || Number.isInteger(value)))
  if (seen === 'known')
    return known === slot || (kind === 'branch' && known === 'branch') || (kind === 'version' && known === 'version') ? 3 : 0
  if (kind === 'id' && (seen === 'id' || seen === 'quoted') && integer && !/^\d+$/.test(String(value))) return 0
  if (kind === seen) return kind === 'number' ? (inRange ? 1 : 0.5) : 2.2
  if (kind === 'login') return seen === 'email' ? 3 : 0
  if (kind === 'number')
    return seen === 'percent' && words.some((word) => /perc|thresh|limit|level|rate/.test(word)) ? 2 : seen === 'percent' ? 1 : 0
  // "7d" alone is a time back, "an hour" may be anything.
  if (kind === 'time') return seen === 'duration' ? (/^\d+\w$/.test(written) ? 2 : 1.5) : seen === 'version' && !isDate ? 1 : 0
  if (kind === 'version' && seen === 'id') return slot === 'since' ? 1.2 : 0
  if (kind === 'version' && seen === 'path') return /^[\w@].*\//.test(String(value)) ? 1.2 : 0
  if (kind === 'version') return seen === 'number' && !Number.isInteger(value) ? 1.2 : seen === 'number' ? 0.5 : 0
  // Nobody counts by "one" or 1.8.
  if (kind === 'id') return seen === 'number' ? (/^\d+$/.test(written) ? 1 : 0) : seen === 'quoted' ? 1 : 0
  if (kind === 'branch') return seen === 'path' ? 1.2 : seen === 'quoted' ? 1 : 0
  if (kind === 'size' || kind === 'duration') return seen === 'number' ? 0.5 : 0
  if (kind === 'text') return seen === 'quoted' ? 2 : 0
  if (kind === 'url') return seen === 'host' ? 1 : 0
  if (kind === 'host') return seen === 'url' ? 0.5 : 0
  if (kind === 'folder') return seen === 'path' ? folderFit(String(value)) : seen === 'quoted' ? 1 : 0
  // What has no ending is a folder rather than a file.
  if (kind === 'file' && seen === 'path') return ENDING.test(String(value)) ? 2.2 : 1
  if (kind === 'file' || kind === 'path') return seen === 'quoted' ? 1 : seen === 'key' ? 0.5 : 0
  // "cut-4kq7w2m" is a cut.
  if (seen === 'id' && String(value).startsWith(`${slot}-`)) return 3
  if (kind === 'name' && seen === 'key') return slot === 'name' || slot === 'project' ? 0 : KEYED.has(slot) ? 2 : 1.6
  // "secrets.env" is a rule rather than a file, where rules are asked for.
  if (kind === 'name' && seen === 'path' && KEYED.has(slot)) return /^[a-z][\w-]*\.[a-z][\w-]*$/.test(written) ? 2 : 0.5
  if (kind === 'name' && seen === 'path') return orFile && ENDING.test(written) ? 2 : pathFit(slot, String(value))
  // Several words are the name of something that is called, not of a thing that runs.
  if (kind === 'name' && seen === 'quoted')
    return isCalled || (required && !/\s/.test(String(value))) ? 2 : /\s/.test(String(value)) ? (required ? 1.5 : 0) : 1
  if (kind === 'name' && seen === 'host') return slot === 'target' || slot === 'service' ? 1 : 0
  return 0
}

const ENDING = new RegExp(`\\.(?:${FILE_ENDINGS})$|(?<!\\d)\\.[a-z][a-z0-9]{0,11}$|\\*`, 'i')
const KEYED = new Set(['check', 'rule', 'key', 'setting'])
const UNIT = /\.(?:service|timer|socket|mount|path|target)$/

/** A folder where it says so, or where its parts are no everyday words: "dev/prod" is none. */
function folderFit(path: string): number {
  if (ENDING.test(path)) return 0.5
  if (/^[.~/]/.test(path)) return 2.2
  return path.startsWith('@') || path.split('/').every(isOrdinary) ? 1 : 2
}

/** A folder may be a project, what looks like a branch may be a name, and a file is neither. */
function pathFit(slot: string, path: string): number {
  if (slot === 'unit') return UNIT.test(path) ? 3 : 0
  if (ENDING.test(path)) return slot === 'target' ? 1.2 : 0.5
  if (slot === 'package') return /^@[\w.-]+\/[\w.-]+$/.test(path) ? 3 : 0
  if (slot === 'repo') return /^[\w.-]+\/[\w.-]+$/.test(path) ? 2.2 : 0.5
  if (slot === 'project' || slot === 'path' || slot === 'root') return /^[.~/]/.test(path) ? 2 : 1.6
  return slot === 'name' ? 1.7 : 0.5
}

/** A mention as a field takes it. */
export function valueFor(field: Field, { kind, value, written }: Mention, nowMs: number): string | number {
  if (field.kind === 'time') {
    // "mute it for two weeks": what has to end some day ends in the future.
    const ahead = field.slot === 'until' && field.required
    if (kind === 'duration')
      return field.isDate || ahead ? new Date(nowMs + (ahead ? 1 : -1) * Number(value)).toISOString() : durationText(Number(value), written)
    return kind === 'version' ? String(value) : momentText(String(value), nowMs, ahead ? 'ahead' : 'past')
  }
  if (field.kind === 'duration' && kind === 'duration')
    return field.unit === undefined ? durationText(Number(value), written) : Number(value) / field.unit
  if (field.kind === 'size' && kind === 'size' && field.unit !== undefined) return Number(value) / field.unit
  if (field.kind === 'version') return (kind === 'number' ? written : String(value)).replace(/^v(?=\d)/i, '')
  if (field.kind === 'id' && field.integer) return Number(value)
  if (field.kind === 'number' || field.unit !== undefined) return value
  return String(value)
}
