import type { SlotValues } from '../candidate.ts'
import { MAX_CHARS } from '../tokens.ts'
import { durationsIn } from './duration.ts'
import type { FieldKind } from './field.ts'
import { momentsIn } from './moment.ts'
import { numbersIn } from './number.ts'

/** Something in a request that can be a value, whatever it turns out to be a value of. */
export interface Seen {
  /** `known` is a name this workspace has; its `slot` says of what. */
  readonly kind: Exclude<FieldKind, 'flag' | 'choice' | 'name' | 'login' | 'pairs'> | 'quoted' | 'known' | 'email' | 'percent' | 'key'
  readonly value: string | number
  readonly start: number
  readonly end: number
  readonly slot?: string
}

export interface Mention extends Seen {
  /** As it stands in the request. */
  readonly written: string
}

interface Shape {
  readonly kind: Seen['kind']
  /** What has to be somewhere in a text for the pattern to be worth a look: most texts have few of these signs. */
  readonly sign: RegExp
  readonly pattern: RegExp
  readonly value?: (match: RegExpExecArray) => string | number
}

const SIZES: Readonly<Record<string, number>> = {
  b: 1,
  k: 1e3,
  kb: 1e3,
  kib: 1_024,
  mb: 1e6,
  mib: 1_048_576,
  m: 1e6,
  gb: 1e9,
  gib: 1_073_741_824,
  g: 1e9,
  tb: 1e12,
  tib: 1.099511627776e12,
}
export const FILE_ENDINGS =
  'ya?ml|json5?|jsonl|tsx?|jsx?|mjs|cjs|md|toml|txt|log|env|conf|cfg|ini|service|timer|html?|xml|csv|py|go|rs|rb|php|java|sh|sql|lock|gz|zip|tar|pem|crt|key'

