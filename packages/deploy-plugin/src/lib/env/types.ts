import { isIP } from 'node:net'
import { runInNewContext } from 'node:vm'
import type { Options } from './schema.ts'

/** What a value may be told to be. */
const TYPE_NAMES = [
  'string',
  'number',
  'boolean',
  'url',
  'enum',
  'email',
  'port',
  'ip',
  'domain',
  'semver',
  'isoDate',
  'uuid',
  'duration',
] as const
export type TypeName = (typeof TYPE_NAMES)[number]

export const isTypeName = (name: string): name is TypeName => (TYPE_NAMES as readonly string[]).includes(name)

/** What is wrong with a type as the schema says it; undefined where nothing is. */
export function typeMistake(type: TypeName, { named, list }: Options): string | undefined {
  if (type === 'enum') return list.length === 0 ? 'must list what a value may be' : undefined
  for (const key of ['min', 'max', 'minLength', 'maxLength', 'isLength'])
    if (named[key] !== undefined && type !== 'duration' && !Number.isFinite(Number(named[key]))) return `${key} must be a number`
  if (named.matches === undefined) return undefined
  try {
    expressionOf(named.matches)
    return undefined
  } catch {
    return 'matches must be a regular expression'
  }
}

/** Why a value is none of this type, in words that follow "it" and do not repeat it; undefined where it is one. */
export function checkType(type: TypeName, { named, list }: Options, value: string): string | undefined {
  const why = CHECKS[type](value, named, list)
  if (why !== undefined) return why
  return named.matches === undefined || matches(named.matches, value) ? undefined : 'must match the pattern of the schema'
}

type Check = (value: string, named: Options['named'], list: Options['list']) => string | undefined

const CHECKS: Readonly<Record<TypeName, Check>> = {
  string(value, { minLength, maxLength, isLength, startsWith, endsWith }) {
    const { length } = value
    if (isLength !== undefined && length !== Number(isLength)) return `must have ${isLength} characters: it has ${length}`
    if (minLength !== undefined && length < Number(minLength)) return `must have at least ${minLength} characters: it has ${length}`
    if (maxLength !== undefined && length > Number(maxLength)) return `must have at most ${maxLength} characters: it has ${length}`
    if (startsWith !== undefined && !value.startsWith(startsWith)) return `must begin with "${startsWith}"`
    if (endsWith !== undefined && !value.endsWith(endsWith)) return `must end with "${endsWith}"`
    return undefined
  },
  number(value, { min, max, isInt, precision }) {
    const number = Number(value)
    if (value.trim() === '' || !Number.isFinite(number)) return 'must be a number'
    if ((isInt === 'true' || precision === '0') && !Number.isInteger(number)) return 'must be a whole number'
    return outside(number, min, max)
  },
  boolean: (value) => (/^(t|true|yes|on|1|f|false|no|off|0)$/i.test(value) ? undefined : 'must be true or false'),
  url(value, { allowedProtocols, noTrailingSlash }) {
    if (!URL.canParse(value)) return 'must be a URL with its protocol'
    const allowed = allowedProtocols?.replace(/[[\]:\s]/g, '').split(',')
    if (allowed !== undefined && !allowed.includes(new URL(value).protocol.replace(':', '')))
      return `must begin with ${allowed.join(' or ')}`
    return noTrailingSlash === 'true' && value.endsWith('/') ? 'must not end with "/"' : undefined
  },
  enum: (value, _, list) => (list.includes(value) ? undefined : `must be one of ${list.join(', ')}`),
  email: (value) => (/^[^\s@]+@[^\s@]+\.[^\s@.]+$/.test(value) ? undefined : 'must be an email address'),
  port(value, { min, max }) {
    const port = Number(value)
    if (!/^\d{1,5}$/.test(value) || port > 65_535) return 'must be a port: 0 to 65535'
    return outside(port, min, max)
  },
  ip(value, { version }) {
    const found = isIP(value)
    return found === 0 || (version !== undefined && found !== Number(version))
      ? `must be an IP${version === undefined ? '' : `v${version}`} address`
      : undefined
  },
  domain: (value, { allowSingleLabel, allowIp }) =>
    /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,}$/i.test(value) ||
    (allowSingleLabel === 'true' && /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i.test(value)) ||
    (allowIp === 'true' && isIP(value) === 4)
      ? undefined
      : 'must be a host name alone, such as app.example.com',
  semver: (value) => (/^\d+\.\d+\.\d+(-[\w.-]+)?(\+[\w.-]+)?$/.test(value) ? undefined : 'must be a version such as 1.2.3'),
  isoDate: (value) =>
    /^\d{4}-\d\d-\d\d(T[\d:.]+(Z|[+-]\d\d:?\d\d)?)?$/.test(value) && !Number.isNaN(Date.parse(value))
      ? undefined
      : 'must be a date such as 2026-01-31',
  uuid: (value) => (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value) ? undefined : 'must be a UUID'),
  duration: (value) =>
    /^\d+(\.\d+)?\s*(ms|s|m|h|d|w|seconds?|minutes?|hours?|days?|weeks?)?$/.test(value) ? undefined : 'must be a duration such as 30s',
}

function outside(number: number, min: string | undefined, max: string | undefined): string | undefined {
  if (min !== undefined && number < Number(min)) return `must be ${min} at least`
  return max !== undefined && number > Number(max) ? `must be ${max} at most` : undefined
}

function expressionOf(pattern: string): RegExp {
  const [, source, flags] = /^\/(.*)\/([a-z]*)$/s.exec(pattern) ?? []
  return new RegExp(source ?? pattern, (flags ?? '').replace(/[gy]/g, ''))
}

const MATCH_LIMIT_MS = 200

/** Patterns come from a file: one that would run for ever ends, and matches nothing. */
function matches(pattern: string, value: string): boolean {
  try {
    return runInNewContext('expression.test(value)', { expression: expressionOf(pattern), value }, { timeout: MATCH_LIMIT_MS }) === true
  } catch {
    return false
  }
}