const [POINT, COLON, SLASH, DASH, DIGIT] = [/\./, /:/, /\//, /-/, /\d/]

/** In this order: what an earlier shape has taken is not read again by a later one. */
const SHAPES: readonly Shape[] = [
  {
    kind: 'quoted',
    sign: /["“`']/,
    pattern: /"([^"]{1,1000})"|“([^”]{1,1000})”|`([^`]{1,1000})`|(?<![\p{L}\p{N}])'([^']{1,1000})'(?![\p{L}\p{N}])/gu,
    value: (match) => match.slice(1).find((part) => part !== undefined)!,
  },
  { kind: 'url', sign: COLON, pattern: /\b[a-z][a-z0-9+.-]*:\/\/[^\s,;"'<>]*[^\s,;"'<>.!?)]/giu },
  { kind: 'email', sign: /@/, pattern: /[\w.+-]+@[\w-]+(?:\.[\w-]+)+(?::\d{1,5})?/gu },
  { kind: 'host', sign: DIGIT, pattern: /\b\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5})?\b/gu },
  { kind: 'version', sign: COLON, pattern: /\bsha256:[0-9a-f]{4,64}\b/giu },
  // A glob, and a file whose name begins with a point.
  { kind: 'path', sign: /\*/, pattern: /(?<![^\s"'(])[\w@./-]*\*[\w@.*/-]*[\w*]/gu },
  { kind: 'path', sign: POINT, pattern: /(?<![\w./-])\.[a-z][\w-]*(?:\.[\w-]+)*/giu },
  { kind: 'version', sign: POINT, pattern: /(?<![\w.@/-])v?\d+\.\d+\.\d+(?:-[0-9a-z]+(?:[.-][0-9a-z]+)*)?(?:\+[0-9a-z.-]+)?(?![\w-])/giu },
  { kind: 'version', sign: POINT, pattern: /(?<![\w./-])v?\d+(?:\.\d+)?\.x\b/giu },
  { kind: 'version', sign: DIGIT, pattern: /(?<![\w./-])v\d+(?:\.\d+)?(?:-[0-9a-z.]+)?\b/giu },
  {
    kind: 'path',
    sign: /[./]/,
    pattern: new RegExp(
      `(?<![\\w/])(?:~|\\.{1,2})?/[\\w@.+/-]*[\\w/]|(?<![\\w.])(?:[\\w@.-]+/)*[\\w@-][\\w@.-]*\\.(?:${FILE_ENDINGS})\\b(?![\\w/])`,
      'giu',
    ),
  },
  {
    kind: 'host',
    sign: POINT,
    pattern:
      /(?<![\w./@-])(?:[a-z0-9-]+\.)+(?:com|org|net|io|dev|app|local|internal|lan|cloud|example|test|de|uk|eu|co|ai|sh|info)(?::\d{1,5})?\b(?!\/)/giu,
  },
  { kind: 'host', sign: COLON, pattern: /(?<![\w./@:-])[a-z][\w-]*:\d{2,5}\b(?![:/])/giu },
  { kind: 'path', sign: SLASH, pattern: /(?<![\w./-])[\w@.-]+(?:\/[\w@.-]+)*\/[\w@.-]*[\w@-]/giu },
  { kind: 'key', sign: POINT, pattern: /(?<![\w./-])[a-z][a-z0-9-]*(?:\.[a-z][a-z0-9-]+)+(?![\w/-])/gu },
  { kind: 'id', sign: /#/, pattern: /#(\d{1,9})\b/gu, value: (match) => match[1]! },
  { kind: 'id', sign: DASH, pattern: /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/giu },
  { kind: 'id', sign: DASH, pattern: /\b[a-z]{1,8}-(?=[a-z0-9]*\d)[a-z0-9]{3,16}\b/giu },
  { kind: 'id', sign: DIGIT, pattern: /\b(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{6,40}\b/giu },
  { kind: 'percent', sign: DIGIT, pattern: /(?<![\w.])(\d+(?:\.\d+)?)\s?(?:%|percent\b)/giu, value: (match) => Number(match[1]) },
  {
    kind: 'size',
    sign: DIGIT,
    pattern: /(?<![\w.])(\d+(?:\.\d+)?)\s?(b|[kmgt]i?b|[kg])\b/giu,
    value: (match) => Math.round(Number(match[1]) * SIZES[match[2]!.toLowerCase()]!),
  },
]

/** Everything in a text that has the shape of a value or is a name of this workspace, without overlaps, in order. */
export function mentionsIn(text: string, names: SlotValues): readonly Mention[] {
  const read = text.slice(0, MAX_CHARS)
  const found: Mention[] = []
  const take = (all: Iterable<Seen>): void => {
    for (const seen of all)
      if (!found.some(({ start, end }) => seen.start < end && start < seen.end))
        found.push({ ...seen, written: read.slice(seen.start, seen.end) })
  }
  take(shaped(read, SHAPES.slice(0, 1)))
  take(namesIn(read, names))
  take(shaped(read, SHAPES.slice(1)))
  take(momentsIn(read))
  take(durationsIn(read))
  take(numbersIn(read))
  return found.sort((a, b) => a.start - b.start)
}

function* shaped(text: string, shapes: readonly Shape[]): Generator<Seen> {
  for (const { kind, sign, pattern, value = (match: RegExpExecArray) => match[0] } of shapes) {
    if (!sign.test(text)) continue
    for (const match of text.matchAll(pattern)) yield { kind, value: value(match), start: match.index, end: match.index + match[0].length }
  }
}

interface KnownName {
  readonly slot: string
  readonly value: string
}

/** The names of a workspace by their first run of letters and digits, the longest first; made once for the many requests they serve. */
const byFirstRun = new WeakMap<SlotValues, ReadonlyMap<string, readonly KnownName[]>>()

function indexOf(names: SlotValues): ReadonlyMap<string, readonly KnownName[]> {
  const made = byFirstRun.get(names)
  if (made !== undefined) return made
  const all = Object.entries(names).flatMap(([slot, values]) => values.map((value) => ({ slot, value })))
  all.sort((a, b) => b.value.length - a.value.length)
  const index = Map.groupBy(all, ({ value }) => runsIn(value.toLowerCase())[0] ?? '')
  index.delete('')
  byFirstRun.set(names, index)
  return index
}

const runsIn = (text: string): string[] => text.match(/[\p{L}\p{N}]+/gu) ?? []

function* namesIn(text: string, names: SlotValues): Generator<Seen> {
  const lower = text.toLowerCase()
  const index = indexOf(names)
  const near = [...new Set(runsIn(lower))].flatMap((run) => index.get(run) ?? [])
  near.sort((a, b) => b.value.length - a.value.length)
  for (const { slot, value } of near) {
    for (const written of new Set([value.toLowerCase(), value.toLowerCase().replaceAll(/[-_]/g, ' ')])) {
      for (let at = lower.indexOf(written); at !== -1; at = lower.indexOf(written, at + 1)) {
        const end = at + written.length
        if (isInside(lower, at, end)) continue
        yield { kind: 'known', value, slot, start: at, end }
      }
    }
  }
}

/** Whether a stretch of text goes on, left or right, as a part of a longer name. */
function isInside(text: string, start: number, end: number): boolean {
  const joins = (character: string | undefined, beyond: string | undefined): boolean =>
    character !== undefined &&
    (/[\p{L}\p{N}_]/u.test(character) || (/[-./@]/.test(character) && beyond !== undefined && /[\p{L}\p{N}]/u.test(beyond)))
  // "../market" is a path, whatever stands before its slash.
  return text[start - 1] === '/' || joins(text[start - 1], text[start - 2]) || joins(text[end], text[end + 1])
}
